import { describe, expect, test } from 'vitest';
import type { Capture } from '../evidence.ts';
import { conntrackTable } from './conntrack-table.ts';
import type { ConntrackRowRecord, ConntrackTableRecord } from './conntrack-records.ts';

const capture = (lines: readonly string[], command = 'conntrack -L'): Capture => ({ host: 'n1', command, takenAt: null, sample: 1, file: 'c.txt', firstLine: 1, lines, exitCode: null, big: null });

const rows = [
  'tcp      6 431998 ESTABLISHED src=10.99.0.1 dst=10.99.0.2 sport=53610 dport=8081 src=10.99.0.2 dst=10.99.0.1 sport=8080 dport=53610 [ASSURED] mark=0 use=1',
  'tcp      6 118 SYN_SENT src=10.1.26.9 dst=10.1.26.252 sport=45786 dport=10051 [UNREPLIED] src=10.1.26.252 dst=10.1.26.9 sport=10051 dport=45786 mark=0 use=1',
  'udp      17 28 src=10.99.0.1 dst=10.99.0.2 sport=41182 dport=77 [UNREPLIED] src=10.99.0.2 dst=10.99.0.1 sport=77 dport=41182 mark=0 zone=7 use=1',
  'conntrack v1.4.7 (conntrack-tools): 5 flow entries have been shown.',
  'unknown  112 597 src=10.0.0.1 dst=224.0.0.18 [UNREPLIED] src=224.0.0.18 dst=10.0.0.1 use=1',
  'ipv4     2 tcp      6 7821 ESTABLISHED src=10.124.152.24 dst=10.110.91.154 sport=21453 dport=31293 packets=3 bytes=180 src=10.110.91.154 dst=10.124.152.24 sport=31293 dport=21453 packets=2 bytes=120 [ASSURED] mark=0 secmark=0 zone=0 use=2',
  'ipv6     10 icmpv6   58 29 src=2001:db8::1 dst=2001:db8::2 type=128 code=0 id=1 src=2001:db8::2 dst=2001:db8::1 type=129 code=0 id=1 mark=0 use=1',
  'tcp      6 src=10.0.0.5 dst=10.0.0.6 sport=1 dport=2 src=10.0.0.6 dst=10.0.0.5 sport=2 dport=1 [OFFLOAD] mark=0 use=2',
];

describe('conntrack rows', () => {
  const reading = conntrackTable.parse(capture(rows));
  const table = reading.records[0] as ConntrackTableRecord;
  const kept = reading.records.slice(1) as ConntrackRowRecord[];

  test('are counted by protocol, state, answer and translation', () => {
    expect(reading.unread).toEqual([]);
    expect(table.rows).toBe(7);
    expect([...table.byProtocol]).toEqual([['tcp', 4], ['udp', 1], ['unknown', 1], ['icmpv6', 1]]);
    expect(table.byState.get('ESTABLISHED')?.count).toBe(2);
    expect(table).toMatchObject({ assured: 2, unreplied: 3, translated: 1, differentSources: 6, sourcesComplete: true });
  });
  test('keep line and text, both directions, and no state where none is printed', () => {
    expect(kept[0]).toMatchObject({ state: 'ESTABLISHED', timeout: 431998, original: { src: '10.99.0.1', dport: 8081 }, reply: { sport: 8080 } });
    expect(kept[2]).toMatchObject({ protocol: 'udp', state: null, timeout: 28, unreplied: true });
    expect(kept[4]?.source).toEqual({ file: 'c.txt', line: 6, text: rows[5] });
    expect(kept[4]).toMatchObject({ timeout: 7821, protocol: 'tcp' });
    expect(kept[5]).toMatchObject({ protocol: 'icmpv6', original: { src: '2001:db8::1', sport: null } });
    expect(kept[6]).toMatchObject({ timeout: null, original: { dst: '10.0.0.6' } });
  });
  test('the busiest services', () => { expect(table.services).toContainEqual({ address: '10.1.26.252', port: 10051, count: 1 }); });
});

test('a table of uniq -c is counts of states', () => {
  const reading = conntrackTable.parse(capture(['      2 SYN_SENT', ' 120770 CLOSE_WAIT', '  55386 TIME_WAIT'], "conntrack -L |head -n 200000 |awk '{print $4}' |sort |uniq -c |sort -n |grep -v src"));
  const table = reading.records[0] as ConntrackTableRecord;
  expect(table).toMatchObject({ rows: 176158, sampled: true });
  expect(table.byState.get('CLOSE_WAIT')?.samples[0]).toEqual({ file: 'c.txt', line: 2, text: ' 120770 CLOSE_WAIT' });
});

test('masked addresses stay as they are; what is no row is unread', () => {
  const reading = conntrackTable.parse(capture(['tcp 6 11 LAST_ACK src=***.16.22.25 dst=13.9.25.29 sport=5300 dport=443 src=13.9.25.29 dst=***.16.22.25 sport=443 dport=5300 [ASSURED] use=1', 'hello world', '......']));
  expect((reading.records[1] as ConntrackRowRecord).original.src).toBe('***.16.22.25');
  expect(reading.unread.map((each) => each.reason)).toEqual(['not a conntrack row', 'somebody cut the output here']);
});

test('a stream gives what lines give, wherever it is cut', async () => {
  const bytes = Buffer.from(rows.join('\n'));
  const wanted = conntrackTable.parse(capture(rows)).records;
  for (const size of [1, 7, 100, 4096]) {
    const big = { bytes: bytes.length, async *chunks(): AsyncIterable<Uint8Array> { await Promise.resolve(); for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size); } };
    const reading = await conntrackTable.parseBig?.(capture([]), big);
    expect(reading?.records).toEqual(wanted);
  }
});

describe('other forms of one table', () => {
  // What conntrack 1.4.7 printed of one moment: a translated connection, an unanswered datagram, VRRP, ICMP of both families.
  const save = [
    'conntrack v1.4.7 (conntrack-tools): 5 flow entries have been shown.',
    '-A -t 29 -u SEEN_REPLY -s ::1 -d ::1 -r ::1 -q ::1 -p icmpv6 --icmpv6-type 128 --icmpv6-code 0 --icmpv6-id 30248 ',
    '-A -t 29 -u UNSET -s 127.0.0.1 -d 127.0.0.1 -r 127.0.0.1 -q 127.0.0.1 -p udp --sport 51782 --dport 77 --reply-port-src 77 --reply-port-dst 51782 ',
    '-A -t 599 -u UNSET -s 127.0.0.1 -d 127.0.0.1 -r 127.0.0.1 -q 127.0.0.1 -p 112 ',
    '-A -t 431999 -u SEEN_REPLY,ASSURED -s 127.0.0.1 -d 127.0.0.1 -r 127.0.0.1 -q 127.0.0.1 -p tcp --sport 45442 --dport 8081 --reply-port-src 8080 --reply-port-dst 45442 --state ESTABLISHED ',
    '-A -t 29 -u SEEN_REPLY -s 127.0.0.1 -d 127.0.0.1 -r 127.0.0.1 -q 127.0.0.1 -p icmp --icmp-type 8 --icmp-code 0 --icmp-id 30247 ',
  ];
  const flow = (family: string, address: string, protocol: string, ports: readonly [string, string, string, string] | null, own: string): string => {
    const meta = (direction: string, sport: string | undefined, dport: string | undefined): string => `<meta direction="${direction}"><layer3 protonum="2" protoname="${family}"><src>${address}</src><dst>${address}</dst></layer3><layer4 protonum="6" protoname="${protocol}">${sport === undefined ? '' : `<sport>${sport}</sport><dport>${dport ?? ''}</dport>`}</layer4><counters><packets>1</packets><bytes>104</bytes></counters></meta>`;
    return `<flow>${meta('original', ports?.[0], ports?.[1])}${meta('reply', ports?.[2], ports?.[3])}<meta direction="independent">${own}<mark>0</mark><use>1</use><id>1731380357</id></meta></flow>`;
  };
  const xml = [
    '<?xml version="1.0" encoding="utf-8"?>', '<conntrack>',
    flow('ipv6', '::1', 'icmpv6', null, '<timeout>29</timeout>'),
    flow('ipv4', '127.0.0.1', 'udp', ['51782', '77', '77', '51782'], '<timeout>29</timeout><unreplied/>'),
    flow('ipv4', '127.0.0.1', 'unknown', null, '<timeout>599</timeout><unreplied/>'),
    flow('ipv4', '127.0.0.1', 'tcp', ['45442', '8081', '8080', '45442'], '<state>ESTABLISHED</state><timeout>431999</timeout><assured/>'),
    flow('ipv4', '127.0.0.1', 'icmp', null, '<timeout>29</timeout>'),
    '</conntrack>', 'conntrack v1.4.7 (conntrack-tools): 5 flow entries have been shown.',
  ];
  const extended = [
    'ipv6     10 icmpv6   58 29 src=::1 dst=::1 type=128 code=0 id=30248 packets=1 bytes=104 src=::1 dst=::1 type=129 code=0 id=30248 packets=1 bytes=104 mark=0 delta-time=0 [start=Sat Nov 21 09:50:03 2026] use=1 id=1731380357',
    'ipv4     2 udp      17 29 src=127.0.0.1 dst=127.0.0.1 sport=51782 dport=77 packets=1 bytes=31 [UNREPLIED] src=127.0.0.1 dst=127.0.0.1 sport=77 dport=51782 packets=0 bytes=0 mark=0 delta-time=0 [start=Sat Nov 21 09:50:03 2026] use=1 id=1951281705',
    'ipv4     2 unknown  112 599 src=127.0.0.1 dst=127.0.0.1 packets=1 bytes=22 [UNREPLIED] src=127.0.0.1 dst=127.0.0.1 packets=0 bytes=0 mark=0 delta-time=0 [start=Sat Nov 21 09:50:03 2026] use=1 id=1332408494',
    'ipv4     2 tcp      6 431999 ESTABLISHED src=127.0.0.1 dst=127.0.0.1 sport=45442 dport=8081 packets=2 bytes=112 src=127.0.0.1 dst=127.0.0.1 sport=8080 dport=45442 packets=1 bytes=60 [ASSURED] mark=0 delta-time=0 [start=Sat Nov 21 09:50:03 2026] use=1 id=351618559',
    'ipv4     2 icmp     1 29 src=127.0.0.1 dst=127.0.0.1 type=8 code=0 id=30247 packets=1 bytes=84 src=127.0.0.1 dst=127.0.0.1 type=0 code=0 id=30247 packets=1 bytes=84 mark=0 delta-time=0 [start=Sat Nov 21 09:50:03 2026] use=1 id=2432022524',
  ];
  const without = (lines: readonly string[], command: string): readonly object[] => {
    const reading = conntrackTable.parse(capture(lines, command));
    expect(reading.unread).toEqual([]);
    for (const record of reading.records.slice(1)) expect(lines[record.source.line - 1]).toBe(record.source.text);
    return reading.records.map(({ source, ...rest }) => { expect(source.file).toBe('c.txt'); return 'byState' in rest ? { ...rest, byState: [...rest.byState].map(([state, { count }]) => [state, count]) } : rest; });
  };

  test('save, XML and extended say the same', () => {
    const expected = without(extended, 'conntrack -L -o extended,id,timestamp');
    expect(expected[0]).toMatchObject({ rows: 5, assured: 1, unreplied: 2, translated: 1, byState: [['ESTABLISHED', 1]] });
    expect(without(save, 'conntrack -L -o save')).toEqual(expected);
    expect(without(xml, 'conntrack -L -o xml')).toEqual(expected);
  });
  test('are known by their content', () => {
    for (const lines of [save, xml, extended]) expect(conntrackTable.recognises(capture(lines, ''))).toBeGreaterThan(0);
  });
  test('what is cut is unread', () => {
    expect(conntrackTable.parse(capture(['-A -t 29 -u UNSET -s 10.0.0.1', '<flow><meta direction="original"><layer3', '<what/>'])).unread).toHaveLength(3);
  });
});
