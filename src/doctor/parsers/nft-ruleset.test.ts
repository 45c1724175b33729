import { describe, expect, test } from 'vitest';
import type { Capture } from '../evidence.ts';
import type { Step, Table } from '../model/firewall/rule.ts';
import { nftRuleset } from './nft-ruleset.ts';
import { ipset } from './ipset.ts';

const capture = (text: string): Capture => ({ host: 'h', command: 'nft list ruleset', takenAt: null, sample: 1, file: 'f', firstLine: 1, lines: text.split('\n'), exitCode: 0, big: null });

function table(text: string): Table {
  const read = nftRuleset.parse(capture(text));
  expect(read.unread).toEqual([]);
  const [one] = read.records;
  if (one === undefined) throw new Error('no table');
  return one;
}

function steps(rule: string): readonly Step[] {
  const chain = table(`table inet t {\n\tchain c {\n\t\t${rule}\n\t}\n}`).chains.get('c');
  expect(chain?.rules).toHaveLength(1);
  return chain?.rules[0]?.steps ?? [];
}

describe('tables and chains', () => {
  test('base chains, priorities by name and sum, policies', () => {
    const read = table('table inet filter { # handle 3\n\tchain early {\n\t\ttype filter hook forward priority filter - 5; policy drop;\n\t}\n\tchain pre {\n\t\ttype nat hook prerouting priority dstnat; policy accept;\n\t}\n}');
    expect(read).toMatchObject({ family: 'inet', name: 'filter', complete: true, engine: 'nft' });
    expect(read.chains.get('early')?.base).toMatchObject({ hook: 'forward', priority: -5, policy: 'drop', type: 'filter' });
    expect(read.chains.get('pre')?.base).toMatchObject({ hook: 'prerouting', priority: -100, type: 'nat' });
  });
  test('the bridge family has priorities of its own, devices stand before the priority', () => {
    expect(table('table bridge b {\n\tchain f {\n\t\ttype filter hook forward priority filter; policy accept;\n\t}\n}').chains.get('f')?.base?.priority).toBe(-200);
    expect(table('table netdev n {\n\tchain i {\n\t\ttype filter hook ingress devices = { eth0, "eth1" } priority -500; policy accept;\n\t}\n}').chains.get('i')?.base).toMatchObject({ devices: ['eth0', 'eth1'], priority: -500 });
  });
  test('sets over several lines, intervals, timeouts, dormant tables', () => {
    const read = table('table ip t {\n\tflags dormant\n\tset nets {\n\t\ttype ipv4_addr\n\t\tflags interval\n\t\telements = { 10.0.0.0/8, 192.0.2.1-192.0.2.5,\n\t\t\t     198.51.100.7 }\n\t}\n\tset seen {\n\t\ttype ipv4_addr . inet_service\n\t\tflags dynamic,timeout\n\t\telements = { 10.0.0.1 . 80 timeout 1m expires 12s }\n\t}\n}');
    expect(read.dormant).toBe(true);
    expect(read.sets.get('nets')).toMatchObject({ steady: true });
    expect(read.sets.get('nets')?.elements.map((element) => element.values[0])).toEqual([
      { type: 'numbers', ranges: [[0x0a000000, 0x0affffff]] }, { type: 'numbers', ranges: [[0xc0000201, 0xc0000205]] }, { type: 'numbers', ranges: [[0xc6336407, 0xc6336407]] },
    ]);
    expect(read.sets.get('seen')).toMatchObject({ steady: false });
    expect(read.sets.get('seen')?.elements[0]?.values).toHaveLength(2);
  });
  test('a cut listing is not whole', () => {
    expect(nftRuleset.parse(capture('table ip t {\n\tchain c {\n\t\taccept')).records[0]).toMatchObject({ complete: false, chains: new Map([['c', expect.objectContaining({ captured: 'some' })]]) });
  });
});

describe('rules', () => {
  test('flags in all spellings', () => {
    const bits = { kind: 'field', field: 'tcpFlags', within: { type: 'bits', mask: 0x17, value: 2 }, not: false };
    expect(steps('tcp flags syn / fin,syn,rst,ack accept')).toContainEqual(bits);
    expect(steps('tcp flags & (fin | syn | rst | ack) == syn accept')).toContainEqual(bits);
    expect(steps('tcp flags syn,ack accept')).toContainEqual({ kind: 'field', field: 'tcpFlags', within: { type: 'any-bit', mask: 0x12 }, not: false });
    expect(steps('tcp flags == 0x0 drop')).toContainEqual({ kind: 'field', field: 'tcpFlags', within: { type: 'numbers', ranges: [[0, 0]] }, not: false });
  });
  test('states, marks, devices', () => {
    expect(steps('ct state established,related accept')[0]).toEqual({ kind: 'field', field: 'connectionState', within: { type: 'names', names: ['ESTABLISHED', 'RELATED'] }, not: false });
    expect(steps('meta mark & 0x00000002 == 0x00000001 drop')[0]).toEqual({ kind: 'field', field: 'mark', within: { type: 'bits', mask: 2, value: 1 }, not: false });
    expect(steps('iifname != "eth*" accept')[0]).toEqual({ kind: 'field', field: 'inInterface', within: { type: 'names', names: ['eth*'] }, not: true });
    expect(steps('meta mark set mark and 0xffffff00 xor 0x1')).toEqual([{ kind: 'mark', of: 'packet', clear: 0xff, flip: 1 }]);
  });
  test('unequal compares the whole word: two states at once are never there', () => {
    expect(steps('ct state != established | related drop')).toEqual([{ kind: 'field', field: 'connectionState', within: { type: 'any' }, not: false }, { kind: 'drop' }]);
    expect(steps('ct state != established drop')[0]).toMatchObject({ within: { names: ['ESTABLISHED'] }, not: true });
    expect(steps('ct status == dnat drop')[0]).toEqual({ kind: 'never' });
  });
  test('maps of verdicts, sets, concatenations', () => {
    expect(steps('ct state vmap { established : accept, invalid : drop }')[0]).toMatchObject({ kind: 'verdict-map', fields: ['connectionState'] });
    expect(steps('ip daddr . meta l4proto . th dport vmap @services')).toContainEqual({ kind: 'verdict-map', fields: ['destination', 'protocol', 'destinationPort'], map: 'services' });
    expect(steps('ip saddr != @blocked accept')).toContainEqual({ kind: 'element', fields: ['source'], set: 'blocked', not: true });
    expect(steps('numgen random mod 2 vmap { 0 : goto a, 1 : goto b }')).toEqual([{ kind: 'lot', what: 'numgen random mod 2', verdicts: [{ kind: 'goto', chain: 'a' }, { kind: 'goto', chain: 'b' }] }]);
  });
  test('translations', () => {
    expect(steps('dnat ip to 10.0.0.1:8080')).toEqual([{ kind: 'translate', what: 'destination', to: { address: { from: '10.0.0.1', to: '10.0.0.1' }, ports: { from: 8080, to: 8080 }, random: false } }]);
    expect(steps('masquerade to :1024-2048 random')).toEqual([{ kind: 'translate', what: 'source', to: { address: 'interface', ports: { from: 1024, to: 2048 }, random: true } }]);
    expect(steps('redirect to :8080')).toMatchObject([{ kind: 'translate', to: { address: 'interface', ports: { from: 8080 } } }]);
    expect(steps('dnat ip addr . port to numgen random mod 2 map { 0 : 10.0.0.1 . 80, 1 : 10.0.0.2 . 80 }')).toMatchObject([{ kind: 'translate', to: { address: 'computed' } }]);
  });
  test('counters, comments, logs, limits, rejects', () => {
    const rule = table('table ip t {\n\tchain c {\n\t\tlimit rate over 5/second burst 5 packets counter packets 3 bytes 180 log prefix "a { b" level warn reject with icmp type admin-prohibited comment "why, because"\n\t}\n}').chains.get('c')?.rules[0];
    expect(rule).toMatchObject({ counter: { packets: 3, bytes: 180 }, comment: 'why, because' });
    expect(rule?.steps.map((step) => step.kind)).toEqual(['sometimes', 'count', 'pass', 'reject']);
    expect(steps('reject with tcp reset')).toEqual([{ kind: 'reject', reply: 'tcp-reset' }]);
  });
  test('what iptables-nft left is opaque, and says what to run', () => {
    expect(steps('xt match physdev counter packets 0 bytes 0 return')[0]).toMatchObject({ kind: 'opaque', command: 'iptables-save -c' });
    expect(steps('xt match "icmp" counter packets 0 bytes 0 xt target CT').map((step) => step.kind)).toEqual(['opaque', 'count', 'opaque-target']);
  });
  test('a word that nobody knows leaves the rule open and its verdict readable', () => {
    expect(steps('frobnicate 3 drop').map((step) => step.kind)).toEqual(['opaque', 'drop']);
  });
});

test('ipset save: types, protocols, exceptions, timeouts', () => {
  const read = ipset.parse(capture('create web hash:ip,port family inet hashsize 1024 maxelem 65536\nadd web 10.0.0.1,tcp:80\nadd web 10.0.0.2,udp:53-60\ncreate nets hash:net family inet timeout 300\nadd nets 10.1.0.0/16 nomatch timeout 12\ncreate all list:set size 8\nadd all web\nadd none 1.2.3.4'));
  expect(read.unread).toHaveLength(1);
  expect(read.records.map((set) => [set.name, set.dimensions, set.elements.length, set.members, set.steady])).toEqual([['web', ['ip', 'port'], 2, [], true], ['nets', ['net'], 1, [], false], ['all', ['set'], 0, ['web'], true]]);
  expect(read.records[1]?.elements[0]?.except).toBe(true);
});
