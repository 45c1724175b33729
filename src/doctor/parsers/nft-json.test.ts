import { describe, expect, test } from 'vitest';
import type { Capture } from '../evidence.ts';
import { readCapture } from '../reading.ts';
import type { Step } from '../model/firewall/rule.ts';
import { nftJson } from './nft-json.ts';

const capture = (text: string, command = 'nft -j list ruleset'): Capture => ({ host: 'h', command, takenAt: null, sample: 1, file: 'f', firstLine: 1, lines: text.split('\n'), exitCode: 0, big: null });
const listing = (...objects: readonly object[]): string => JSON.stringify({ nftables: [{ metainfo: { version: '1.0.6', release_name: 'Lester Gooch #5', json_schema_version: 1 } }, ...objects] });
const table = { table: { family: 'inet', name: 't', handle: 1 } };
const chain = { chain: { family: 'inet', table: 't', name: 'c', handle: 2, type: 'filter', hook: 'input', prio: 0, policy: 'drop' } };
const rule = (...expr: readonly unknown[]): object => ({ rule: { family: 'inet', table: 't', chain: 'c', handle: 3, expr } });

function steps(...expr: readonly unknown[]): readonly Step[] {
  const read = nftJson.parse(capture(listing(table, chain, rule(...expr))));
  expect(read.unread).toEqual([]);
  return read.records[0]?.chains.get('c')?.rules[0]?.steps ?? [];
}

describe('nft -j', () => {
  test('is known by its command in every spelling, and by its content', async () => {
    for (const command of ['nft -j list ruleset', 'nft --json list ruleset', 'sudo nft -aj list ruleset', 'nft list ruleset', '']) expect((await readCapture(capture(listing(table, chain), command))).formats, command).toEqual(['nft-json']);
    expect((await readCapture(capture(JSON.stringify(JSON.parse(listing(table)), null, 2), ''))).formats).toEqual(['nft-json']);
    expect((await readCapture(capture('table ip t {\n}', 'nft list ruleset'))).formats).toEqual(['nft-ruleset']);
  });
  test('a rule shows its own object, verbatim, though all of them stand on one line', () => {
    const text = '{"nftables": [{"table": {"family": "ip", "name": "t", "handle": 1}}, {"chain": {"family": "ip", "table": "t", "name": "c", "handle": 1}}, {"rule": {"family": "ip", "table": "t", "chain": "c", "handle": 2, "comment": "a ] } \\" b", "expr": [{"drop": null}]}}]}';
    const [read] = nftJson.parse(capture(text)).records;
    expect(read?.chains.get('c')?.rules[0]).toMatchObject({ number: 1, comment: 'a ] } " b', source: { file: 'f', line: 1, text: '{"rule": {"family": "ip", "table": "t", "chain": "c", "handle": 2, "comment": "a ] } \\" b", "expr": [{"drop": null}]}}' } });
    const pretty = nftJson.parse(capture(JSON.stringify(JSON.parse(text), null, 2))).records[0]?.chains.get('c')?.rules[0];
    expect(pretty?.source.line).toBe(18);
    expect(pretty?.steps).toEqual([{ kind: 'drop' }]);
  });
  test('a cut text: what stands before the cut is read, and the table is not whole', () => {
    const text = listing(table, chain, rule({ accept: null }), rule({ drop: null }));
    const read = nftJson.parse(capture(text.slice(0, text.lastIndexOf('{"rule"') + 20)));
    expect(read.records).toMatchObject([{ complete: false, chains: new Map([['c', expect.objectContaining({ captured: 'some', rules: [expect.anything()] })]]) }]);
    expect(read.unread).toHaveLength(1);
    expect(nftJson.parse(capture('{"nftables": 3}')).unread).toHaveLength(1);
  });
  test('a dormant table, whose flag nft 1.0.6 prints as its first letter', () => {
    for (const flags of ['d', 'dormant', ['dormant']]) expect(nftJson.parse(capture(listing({ table: { ...table.table, flags } }))).records).toMatchObject([{ dormant: true, complete: true }]);
  });
  test('an ingress chain without its devices is not taken for one without packets', () => {
    const read = nftJson.parse(capture(listing({ table: { family: 'netdev', name: 'n', handle: 1 } }, { chain: { family: 'netdev', table: 'n', name: 'i', type: 'filter', hook: 'ingress', prio: -500, policy: 'accept' } })));
    expect(read.records).toMatchObject([{ complete: false }]);
    expect(read.unread[0]?.reason).toContain('nft list ruleset');
    const named = nftJson.parse(capture(listing({ table: { family: 'netdev', name: 'n', handle: 1 } }, { chain: { family: 'netdev', table: 'n', name: 'i', type: 'filter', hook: 'ingress', dev: ['eth0', 'eth1'], prio: -500, policy: 'accept' } })));
    expect(named.unread).toEqual([]);
    expect(named.records[0]?.chains.get('i')?.base?.devices).toEqual(['eth0', 'eth1']);
  });
  test('what iptables-nft left: a match before the counter, a target behind it', () => {
    expect(steps({ xt: null }, { counter: { packets: 1, bytes: 60 } }, { xt: null })).toMatchObject([{ kind: 'opaque', command: 'iptables-save -c' }, { kind: 'count' }, { kind: 'opaque-target' }]);
    expect(steps({ xt: { type: 'match', name: 'physdev' } }, { counter: null }, { return: null })).toMatchObject([{ kind: 'opaque', what: 'xt match physdev, printed without its arguments' }, { kind: 'count' }, { kind: 'return' }]);
  });
  test('names are never taken for words of the language', () => {
    expect(steps({ match: { op: '==', left: { meta: { key: 'iifname' } }, right: { set: ['accept', 'drop'] } } }, { drop: null })).toEqual([{ kind: 'field', field: 'inInterface', within: { type: 'names', names: ['accept', 'drop'] }, not: false }, { kind: 'drop' }]);
  });
  test('a set that packets fill is not steady, and a limit inside it decides', () => {
    const seen = { set: { family: 'inet', name: 'seen', table: 't', type: 'ipv4_addr', flags: ['timeout'] } };
    const read = nftJson.parse(capture(listing(table, seen, chain, rule({ set: { op: 'add', elem: { payload: { protocol: 'ip', field: 'saddr' } }, set: '@seen', stmt: [{ limit: { rate: 3, burst: 5, per: 'minute', inv: true } }] } }, { drop: null }))));
    expect(read.records[0]?.sets.get('seen')?.steady).toBe(false);
    expect(read.records[0]?.chains.get('c')?.rules[0]?.steps).toEqual([{ kind: 'sometimes', what: 'add @seen' }, { kind: 'drop' }]);
  });
  test('what is not known stays open, and the verdict behind it is read', () => {
    expect(steps({ frobnicate: { with: 3 } }, { drop: null }).map((step) => step.kind)).toEqual(['opaque', 'drop']);
    expect(steps({ match: { op: '==', left: { frob: 1 }, right: 2 } }, { accept: null }).map((step) => step.kind)).toEqual(['opaque', 'accept']);
  });
  test('depth is bounded', () => {
    let left: object = { meta: { key: 'mark' } };
    for (let depth = 0; depth < 500; depth++) left = { '|': [left, 1] };
    expect(nftJson.parse(capture(listing(table, chain, rule({ match: { op: '==', left, right: 1 } })))).unread).toMatchObject([{ reason: 'nested deeper than any rule' }]);
  });
});
