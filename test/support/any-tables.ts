import fc from 'fast-check';
import type { Balance } from '../../src/admission/claim.ts';
import { compareRules } from '../../src/table/order.ts';
import type { Certificate, Member, RefusedName, RoutingTable, Rule, RuleSettings } from '../../src/table/routing-table.ts';
import { rule, ruleSettings } from './table-objects.ts';

/** PEM texts to draw from: real ones where HAProxy reads them. */
export interface Pems {
  readonly certificates: readonly string[];
  readonly cas: readonly string[];
  readonly defaults: readonly string[];
}

export const namedPems: Pems = { certificates: ['c1', 'c2', 'c3'], cas: ['ca1', 'ca2'], defaults: ['d1', 'd2'] };

const anyHost = fc.constantFrom('a.test', 'b.a.test', 'c.b.a.test', 'x.test');
const anyPath = fc.constantFrom('', '/', '/a', '/a/', '/a/b', '/p|q', '/%41/$x;y=[z]"\'\\');
const often = <T>(usual: T, ...others: readonly T[]): fc.Arbitrary<T> => fc.oneof({ weight: 4, arbitrary: fc.constant(usual) }, { weight: others.length, arbitrary: fc.constantFrom(...others) });

const anyMembers = fc.uniqueArray(fc.tuple(fc.integer({ min: 1, max: 5 }), fc.constantFrom(0, 1, 1, 3, 256), fc.boolean()), { maxLength: 4, selector: ([number]) => number });

const anySettings: fc.Arbitrary<RuleSettings> = fc.record<RuleSettings>({
  cookie: often<RuleSettings['cookie']>({ name: 'usual', attributes: '; Secure; SameSite=None' }, null, { name: 'other', attributes: '' }),
  timeoutServer: often<number | null>(null, 5000, 70_000), timeoutTunnel: often<number | null>(null, 5000),
  allowList: often<readonly string[] | null>(null, [], ['10.0.0.0/8'], ['10.0.0.0/8', '2001:db8::/45'], ['192.0.2.0/27', '10.0.0.0/8']),
  rateLimit: often<RuleSettings['rateLimit']>(null, { concurrentTcp: 3, rateTcp: null, rateHttp: null }, { concurrentTcp: null, rateTcp: 100, rateHttp: 9 }),
  hsts: often<string | null>(null, 'max-age="1"; preload', 'max-age=31536000;includeSubDomains'), forwardedHeaders: often<RuleSettings['forwardedHeaders']>('append', 'replace', 'never', 'if-none'),
  rewrite: often<RuleSettings['rewrite']>(null, { prefix: '/a', target: '/' }, { prefix: '', target: '/x"\\1' }),
  requestHeaders: often<RuleSettings['requestHeaders']>([], [{ type: 'Set', name: 'x-a', value: 'a;b "c" \\ %[req.hdr(host),lower] é' }], [{ type: 'Delete', name: 'x-b' }]),
  responseHeaders: often<RuleSettings['responseHeaders']>([], [{ type: 'Set', name: 'x-a', value: "'" }]),
  h1AdjustCase: fc.constant(false),
});

const anyTermination = fc.constantFrom('none', 'edge', 'reencrypt', 'passthrough' as const);

/** `rare`: kinds of backends too that no configuration holds before they are asked for. */
const anyRule = (id: string, pems: Pems, rare: boolean): fc.Arbitrary<Rule> =>
  fc.record({
    host: anyHost, wildcard: fc.boolean(), path: anyPath, termination: anyTermination, policy: fc.constantFrom('none', 'allow', 'redirect' as const),
    settings: fc.oneof({ weight: 2, arbitrary: fc.constant(ruleSettings()) }, { weight: 2, arbitrary: anySettings }), members: anyMembers, balance: often<Balance>('random', 'roundrobin', 'leastconn', 'source'),
    ca: fc.constantFrom(null, ...pems.cas), verify: fc.boolean(), limit: often<number | null>(null, 10), interval: often(5000, 2000), created: fc.integer({ min: 0, max: 2 }), adjust: fc.boolean(),
  }).map(({ host, wildcard, path, termination, policy, settings, members, balance, ca, verify, limit, interval, created, adjust }): Rule => {
    const tcp = termination === 'passthrough';
    const takers = members.filter(([, weight]) => weight > 0).length;
    const pool = members.flatMap(([number, weight, h2c]): readonly Member[] => (tcp && weight === 0 ? [] : [{
      id: `m${number}`, label: `ept:s${number % 2}::10.0.0.${number}:80`, address: number === 5 ? '2001:db8::5' : `127.0.0.${number}`, port: 8000 + number, weight, service: `s${number % 2}`, pod: '',
      protocol: h2c && (termination === 'none' || termination === 'edge') ? 'h2c' : 'http', verifyHost: termination === 'reencrypt' && verify ? `s${number % 2}.ns.svc` : null, checked: takers > 1 && number !== 4,
    }]));
    return rule({
      id, host, wildcard, path: tcp ? '' : path, termination, created,
      insecure: termination === 'none' || (tcp && policy === 'allow') ? 'none' : policy,
      settings: tcp ? { ...ruleSettings(), cookie: null, allowList: settings.allowList, rateLimit: settings.rateLimit, timeoutTunnel: rare ? settings.timeoutTunnel : null } : { ...settings, h1AdjustCase: rare && adjust },
      pool: { members: pool, balance, tls: termination === 'reencrypt' ? { ca } : null, memberMaxConnections: limit, checkInterval: interval },
    });
  });

/** A table's parts: each id has a rule or none, each host a certificate or none. */
export interface Parts {
  readonly rules: readonly (Rule | null)[];
  readonly certificates: readonly (string | null)[];
  readonly refused: readonly RefusedName[];
  readonly defaultCertificate: string;
}

const certificateHosts = ['a.test', '*.a.test', 'b.a.test'];

export const anyParts = (pems: Pems, rare = false, size = 6): fc.Arbitrary<Parts> => fc.record({
  rules: fc.tuple(...Array.from({ length: size }, (_, index) => fc.option(anyRule(`ns/r${index}`, pems, rare), { nil: null, freq: 5 }))),
  certificates: fc.tuple(...certificateHosts.map(() => fc.option(fc.constantFrom(...pems.certificates), { nil: null, freq: 2 }))),
  refused: fc.subarray([{ host: 'a.test', wildcard: false, path: '/r', reason: 'HostAlreadyClaimed' }, { host: 'a.test', wildcard: true, path: '', reason: 'RouteNotAdmitted' }, { host: 'r.test', wildcard: false, path: '', reason: 'InvalidHost' }]),
  defaultCertificate: fc.constantFrom(...pems.defaults),
});

export const tableOf = ({ rules, certificates, refused, defaultCertificate }: Parts): RoutingTable => {
  const taken = new Set<string>();
  const served = rules.filter((one): one is Rule => {
    const key = one === null ? '' : `${String(one.wildcard)} ${one.host} ${one.path}`;
    return one !== null && !taken.has(key) && taken.add(key) !== undefined;
  });
  return {
    rules: served.sort(compareRules), defaultCertificate, refused,
    certificates: certificates.flatMap((pem, index): readonly Certificate[] => (pem === null ? [] : [{ host: certificateHosts[index]!, pem, rule: `ns/r${index}` }])).sort((a, b) => (a.host < b.host ? -1 : 1)),
  };
};

/** `next` where the bit is set, else the very same object as before: what a table looks like after a few objects changed. */
const mix = (before: Parts, next: Parts, bits: number): Parts => {
  const pick = <T>(a: readonly T[], b: readonly T[], shift: number): readonly T[] => a.map((one, index) => ((bits >> (index + shift)) & 1 ? b[index]! : one));
  return {
    rules: pick(before.rules, next.rules, 0), certificates: pick(before.certificates, next.certificates, 8),
    refused: (bits >> 12) & 1 ? next.refused : before.refused, defaultCertificate: (bits >> 13) & 1 ? next.defaultCertificate : before.defaultCertificate,
  };
};

/** Says of each table what is different from the one before, as the builder does, where `told`. */
const withDifferences = (tables: readonly RoutingTable[], told: readonly boolean[]): readonly RoutingTable[] => {
  const builds = tables.map(() => ({}));
  return tables.map((table, index) => {
    const [before, since] = [tables[index - 1], builds[index - 1]];
    const [was, is] = [new Set(before?.rules), new Set(table.rules)];
    const difference = before === undefined || since === undefined || told[index] === false
      ? null
      : { since, gone: before.rules.filter((one) => !is.has(one)), come: table.rules.filter((one) => !was.has(one)) };
    return { ...table, build: builds[index]!, difference };
  });
};

/** Tables that follow each other, each with some parts of the one before. */
export const anyTables = (pems: Pems, wish: { readonly length: number; readonly rare?: boolean; readonly size?: number }): fc.Arbitrary<readonly RoutingTable[]> =>
  fc.array(fc.tuple(anyParts(pems, wish.rare, wish.size), fc.integer({ min: 0, max: 0x3fff })), { minLength: wish.length, maxLength: wish.length }).map((drawn) => {
    const parts: Parts[] = [];
    for (const [next, bits] of drawn) {
      const before = parts.at(-1);
      parts.push(before === undefined ? next : mix(before, next, bits));
    }
    return withDifferences(parts.map(tableOf), drawn.map(([, bits]) => bits % 3 > 0));
  });
