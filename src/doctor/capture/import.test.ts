import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { Capture } from '../evidence.ts';
import { readCapture, sniff } from '../reading.ts';
import { treeOf } from './file-tree.ts';
import { importTree } from './import.ts';
import type { Imported } from './import.ts';
import { textLines } from './text-lines.ts';

const root = mkdtempSync(join(tmpdir(), 'fairway-import-'));
afterAll(() => { rmSync(root, { recursive: true, force: true }); });

function folder(name: string, files: Readonly<Record<string, string | Buffer>>): string {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name, path)), { recursive: true });
    writeFileSync(join(root, name, path), content);
  }
  return join(root, name);
}

const imported = async (path: string): Promise<Imported> => importTree(await treeOf(path), sniff);
const who = ({ captures }: Imported): string[] => captures.map(({ host, command, sample }) => `${host}: ${command} #${String(sample)}`).sort();

const neigh = '10.0.0.1 dev eth0 lladdr 02:00:00:00:00:01 STALE\n';

describe('what people have', () => {
  test('a folder for each host, files named as the commands', async () => {
    expect(who(await imported(folder('hosts', { 'lb1/ip-neigh.txt': neigh, 'lb1/nstat.1': '', 'lb1/nstat.2': '', 'lb2/proc/net/arp': 'x', 'lb2/sysctl': '' })))).toEqual([
      'lb1: ip neigh show #1', 'lb1: nstat -az #1', 'lb1: nstat -az #2', 'lb2: /proc/net/arp #1', 'lb2: sysctl -a #1']);
  });
  test('a sosreport: the host by its file, only what is known by name', async () => {
    const made = await imported(folder('sosreport-node9-2026-11-20-abcdef', { 'sos_commands/host/hostname': 'node9.example.com\n', 'sos_commands/networking/ip_-s_neigh_show': neigh, 'sos_commands/boot/lsinitrd': 'x', 'proc/net/nf_conntrack': '', 'version.txt': 'sos' }));
    expect(who(made)).toEqual(['node9: /proc/net/nf_conntrack #1', 'node9: ip -s neigh show #1']);
  });
  test('an archive, by tar itself, with a large member that is read as a stream', async () => {
    const row = 'tcp      6 100 ESTABLISHED src=10.0.0.1 dst=10.0.0.2 sport=1 dport=2 src=10.0.0.2 dst=10.0.0.1 sport=2 dport=1 [ASSURED] use=1\n';
    folder('tarred', { 'n1/proc/net/nf_conntrack': row.repeat(80_000), 'n1/ip-neigh': neigh });
    execFileSync('tar', ['-C', root, '-czf', join(root, 'tarred.tar.gz'), 'tarred']);
    const made = await imported(join(root, 'tarred.tar.gz'));
    expect(who(made)).toEqual(['n1: /proc/net/nf_conntrack #1', 'n1: ip neigh show #1']);
    const big = made.captures.find((capture) => capture.big !== null) as Capture;
    expect(big.file).toBe(`${join(root, 'tarred.tar.gz')}!tarred/n1/proc/net/nf_conntrack`);
    const read = await readCapture(big);
    expect(read.records[0]).toMatchObject({ kind: 'conntrack-table', rows: 80_000 });
    expect(read.complete).toBe(true);
  });
  test('a pasted session beside a file for a host', async () => {
    const made = await imported(folder('mixed', { 'paste.txt': `[root@a ~]# ip neigh\n${neigh}$ ss -ltn\n`, 'b/ip-neigh': neigh }));
    expect(who(made)).toEqual([': ss -ltn #1', 'a: ip neigh #1', 'b: ip neigh show #1']);
  });
  test('what is not read is told: binaries, private keys, broken archives, folders without anything', async () => {
    const made = await imported(folder('odd', { 'n1/core': Buffer.from([1, 0, 2]), 'n1/tls.txt': '-----BEGIN PRIVATE KEY-----\nabc\n', 'n1/x.tar.gz': 'no archive' }));
    expect(made.captures).toEqual([]);
    expect(made.unread.map((each) => each.reason.replace(/:.*/, '')).sort()).toEqual(['a binary file', 'holds a private key', 'incorrect header check']);
    expect(JSON.stringify(made)).not.toContain('abc');
  });
  test('a manifest names host, command, time and exit code', async () => {
    const made = await imported(folder('collected', { 'manifest.tsv': '#fairway-collect\t1\n#host\tn7\n001.txt\t1\t1700000000\t0\tip neigh show\n002.txt\t2\t1700000010\t1\tip netns exec r1 ss -ltn\n009.txt\t1\t1\t0\tgone\n../x\t1\t1\t0\tbad\n', '001.txt': neigh, '002.txt': '' }));
    expect(who(made)).toEqual(['n7: ip neigh show #1', 'r1: ip netns exec r1 ss -ltn #2']);
    expect(made.captures[0]).toMatchObject({ takenAt: 1_700_000_000_000, exitCode: 0 });
    expect(made.unread.map((each) => each.text)).toEqual(['009.txt']);
  });
});

describe('text', () => {
  test('a web page: tags and entities go, words in angle brackets stay, line numbers stay', () => {
    expect(textLines(Buffer.from('<!DOCTYPE html>\n<pre class="x">-&gt; 10.1.26.136:10051&nbsp;Route</pre>\n<p>2: eth0: &lt;BROADCAST,UP&gt; mtu 1500</p>'))).toEqual(['', '-> 10.1.26.136:10051 Route', '2: eth0: <BROADCAST,UP> mtu 1500']);
  });
  test('colours, carriage returns, byte order marks and wide blanks go', () => {
    expect(textLines(Buffer.from('\ufeff\u001b[1;32mok\u001b[0m\r\n 10%\r 20%\r\na\u00a0b\u3000c'))).toEqual(['ok', ' 20%', 'a b c']);
  });
});
