import type { Address } from '../address.ts';
import type { SourceLine } from '../evidence.ts';
import { isObject, textOf } from '../parsers/read-lines.ts';
import type { RecordOf } from '../parsers/parsers.ts';
import type { Found, RecordIndex } from './record-index.ts';

/** A host name that an object of the cluster asks for. */
export interface RoutedName {
  /** `*.apps.example.com` for a wildcard. */
  readonly name: string;
  readonly line: SourceLine;
}

export interface DnsAnswer {
  readonly source: SourceLine;
  readonly type: 'A' | 'AAAA' | 'CNAME';
  readonly value: string;
}

/** One question to a resolver and what came of it. `empty`: the name exists and has no address of the asked type. */
export interface Lookup {
  readonly host: string;
  readonly record: {
    readonly source: SourceLine;
    readonly name: string;
    readonly server: string | null;
    readonly outcome: 'answered' | 'no-such-name' | 'empty' | 'failed' | 'timeout';
    readonly answers: readonly DnsAnswer[];
    /** Milliseconds. */
    readonly took: number | null;
  };
}

/** Names: who asked for them, what came back, and which of them the cluster routes. */
export interface Names {
  readonly lookups: readonly Lookup[];
  /** `nameserver`, `search` and `options` of resolv.conf. */
  readonly resolvers: readonly Found<'resolver'>[];
  /** Resolvers that were asked in vain. */
  readonly silences: readonly Found<'resolver-silent'>[];
  readonly proxies: readonly Found<'proxy-setting'>[];
  readonly tunnels: readonly Found<'proxy-tunnel'>[];
  readonly failures: readonly Found<'lookup-failure'>[];
  readonly routed: readonly RoutedName[];
  /** True when all routes of all namespaces were captured: only then a name can be said not to be routed. */
  readonly allRoutesSeen: boolean;
  isRouted(name: string): RoutedName | null;
  /** Answers of all lookups of a name. */
  addressesOf(name: string): readonly { readonly address: Address; readonly line: SourceLine; readonly host: string }[];
}

export function createNames(index: RecordIndex): Names {
  const lookups = index.of('dns-answer').map(({ host, record }): Lookup => ({ host, record: lookup(record) }));
  const routed: RoutedName[] = [];
  let allRoutesSeen = false;
  for (const { record, read } of index.of('kube-object')) {
    const spec = isObject(record.object['spec']) ? record.object['spec'] : {};
    const add = (value: unknown, path: readonly (string | number)[], wildcard: boolean): void => {
      const name = textOf(value);
      if (name !== null && name !== '') routed.push({ name: (wildcard ? name.replace(/^[^.]+/, '*') : name).toLowerCase(), line: record.lineOf(path) });
    };
    if (record.objectKind === 'Route') { add(spec['host'], ['spec', 'host'], false); if (spec['wildcardPolicy'] === 'Subdomain') add(spec['host'], ['spec', 'host'], true); }
    if (record.objectKind === 'Ingress') (Array.isArray(spec['rules']) ? spec['rules'] : []).forEach((rule: unknown, at) => { if (isObject(rule)) add(rule['host'], ['spec', 'rules', at, 'host'], false); });
    if (record.objectKind === 'HTTPRoute') (Array.isArray(spec['hostnames']) ? spec['hostnames'] : []).forEach((name: unknown, at) => { add(name, ['spec', 'hostnames', at], false); });
    if (/^(?:Route|Ingress|HTTPRoute)$/.test(record.objectKind) && read.complete && /\s(?:-A|--all-namespaces)\b/.test(read.capture.command)) allRoutesSeen = true;
  }
  return {
    lookups, resolvers: index.of('resolver'), silences: index.of('resolver-silent'), proxies: index.of('proxy-setting'), tunnels: index.of('proxy-tunnel'), failures: index.of('lookup-failure'), routed, allRoutesSeen,
    isRouted: (name) => routed.find((each) => each.name === name) ?? routed.find((each) => each.name.startsWith('*.') && name.endsWith(each.name.slice(1)) && !name.slice(0, -each.name.length + 1).includes('.')) ?? null,
    addressesOf: (name) => lookups.filter(({ record }) => record.name === name).flatMap(({ host, record }) => record.answers.filter((each) => each.type !== 'CNAME').map((each) => ({ address: each.value, line: each.source, host }))),
  };
}

function lookup(record: RecordOf<'dns-answer'>): Lookup['record'] {
  const answers = [...record.aliases.map((alias): DnsAnswer => ({ source: alias.source, type: 'CNAME', value: alias.name })), ...record.addresses.map((each): DnsAnswer => ({ source: each.source, type: each.address.includes(':') ? 'AAAA' : 'A', value: each.address }))];
  const outcome = record.addresses.length > 0 ? 'answered' : record.status === 'NXDOMAIN' ? 'no-such-name' : record.status === 'TIMEOUT' ? 'timeout' : record.status === 'NOERROR' ? 'empty' : 'failed';
  return { source: record.addresses[0]?.source ?? record.source, name: record.name, server: record.server, outcome, answers, took: record.took };
}
