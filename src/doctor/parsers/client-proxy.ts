import type { Capture, Parser, Reading, SourceLine } from '../evidence.ts';
import { recognition, sourceLine } from '../evidence.ts';
import { commandLine } from '../command-line.ts';
import { firstLines } from './read-lines.ts';
import { logLine } from './log-line.ts';

/** `https_proxy=http://proxy.example.com:3128` in an environment. A password in it is never kept. */
export interface ProxySettingRecord {
  readonly kind: 'proxy-setting';
  readonly source: SourceLine;
  readonly variable: 'http_proxy' | 'https_proxy' | 'all_proxy' | 'no_proxy';
  readonly value: string;
}

/** curl tells that it asks a proxy for a tunnel: `* Establish HTTP proxy tunnel to api.example.com:6443`. */
export interface ProxyTunnelRecord {
  readonly kind: 'proxy-tunnel';
  readonly source: SourceLine;
  readonly target: string;
  readonly port: number;
}

/** A program that could not resolve a name: `lookup kubernetes.default on 10.0.0.2:53: no such host`. */
export interface LookupFailureRecord {
  readonly kind: 'lookup-failure';
  readonly source: SourceLine;
  readonly name: string;
  readonly server: string | null;
  readonly why: string;
}

type R = ProxySettingRecord | ProxyTunnelRecord | LookupFailureRecord;

function parse(capture: Capture): Reading<R> {
  const records: R[] = [];
  for (let index = 0; index < capture.lines.length; index++) {
    const text = capture.lines[index] ?? '';
    if (text.length > 8192 || !/proxy|lookup |PROXY/.test(text)) continue;
    const source = sourceLine(capture, index);
    const setting = /^\s*(?:export |declare -x )?(https?_proxy|all_proxy|no_proxy)=["']?([^"']*)["']?\s*$/i.exec(text);
    const variable = setting?.[1]?.toLowerCase();
    if (setting && (variable === 'http_proxy' || variable === 'https_proxy' || variable === 'all_proxy' || variable === 'no_proxy')) { records.push({ kind: 'proxy-setting', source, variable, value: (setting[2] ?? '').replace(/\/\/[^@/\s]*@/, '//***@') }); continue; }
    const tunnel = /^\* Establish HTTP proxy tunnel to \[?([^\s\]]+?)\]?:(\d+)/.exec(text) ?? /^> CONNECT \[?([^\s\]]+?)\]?:(\d+) HTTP/.exec(text);
    if (tunnel) { records.push({ kind: 'proxy-tunnel', source, target: tunnel[1] ?? '', port: Number(tunnel[2]) }); continue; }
    const failed = /\blookup ([\w.-]+)(?: on \[?([\w.:]+?)\]?:53)?: (no such host|i\/o timeout|server misbehaving|Temporary failure in name resolution|read udp .*timeout)/.exec(logLine(text).message);
    if (failed) records.push({ kind: 'lookup-failure', source, name: failed[1] ?? '', server: failed[2] ?? null, why: failed[3] ?? '' });
  }
  return { records, unread: [] };
}

export const clientProxy: Parser<'client-proxy', R> = {
  format: 'client-proxy',
  log: true,
  commands: ['env | grep -i proxy'],
  recognises: (capture) => {
    const program = capture.command === '' ? '' : commandLine(capture.command).program;
    if (program === 'env' || program === 'printenv' || program === 'export') return recognition.byCommandAndContent;
    return firstLines(capture.lines).some((text) => /^(?:export )?https?_proxy=\S|^\* Uses proxy env variable |\blookup [\w.-]+(?: on \S+:53)?: no such host/i.test(text)) ? recognition.byContent : recognition.no;
  },
  parse,
};
