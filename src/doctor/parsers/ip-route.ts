import type { Capture, Parser, Reading, SourceLine } from '../evidence.ts';
import { sourceLine, unreadLine } from '../evidence.ts';
import { address, prefix } from '../address.ts';
import type { Address, Prefix } from '../address.ts';
import { after, isJson, isObject, json, lineHaving, numberOf, readLines, recognise, skip, textOf } from './read-lines.ts';

export interface NextHop {
  readonly via: Address | null;
  readonly dev: string | null;
  readonly weight: number;
}

/** One entry of a routing table: `default via 10.0.0.1 dev eth0 proto dhcp metric 100`. */
export interface IpRouteRecord {
  readonly kind: 'ip-route';
  readonly source: SourceLine;
  readonly type: 'unicast' | 'local' | 'broadcast' | 'multicast' | 'anycast' | 'unreachable' | 'blackhole' | 'prohibit' | 'throw';
  readonly to: Prefix;
  /** `main` unless the line or the command says otherwise. */
  readonly table: string;
  readonly hops: readonly NextHop[];
  readonly src: Address | null;
  readonly scope: string | null;
  readonly metric: number;
  /** Number of the next hop object that the route uses (`nhid 10`); null without. */
  readonly nexthopId: number | null;
  readonly mtu: number | null;
  readonly advmss: number | null;
  readonly flags: readonly string[];
}

/** The kernel's answer to `ip route get`: which way one packet goes. */
export interface RouteLookupRecord {
  readonly kind: 'route-lookup';
  readonly source: SourceLine;
  readonly to: Address;
  readonly from: Address | null;
  /** Device the packet is said to come in by (`iif`). */
  readonly iif: string | null;
  /** `refused`: the reverse path filter says no (`Invalid cross-device link` on older kernels, `Invalid argument` on newer). */
  readonly answer: 'unicast' | 'local' | 'broadcast' | 'multicast' | 'unreachable' | 'blackhole' | 'prohibit' | 'throw' | 'refused';
  readonly via: Address | null;
  readonly dev: string | null;
  readonly src: Address | null;
  /** From the exception cache (path MTU, redirect). */
  readonly mtu: number | null;
  readonly redirected: boolean;
}

type R = IpRouteRecord | RouteLookupRecord;
const types = ['unicast', 'local', 'broadcast', 'multicast', 'anycast', 'unreachable', 'blackhole', 'prohibit', 'throw'] as const;
const typeOf = (word: string): IpRouteRecord['type'] | null => types.find((type) => type === word) ?? null;
const routeFlags = new Set(['onlink', 'linkdown', 'dead', 'pervasive', 'offload', 'trap']);

function parse(capture: Capture): Reading<R> {
  if (/\broute\s+get\b|\br\s+g(?:et)?\b/.test(capture.command)) return parseLookup(capture);
  if (isJson(capture)) return parseJson(capture);
  const table = /\btable\s+(\S+)/.exec(capture.command)?.[1] ?? 'main';
  const v6 = /(?:^|\s)-(?:6|family inet6)\b/.test(capture.command);
  const records: R[] = [];
  const read = readLines<R>(capture, 'ip-route', (text, line) => {
    if (/^nexthop\s/.test(text)) {
      const last = records[records.length - 1];
      if (last?.kind !== 'ip-route') return null;
      const words = text.split(/\s+/);
      records[records.length - 1] = { ...last, hops: [...last.hops, hop(words)] };
      return skip;
    }
    if (/^cache\b/.test(text)) return skip;
    const made = route(text, line, table === 'all' ? 'main' : table, v6);
    if (made === null) return null;
    records.push(made);
    return skip;
  });
  return { records, unread: read.unread };
}

function route(text: string, line: SourceLine, table: string, v6: boolean): IpRouteRecord | null {
  let words = text.split(/\s+/);
  const type = typeOf(words[0] ?? '');
  if (type !== null) words = words.slice(1);
  const target = words[0] === 'default' && v6 ? { address: '::', length: 0 } : prefix(words[0] ?? '');
  if (target === null || words.length === 1) return null;
  // A route with several next hops names them on the lines below: `10.9.0.50 proto bgp metric 20`.
  if (type === null && !words.some((word) => word === 'dev' || word === 'via' || word === 'nhid' || word === 'proto' || word === 'metric')) return null;
  const own = after(words, 'table');
  // `via inet6 fe80::1` routes IPv4 over an IPv6 neighbour (RFC 5549).
  const multipath = !words.includes('dev') && !words.includes('via');
  const source = address(after(words, 'src') ?? '');
  return {
    kind: 'ip-route', source: line, type: type ?? 'unicast', to: target, table: own ?? (type === 'local' || type === 'broadcast' ? 'local' : table),
    hops: multipath ? [] : [hop(words)], src: source, scope: after(words, 'scope'), metric: numberOf(after(words, 'metric')) ?? 0, nexthopId: numberOf(after(words, 'nhid')),
    mtu: numberOf(after(words, 'mtu')), advmss: numberOf(after(words, 'advmss')), flags: words.filter((word) => routeFlags.has(word)),
  };
}

function hop(words: readonly string[]): NextHop {
  const gateway = after(words, 'via');
  return { via: address(gateway === 'inet6' || gateway === 'inet' ? words[words.indexOf('via') + 2] ?? '' : gateway ?? ''), dev: after(words, 'dev'), weight: numberOf(after(words, 'weight')) ?? 1 };
}

/** `local 10.1.26.252 from 10.0.19.92 dev lo table local \n cache <local> iif eth0` */
function parseLookup(capture: Capture): Reading<R> {
  const asked = /\bget\s+(?:to\s+)?(\S+)(.*)$/.exec(capture.command);
  const options = (asked?.[2] ?? '').trim().split(/\s+/);
  const target = address(asked?.[1] ?? '');
  const sender = address(after(options, 'from') ?? '');
  const iif = after(options, 'iif');
  const made: RouteLookupRecord[] = [];
  const read = readLines<R>(capture, 'ip-route', (text, line) => {
    const refused = /^RTNETLINK answers: (.*)$/.exec(text)?.[1];
    if (refused !== undefined) {
      if (target === null) return null;
      const answer = /cross-device|Invalid argument/.test(refused) ? 'refused' : /unreachable|No route|No such process/.test(refused) ? 'unreachable' : /denied|prohibit/i.test(refused) ? 'prohibit' : null;
      if (answer === null) return null;
      made.push({ kind: 'route-lookup', source: line, to: target, from: sender, iif, answer, via: null, dev: null, src: null, mtu: null, redirected: false });
      return skip;
    }
    if (/^cache\b/.test(text) || /^(?:mtu|expires|users)\b/.test(text)) {
      const last = made[made.length - 1];
      const words = text.split(/\s+/);
      if (last) made[made.length - 1] = { ...last, redirected: last.redirected || text.includes('<redirected>'), mtu: numberOf(after(words, 'mtu')) ?? last.mtu, iif: after(words, 'iif') ?? last.iif };
      return skip;
    }
    let words = text.split(/\s+/);
    const type = typeOf(words[0] ?? '');
    if (type !== null) words = words.slice(1);
    const to = address(words[0] ?? '');
    if (to === null) return null;
    made.push({
      kind: 'route-lookup', source: line, to, from: address(after(words, 'from') ?? '') ?? sender, iif: after(words, 'iif') ?? iif, answer: type === null || type === 'anycast' ? 'unicast' : type,
      via: address(after(words, 'via') ?? ''), dev: after(words, 'dev'), src: address(after(words, 'src') ?? ''), mtu: numberOf(after(words, 'mtu')), redirected: false,
    });
    return skip;
  });
  return { records: made, unread: read.unread };
}

function parseJson(capture: Capture): Reading<R> {
  const read = json(capture);
  if ('reason' in read) return { records: [], unread: [unreadLine(capture, sourceLine(capture, 0), 'ip-route', read.reason)] };
  const records: R[] = [];
  let at = 0;
  for (const item of Array.isArray(read.value) ? read.value : []) {
    if (!isObject(item)) continue;
    const dst = textOf(item['dst']) ?? '';
    const to = prefix(dst);
    if (to === null) continue;
    at = lineHaving(capture, at, `"${dst}"`);
    const type = typeOf(textOf(item['type']) ?? '') ?? 'unicast';
    const single: NextHop = { via: address(textOf(item['gateway']) ?? ''), dev: textOf(item['dev']), weight: 1 };
    const many = (Array.isArray(item['nexthops']) ? item['nexthops'] : []).flatMap((each): NextHop[] => (isObject(each) ? [{ via: address(textOf(each['gateway']) ?? ''), dev: textOf(each['dev']), weight: numberOf(each['weight']) ?? 1 }] : []));
    records.push({
      kind: 'ip-route', source: sourceLine(capture, at), type, to, table: textOf(item['table']) ?? (type === 'local' || type === 'broadcast' ? 'local' : 'main'), hops: many.length > 0 ? many : [single],
      src: address(textOf(item['prefsrc']) ?? ''), scope: textOf(item['scope']), metric: numberOf(item['metric']) ?? 0, nexthopId: numberOf(item['nhid']), mtu: null, advmss: null, flags: (Array.isArray(item['flags']) ? item['flags'] : []).flatMap((flag) => textOf(flag) ?? []),
    });
  }
  return { records, unread: [] };
}

export const ipRoute: Parser<'ip-route', R> = {
  format: 'ip-route',
  commands: ['ip route show table all', 'ip -6 route show table all'],
  recognises: (capture) => recognise(
    capture,
    ({ program, operands }) => program === 'ip' && /^(?:r|ro|rou|rout|route)$/.test(operands[0] ?? ''),
    (text) => /^(?:default via \S+ dev \S+|(?:local |broadcast )?\d+\.\d+\.\d+\.\d+(?:\/\d+)? (?:via \S+ )?dev \S+ (?:proto|scope|table|src)\b|RTNETLINK answers: )/.test(text) || /"dst":"[^"]+".*"(?:gateway|protocol|scope)":/.test(text),
  ),
  parse,
};
