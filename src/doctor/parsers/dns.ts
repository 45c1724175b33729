import type { Capture, Parser, Reading, SourceLine } from '../evidence.ts';
import { address } from '../address.ts';
import type { Address } from '../address.ts';
import { commandLine } from '../command-line.ts';
import { readLines, recognise, skip } from './read-lines.ts';

/** What a resolver answered for one name. */
export interface DnsAnswerRecord {
  readonly kind: 'dns-answer';
  readonly source: SourceLine;
  readonly name: string;
  /** `NOERROR`, `NXDOMAIN`, `SERVFAIL`, `REFUSED`, `TIMEOUT`. */
  readonly status: string;
  readonly addresses: readonly { readonly address: Address; readonly source: SourceLine }[];
  /** Other names on the way to the addresses (CNAME), in order. */
  readonly aliases: readonly { readonly name: string; readonly source: SourceLine }[];
  /** Resolver that answered; null when not printed. */
  readonly server: string | null;
  /** Milliseconds; null when not printed. */
  readonly took: number | null;
}

/** `nameserver`, `search`, `options` of resolv.conf. */
export interface ResolverRecord {
  readonly kind: 'resolver';
  readonly source: SourceLine;
  readonly keyword: string;
  readonly values: readonly string[];
}

/** `;; communications error to 10.80.0.3#53: timed out`: a resolver that was asked in vain (dig, host and nslookup of BIND 9.18 name it). */
export interface ResolverSilentRecord {
  readonly kind: 'resolver-silent';
  readonly source: SourceLine;
  readonly server: string;
  /** `timed out`, `connection refused`, `host unreachable` */
  readonly how: string;
}

type R = DnsAnswerRecord | ResolverRecord | ResolverSilentRecord;
type Draft = { -readonly [K in keyof DnsAnswerRecord]: K extends 'addresses' ? DnsAnswerRecord['addresses'][number][] : K extends 'aliases' ? DnsAnswerRecord['aliases'][number][] : DnsAnswerRecord[K] };

/** dig, host, nslookup, getent hosts and resolv.conf. */
function parse(capture: Capture): Reading<R> {
  const command = commandLine(capture.command);
  const asked = command.operands.find((word) => !word.startsWith('@') && !word.startsWith('+') && word.includes('.')) ?? '';
  const drafts: Draft[] = [];
  const plain = (name: string): string => name.replace(/\.$/, '').toLowerCase();
  const draft = (name: string, source: SourceLine): Draft => {
    const found = drafts.find((each) => each.name === plain(name));
    if (found) return found;
    const made: Draft = { kind: 'dns-answer', source, name: plain(name), status: 'NOERROR', addresses: [], aliases: [], server: null, took: null };
    drafts.push(made);
    return made;
  };
  let section = '';
  let last: Draft | null = null;
  let server: string | null = null;
  const read = readLines<R>(capture, 'dns', (text, line) => {
    const setting = /^(nameserver|search|domain|options|sortlist)\s+(.+)$/.exec(text);
    if (setting) return { kind: 'resolver', source: line, keyword: setting[1] ?? '', values: (setting[2] ?? '').split(/\s+/) };
    const silent = /^;; communications error to ([^#\s]+)#\d+: (timed out|connection refused|host unreachable|network unreachable)/.exec(text);
    if (silent) {
      if (silent[2] === 'timed out') (last ?? draft(asked, line)).status = 'TIMEOUT';
      return { kind: 'resolver-silent', source: line, server: silent[1] ?? '', how: silent[2] ?? '' };
    }
    if (/^;; connection timed out|communications error .*timed out|no servers could be reached/.test(text)) { (last ?? draft(asked, line)).status = 'TIMEOUT'; return skip; }
    const status = /^;; ->>HEADER<<-.*status: (\w+)/.exec(text);
    if (status) { last = draft(asked, line); last.status = status[1] ?? ''; return skip; }
    const heading = /^;; (\w+) SECTION:/.exec(text);
    if (heading) { section = heading[1] ?? ''; return skip; }
    const question = /^;(\S+)\s+IN\s+\w+$/.exec(text);
    if (question) { if (last !== null && last.name === plain(asked)) last.name = plain(question[1] ?? ''); return skip; }
    const took = /^;; Query time: (\d+) msec/.exec(text);
    if (took) { if (last) last.took = Number(took[1]); return skip; }
    const from = /^;; SERVER: ([^#\s]+)/.exec(text) ?? /^Server:\s+(\S+)$/.exec(text);
    if (from) { server = from[1] ?? null; if (last) last.server = server; return skip; }
    if (text.startsWith(';') || text.startsWith('#') || /^(?:Non-authoritative|Address:\s+\S+#\d+|Using domain server|Aliases:|Name:\s+\S+#)/.test(text)) return skip;
    const rr = /^(\S+)\s+(?:\d+\s+)?(?:IN\s+)?(A|AAAA|CNAME)\s+(\S+)$/.exec(text);
    if (rr) {
      if (section !== '' && section !== 'ANSWER') return skip;
      last ??= draft(asked === '' ? rr[1] ?? '' : asked, line);
      const token = address(rr[3] ?? '');
      if (token !== null) last.addresses.push({ address: token, source: line });
      else if (rr[2] === 'CNAME') last.aliases.push({ name: plain(rr[3] ?? ''), source: line });
      return skip;
    }
    const alias = /^(\S+) is an alias for (\S+)$/.exec(text);
    if (alias) { (last = draft(asked === '' ? alias[1] ?? '' : asked, line)).aliases.push({ name: plain(alias[2] ?? ''), source: line }); return skip; }
    // dig +short prints names on the way with a full stop at the end.
    if (command.words.includes('+short') && /^[\w-]+(?:\.[\w-]+)+\.$/.test(text)) { (last = draft(asked, line)).aliases.push({ name: plain(text), source: line }); return skip; }
    const host = /^(\S+) has (?:IPv6 )?address (\S+)$/.exec(text);
    if (host) { const token = address(host[2] ?? ''); if (token === null) return null; (last = draft(host[1] ?? '', line)).addresses.push({ address: token, source: line }); return skip; }
    const missing = /^(?:Host (\S+) not found: \d+\((\w+)\)|\*\* server can't find (\S+): (\w+))/.exec(text);
    if (missing) { (last = draft((missing[1] ?? missing[3] ?? '').replace(/:$/, ''), line)).status = missing[2] ?? missing[4] ?? 'NXDOMAIN'; return skip; }
    const named = /^Name:\s+(\S+)$/.exec(text);
    if (named) { last = draft(named[1] ?? '', line); last.server = server; return skip; }
    const answer = /^Address(?:es)?:\s+(\S+)$/.exec(text);
    const token = answer ? address(answer[1] ?? '') : null;
    if (token !== null && last) { last.addresses.push({ address: token, source: line }); return skip; }
    const getent = /^(\S+)(?:\s+(?:STREAM\s+|DGRAM\s+|RAW\s+)?(\S+)?.*)?$/.exec(text);
    const resolved = getent ? address(getent[1] ?? '') : null;
    if (resolved !== null && (command.program === 'getent' || (command.program === 'dig' && command.words.includes('+short')))) { draft(asked === '' ? getent?.[2] ?? '' : asked, line).addresses.push({ address: resolved, source: line }); return skip; }
    return null;
  });
  return { records: [...drafts, ...read.records], unread: read.unread };
}

export const dns: Parser<'dns', R> = {
  format: 'dns',
  commands: ['dig NAME', 'cat /etc/resolv.conf'],
  recognises: (capture) => recognise(capture, ({ program, operands }) => ['dig', 'host', 'nslookup'].includes(program) || (program === 'getent' && /hosts/.test(operands[0] ?? '')) || /resolv\.conf$/.test(program), (text) => /^; <<>> DiG |^;; ->>HEADER<<-/.test(text) || /^nameserver \d/.test(text)),
  parse,
};
