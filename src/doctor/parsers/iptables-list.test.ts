import { expect, test } from 'vitest';
import type { Capture } from '../evidence.ts';
import type { Rule, Table } from '../model/firewall/rule.ts';
import { iptablesList } from './iptables-list.ts';
import { iptablesSave } from './iptables-save.ts';

/** One rule set as iptables 1.8.9 prints it in both forms (`iptables-save`, `iptables -t ... -nvL`). */
const pairs: readonly (readonly [save: string, list: string])[] = [
  ['-A FORWARD -i eth0 ! -o br+ -m comment --comment "say \\"hi\\" /* x */" -j sg-chain', '    0     0 sg-chain   0    --  eth0   !br+    0.0.0.0/0            0.0.0.0/0            /* say "hi" /* x */ */'],
  ['-A FORWARD -p 112 -j ACCEPT', '    0     0 ACCEPT     112  --  *      *       0.0.0.0/0            0.0.0.0/0           '],
  ['-A FORWARD -s 10.0.0.0/24 ! -d 10.9.9.9/32 -p tcp -m multiport --dports 1:65535 -m mac --mac-source fa:16:3e:c4:20:c7 -j DROP', '    0     0 DROP       6    --  *      *       10.0.0.0/24         !10.9.9.9             multiport dports 1:65535 MAC fa:16:3e:c4:20:c7'],
  ['-A FORWARD -m physdev --physdev-in tap1 --physdev-is-bridged -j RETURN', '    0     0 RETURN     0    --  *      *       0.0.0.0/0            0.0.0.0/0            PHYSDEV match --physdev-in tap1 --physdev-is-bridged'],
  ['-A FORWARD -m physdev ! --physdev-out tap1 --physdev-is-bridged -g sg-chain', '    0     0 sg-chain  0    --  *      *       0.0.0.0/0            0.0.0.0/0           [goto]  PHYSDEV match ! --physdev-out tap1 --physdev-is-bridged'],
  ['-A FORWARD -p tcp -m tcp --dport 80 --tcp-flags FIN,SYN,RST,ACK SYN -m state --state NEW -j REJECT --reject-with tcp-reset', '    0     0 REJECT     6    --  *      *       0.0.0.0/0            0.0.0.0/0            tcp dpt:80 flags:0x17/0x02 state NEW reject-with tcp-reset'],
  ['-A FORWARD -p udp -m udp ! --sport 53 -m conntrack ! --ctstate NEW,DNAT -j REJECT --reject-with icmp-port-unreachable', '    0     0 REJECT     17   --  *      *       0.0.0.0/0            0.0.0.0/0            udp spt:!53 ! ctstate NEW,DNAT reject-with icmp-port-unreachable'],
  ['-A FORWARD -p icmp -m icmp --icmp-type 8 -j ACCEPT', '    0     0 ACCEPT     1    --  *      *       0.0.0.0/0            0.0.0.0/0            icmptype 8'],
  ['-A FORWARD -p icmp -m icmp --icmp-type 3/4 -j ACCEPT', '    0     0 ACCEPT     1    --  *      *       0.0.0.0/0            0.0.0.0/0            icmptype 3 code 4'],
  ['-A FORWARD -m mark --mark 0x1/0xff -m connmark ! --mark 0x2 -j ACCEPT', '    0     0 ACCEPT     0    --  *      *       0.0.0.0/0            0.0.0.0/0            mark match 0x1/0xff connmark match ! 0x2'],
  ['-A FORWARD -m addrtype ! --src-type MULTICAST --dst-type LOCAL -j ACCEPT', '    0     0 ACCEPT     0    --  *      *       0.0.0.0/0            0.0.0.0/0            ADDRTYPE match src-type !MULTICAST dst-type LOCAL'],
  ['-A FORWARD -p tcp -m tcp ! --sport 5:9 --dport 1:1023 -m multiport ! --sports 1,2 -j NFLOG', '    0     0 NFLOG      6    --  *      *       0.0.0.0/0            0.0.0.0/0            tcp spts:!5:9 dpts:1:1023 multiport sports  !1,2'],
  ['-A FORWARD -m pkttype --pkt-type broadcast -m ttl --ttl-lt 4 -m length --length 5:9', '    0     0            0    --  *      *       0.0.0.0/0            0.0.0.0/0            PKTTYPE = broadcast TTL match TTL < 4 length 5:9'],
  ['-A FORWARD -p tcp -m set ! --match-set foo src,dst -j ACCEPT', '    0     0 ACCEPT     6    --  *      *       0.0.0.0/0            0.0.0.0/0            ! match-set foo src,dst'],
  ['-A FORWARD -m conntrack --ctorigdst 10.0.0.1 -j ACCEPT', '    0     0 ACCEPT     0    --  *      *       0.0.0.0/0            0.0.0.0/0            ctorigdst 10.0.0.1'],
];

const natPairs: typeof pairs = [
  ['-A PREROUTING -p tcp -m tcp --dport 80 -j DNAT --to-destination 10.0.0.1:8080', '    0     0 DNAT       6    --  *      *       0.0.0.0/0            0.0.0.0/0            tcp dpt:80 to:10.0.0.1:8080'],
  ['-A PREROUTING -p tcp -m tcp --dport 81 -j REDIRECT --to-ports 8080', '    0     0 REDIRECT   tcp  --  *      *       0.0.0.0/0            0.0.0.0/0            tcp dpt:81 redir ports 8080'],
  ['-A PREROUTING -p tcp -j DNAT --to-destination 1.2.3.4-1.2.3.6:1000-2000 --random', '    0     0 DNAT       6    --  *      *       0.0.0.0/0            0.0.0.0/0            to:1.2.3.4-1.2.3.6:1000-2000 random'],
];

const capture = (command: string, lines: readonly string[]): Capture => ({ host: 'h', command, takenAt: null, sample: 1, file: 'f', firstLine: 1, lines, exitCode: 0, big: null });

function rulesOf(tables: readonly Table[], chain: string): readonly Rule[] {
  return tables[0]?.chains.get(chain)?.rules ?? [];
}

/** What of a rule decides anything, in an order that does not depend on the form. */
function meaning(rule: Rule | undefined): unknown {
  return [rule?.steps.map((step) => JSON.stringify(step)).sort(), rule?.comment];
}

test.each([...pairs.map((pair) => ['FORWARD', 'filter', ...pair] as const), ...natPairs.map((pair) => ['PREROUTING', 'nat', ...pair] as const)])('%s of %s: %s', (chain, table, save, list) => {
  const saved = iptablesSave.parse(capture('iptables-save', [`*${table}`, `:${chain} ACCEPT [0:0]`, save, 'COMMIT']));
  const listed = iptablesList.parse(capture(`iptables -t ${table} -nvL`, [`Chain ${chain} (policy ACCEPT 0 packets, 0 bytes)`, ' pkts bytes target     prot opt in     out     source               destination         ', list]));
  expect([...saved.unread, ...listed.unread]).toEqual([]);
  expect(rulesOf(saved.records, chain)).toHaveLength(1);
  expect(meaning(rulesOf(listed.records, chain)[0])).toEqual(meaning(rulesOf(saved.records, chain)[0]));
});

test('without -v the devices are not shown, so no rule is certain', () => {
  const { records } = iptablesList.parse(capture('iptables -L', ['Chain INPUT (policy DROP)', 'target     prot opt source               destination         ', 'ACCEPT     tcp  --  anywhere             10.0.0.0/8           tcp dpt:zabbix-trapper']));
  expect(records[0]?.chains.get('INPUT')?.base?.policy).toBe('drop');
  const steps = rulesOf(records, 'INPUT')[0]?.steps ?? [];
  expect(steps.some((step) => step.kind === 'opaque' && step.what.includes('not shown without -v'))).toBe(true);
  expect(steps).toContainEqual({ kind: 'field', field: 'destinationPort', within: { type: 'numbers', ranges: [[10_051, 10_051]] }, not: false });
});

test('rounded counters are told', () => {
  const { records } = iptablesList.parse(capture('', ['Chain FORWARD (policy DROP 57 packets, 6034 bytes)', ' pkts bytes target     prot opt in     out     source               destination', ' 123K   45M DROP       all  --  *      *       0.0.0.0/0            0.0.0.0/0']));
  expect(records[0]?.name).toBe('filter');
  expect(records[0]?.chains.get('FORWARD')?.base).toMatchObject({ policy: 'drop', counter: { packets: 57, bytes: 6034 } });
  expect(rulesOf(records, 'FORWARD')[0]).toMatchObject({ counter: { packets: 123_000, rounded: true }, oddities: [{ code: 'rounded' }] });
});

test('the table is told by the command, else by its chains', () => {
  const chains = (names: readonly string[], command = ''): string | undefined => iptablesList.parse(capture(command, names.map((name) => `Chain ${name} (policy ACCEPT)`))).records[0]?.name;
  expect(chains(['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'])).toBe('nat');
  expect(chains(['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'])).toBe('mangle');
  expect(chains(['PREROUTING', 'OUTPUT'])).toBe('raw');
  expect(chains(['INPUT', 'FORWARD', 'OUTPUT'], 'iptables -t security -nvL')).toBe('security');
});
