import type { Address } from '../address.ts';
import { address } from '../address.ts';
import type { SourceLine } from '../evidence.ts';
import type { Edges } from './edges.ts';
import { milliseconds, settingOf } from './haproxy-settings.ts';
import type { Section } from './haproxy-settings.ts';
import type { HaproxyState } from './haproxy-state.ts';
import type { Holders } from './holders.ts';

/** A time in milliseconds and where it is written; no line for a program's own default. */
export interface Patience {
  readonly ms: number;
  readonly what: string;
  readonly line: SourceLine | null;
}

/** One proxy in front of another, both in the evidence: the first names an address that the second one has, and a port that it is bound to. */
export interface ProxyHop {
  readonly outer: string;
  readonly inner: string;
  readonly to: Address;
  /** Where the outer one names the inner one. */
  readonly line: SourceLine;
  /** How long the outer one waits for an answer. */
  readonly outerWaits: Patience | null;
  /** The longest that a backend of the inner one waits for an answer. */
  readonly innerWaits: Patience | null;
  /** How long the outer one keeps an idle connection to use it again. */
  readonly outerKeeps: Patience | null;
  /** How long the inner one keeps an idle client connection. */
  readonly innerKeeps: Patience | null;
}

type View = { readonly haproxy: HaproxyState; readonly edges: Edges; readonly holders: Holders };

export function proxyHops(view: View): ProxyHop[] {
  const hops: ProxyHop[] = [];
  const add = (outer: string, place: string, line: SourceLine, outerWaits: Patience | null, outerKeeps: Patience | null): void => {
    const found = /^(?:https?:\/\/)?(\[[0-9a-f:]+\]|[\d.*]+)(?::(\d+))?/i.exec(place);
    const to = address(found?.[1] ?? '');
    if (to === null || hops.some((hop) => hop.outer === outer && hop.to === to)) return;
    const port = found?.[2] ?? (place.startsWith('https') ? '443' : '80');
    const inner = view.holders.of(to).find((held) => held.host !== outer && held.place !== 'inner')?.host;
    const bound = inner === undefined ? undefined : view.haproxy.sections.find((each) => each.host === inner && ['frontend', 'listen'].includes(each.record.section) && each.record.statements.some((statement) => statement.keyword === 'bind' && (statement.args[0] ?? '').endsWith(`:${port}`)));
    if (inner === undefined || bound === undefined) return;
    hops.push({ outer, inner, to, line, outerWaits, outerKeeps, innerWaits: longestWait(view.haproxy, inner), innerKeeps: idleClient(view.haproxy, bound) });
  };
  for (const section of view.haproxy.sections) {
    if (!['backend', 'listen'].includes(section.record.section)) continue;
    for (const server of section.record.statements.filter((each) => each.keyword === 'server')) add(section.host, server.args[1] ?? '', server.source, written(view.haproxy, section, 'server'), null);
  }
  for (const { host, record } of view.edges.nginxDirectives) {
    const upstream = /^upstream (\S+)/.exec(record.within.at(-1) ?? '')?.[1];
    if (!(record.name === 'server' && upstream !== undefined) && record.name !== 'proxy_pass') continue;
    add(host, record.args[0] ?? '', record.source, nginxWait(view.edges, host), upstream === undefined ? null : nginxKeeps(view.edges, host, upstream));
  }
  return hops;
}

/** `timeout server 30s` as it counts for a section. */
export function written(haproxy: HaproxyState, section: Section, which: string): Patience | null {
  const statement = settingOf(haproxy.sections, section, 'timeout', which);
  const ms = milliseconds(statement?.args[1]);
  return statement === null || ms === null ? null : { ms, what: `timeout ${which} ${statement.args[1] ?? ''}`, line: statement.source };
}

function longestWait(haproxy: HaproxyState, host: string): Patience | null {
  const all = haproxy.sections.filter((each) => each.host === host && ['backend', 'listen'].includes(each.record.section)).flatMap((each) => written(haproxy, each, 'server') ?? []);
  return all.sort((a, b) => b.ms - a.ms)[0] ?? null;
}

/** Between two requests `timeout http-keep-alive` counts, else `timeout http-request`, else `timeout client` (manual, "timeout http-keep-alive"). */
function idleClient(haproxy: HaproxyState, section: Section): Patience | null {
  return written(haproxy, section, 'http-keep-alive') ?? written(haproxy, section, 'http-request') ?? written(haproxy, section, 'client');
}

/** nginx: a bare number is seconds; 60 s unless set (ngx_http_proxy_module). */
function nginxWait(edges: Edges, host: string): Patience {
  const set = edges.nginxDirectives.filter((found) => found.host === host && found.record.name === 'proxy_read_timeout').flatMap(({ record }) => {
    const ms = nginxTime(record.args[0] ?? '');
    return ms === null ? [] : [{ ms, what: `proxy_read_timeout ${record.args[0] ?? ''}`, line: record.source }];
  });
  return set.sort((a, b) => b.ms - a.ms)[0] ?? { ms: 60_000, what: 'proxy_read_timeout 60s, which is the default', line: null };
}

/** Connections are kept only with `keepalive N` in the upstream; for 60 s unless set (ngx_http_upstream_module). */
function nginxKeeps(edges: Edges, host: string, upstream: string): Patience | null {
  const inside = edges.nginxDirectives.filter((found) => found.host === host && found.record.within.at(-1) === `upstream ${upstream}`).map((found) => found.record);
  const keep = inside.find((record) => record.name === 'keepalive');
  if (keep === undefined) return null;
  const time = inside.find((record) => record.name === 'keepalive_timeout');
  const ms = nginxTime(time?.args[0] ?? '60s');
  return ms === null ? null : { ms, what: time === undefined ? 'keepalive_timeout 60s of the upstream, which is the default' : `keepalive_timeout ${time.args[0] ?? ''} of the upstream`, line: time?.source ?? keep.source };
}

function nginxTime(text: string): number | null {
  const found = /^(\d+)(ms|s|m|h|d)?$/.exec(text);
  return found ? Number(found[1]) * ({ ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }[found[2] ?? 's'] ?? 1000) : null;
}

/** Whether HAProxy asks the kernel to send keepalives to clients. */
export function keepsAlive(section: Section): boolean {
  return section.record.statements.some((each) => each.keyword === 'option' && /^(?:clitcpka|tcpka)$/.test(each.args[0] ?? ''));
}
