import type { Capture, Parser, Reading, SourceLine, Unread } from '../evidence.ts';
import { recognition, sourceLine, unreadLine } from '../evidence.ts';
import { address } from '../address.ts';
import type { Address } from '../address.ts';
import { commandLine } from '../command-line.ts';
import { firstLines, whyNoOutput } from './read-lines.ts';
import { logLine } from './log-line.ts';
import type { LogTime } from './log-line.ts';

/** One directive of nginx's configuration, with the blocks around it from the outside in. */
export interface NginxDirectiveRecord {
  readonly kind: 'nginx-directive';
  readonly source: SourceLine;
  readonly name: string;
  readonly args: readonly string[];
  /** `['http', 'server', 'location /']` */
  readonly within: readonly string[];
  /** Which server block, counted over the whole dump; -1 outside. */
  readonly server: number;
}

/** A line of nginx's error log about the PROXY protocol or an upstream. */
export interface NginxErrorRecord {
  readonly kind: 'nginx-error';
  readonly source: SourceLine;
  readonly at: LogTime | null;
  readonly client: Address | null;
  readonly error: 'broken-proxy-header' | 'proxy-line-as-request' | 'upstream-refused' | 'upstream-timeout' | 'upstream-closed' | 'tls';
  /** What stood there instead of a header, '' when nothing was sent; of an upstream its `address:port`. */
  readonly detail: string;
}

const deepest = 16;

/** `nginx -T`: files one after another, each after `# configuration file /etc/nginx/nginx.conf:`. */
function parseConfig(capture: Capture): Reading<NginxDirectiveRecord> {
  const records: NginxDirectiveRecord[] = [];
  const unread: Unread[] = [];
  const stack: string[] = [];
  let words: string[] = [];
  let begin: SourceLine | null = null;
  let server = -1;
  let servers = 0;
  for (let index = 0; index < capture.lines.length; index++) {
    const source = sourceLine(capture, index);
    if (source.text.length > 8192) { unread.push(unreadLine(capture, source, 'nginx-config', 'longer than any line of this format')); continue; }
    if (/^nginx: /.test(source.text)) continue;
    const cut = whyNoOutput(source.text.trim());
    if (cut !== null) { unread.push(unreadLine(capture, source, 'nginx-config', cut)); continue; }
    for (const token of tokens(source.text)) {
      if (token === ';' || token === '{') {
        if (words.length > 0) {
          const name = words[0] ?? '';
          if (token === '{' && name === 'server' && !stack.includes('upstream')) server = servers++;
          records.push({ kind: 'nginx-directive', source: begin ?? source, name, args: words.slice(1), within: [...stack], server: stack.some((each) => each === 'server') || (token === '{' && name === 'server') ? server : -1 });
        }
        if (token === '{') {
          if (stack.length >= deepest) { unread.push(unreadLine(capture, source, 'nginx-config', 'blocks nested too deep')); return { records, unread }; }
          stack.push(words.join(' '));
        }
        words = [];
        begin = null;
      } else if (token === '}') { stack.pop(); words = []; begin = null; }
      else { if (words.length < 64) words.push(token); begin ??= source; }
    }
  }
  return { records, unread };
}

function* tokens(line: string): Generator<string> {
  const pattern = /#.*$|"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|[;{}]|(?:\$\{[^}]*\}|[^\s;{}"'#])+/g;
  for (const found of line.matchAll(pattern)) {
    const text = found[0];
    if (text.startsWith('#')) return;
    yield found[1] ?? found[2] ?? text;
  }
}

export const nginxConfig: Parser<'nginx-config', NginxDirectiveRecord> = {
  format: 'nginx-config',
  commands: ['nginx -T'],
  recognises: (capture) => {
    const command = capture.command === '' ? null : commandLine(capture.command);
    const seen = firstLines(capture.lines).some((text) => /^# configuration file \S+:$/.test(text) || /^(?:ssl_protocols|ssl_ciphers|proxy_pass|server_name)\s+[^;]+;/.test(text));
    if (command !== null && ((command.program === 'nginx' && command.words.includes('-T')) || /nginx[\w./-]*\.conf$/.test(command.program))) return seen ? recognition.byCommandAndContent : recognition.byCommand;
    return seen ? recognition.byContent : recognition.no;
  },
  parse: parseConfig,
};

function parseLog(capture: Capture): Reading<NginxErrorRecord> {
  const records: NginxErrorRecord[] = [];
  for (let index = 0; index < capture.lines.length; index++) {
    const raw = capture.lines[index] ?? '';
    if (raw.length > 8192 || !/PROXY protocol|PROXY TCP[46] |QUIT|upstream|SSL_do_handshake/.test(raw)) continue;
    const header = /broken header: "(.*?)" while reading PROXY protocol/.exec(raw);
    // Version 2 begins with the bytes 0D 0A 0D 0A 00 0D 0A "QUIT" 0A, which access logs write as `\x0D\x0A...`; the error log calls the request invalid.
    const asRequest = header ? null : /"(PROXY TCP[46] [^"]*)"/.exec(raw) ?? /"((?:\\x0D\\x0A|\\r\\n){2}\\(?:x00|0)(?:\\x0D\\x0A|\\r\\n)QUIT)/.exec(raw);
    const error = header ? 'broken-proxy-header' : asRequest ? 'proxy-line-as-request' : /connect\(\) failed \(111/.test(raw) ? 'upstream-refused' : /upstream timed out/.test(raw) ? 'upstream-timeout' : /upstream prematurely closed/.test(raw) ? 'upstream-closed' : /SSL_do_handshake\(\) failed/.test(raw) ? 'tls' : null;
    if (error === null) continue;
    const stamp = /^(\d{4})\/(\d\d)\/(\d\d) (\d\d):(\d\d):(\d\d)/.exec(raw);
    const at = stamp ? { ms: Date.UTC(Number(stamp[1]), Number(stamp[2]) - 1, Number(stamp[3]), Number(stamp[4]), Number(stamp[5]), Number(stamp[6])), absolute: true } : logLine(raw).at;
    records.push({ kind: 'nginx-error', source: sourceLine(capture, index), at, client: address(/client: ([^\s,]+)/.exec(raw)?.[1] ?? (asRequest ? /^(\S+) - /.exec(raw)?.[1] : undefined) ?? ''), error, detail: header?.[1] ?? asRequest?.[1] ?? /upstream: "(?:https?|grpcs?|uwsgi|fastcgi):\/\/([^\s/"]+)/.exec(raw)?.[1] ?? '' });
  }
  return { records, unread: [] };
}

export const nginxLog: Parser<'nginx-log', NginxErrorRecord> = {
  format: 'nginx-log',
  log: true,
  commands: ['cat /var/log/nginx/error.log'],
  recognises: (capture) => {
    const program = capture.command === '' ? '' : commandLine(capture.command).program;
    if (/nginx\/[\w.-]*(?:error|access)\.log$/.test(program)) return recognition.byCommand;
    return firstLines(capture.lines).some((text) => /while reading PROXY protocol|"PROXY TCP[46] |^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d \[(?:error|warn|crit)\]/.test(text)) ? recognition.byContent : recognition.no;
  },
  parse: parseLog,
};
