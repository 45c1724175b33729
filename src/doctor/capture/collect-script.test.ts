import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { readCaptures, sniff } from '../reading.ts';
import { collectCommands } from './collect-commands.ts';
import { hideFunction } from './collect-redact.ts';
import { collectScript } from './collect-script.ts';
import { treeOf } from './file-tree.ts';
import { importTree } from './import.ts';

const root = mkdtempSync(join(tmpdir(), 'fairway-collect-test-'));
afterAll(() => { rmSync(root, { recursive: true, force: true }); });
const script = collectScript('0.0.0');

function hide(text: string, key: string, redact: '1' | '' = '1'): string {
  return execFileSync('sh', ['-c', `HOST=node1.example.com SHORT=node1 KEY=${key} REDACT=${redact}\n${hideFunction}\nhide`], { input: text, encoding: 'utf8' });
}

describe('the script', () => {
  test('is sh, and only reads', () => {
    expect(spawnSync('sh', ['-n'], { input: script }).status).toBe(0);
    const commands = collectCommands.map((each) => each.command);
    expect(new Set(commands).size).toBe(commands.length);
    // Nothing that changes neighbours, rules, modules or files.
    for (const command of commands) expect(command).not.toMatch(/\b(?:modprobe|insmod|arping -[UA]|-w\b|add|del|flush|set|-F|-I|-D|-X|-Z|rm|mv|kill|systemctl|restart|reload)\b/);
    for (const command of commands) expect(command).not.toMatch(/\.key\b|private|shadow|\.pem/);
  });
  test('what may load a module stands behind a guard', () => {
    for (const { command, guard } of collectCommands) if (/^(?:ip6?tables|nft|ipset|conntrack|ipvsadm|ss)\b/.test(command)) expect(guard, command).toBeDefined();
  });
  test('writes an archive to standard output that the doctor reads, and leaves nothing behind', async () => {
    const before = readdirSync(tmpdir()).filter((name) => name.startsWith('fairway-collect.'));
    const archive = join(root, 'host.tar.gz');
    execFileSync('sh', ['-c', `sh -s - -o - -i 0 > ${archive}`], { input: script, timeout: 60_000 });
    expect(readdirSync(tmpdir()).filter((name) => name.startsWith('fairway-collect.'))).toEqual(before);
    const { captures, unread } = importTree(await treeOf(archive), sniff);
    expect(unread).toEqual([]);
    const read = await readCaptures(captures);
    const addresses = read.find((each) => each.capture.command === 'ip -d address show');
    expect(addresses?.complete, JSON.stringify(addresses?.unread)).toBe(true);
    expect(addresses?.records).toContainEqual(expect.objectContaining({ kind: 'interface-address', address: '127.0.0.1', dev: 'lo' }));
    expect(captures.filter((capture) => capture.command === 'cat /proc/net/netstat').map((capture) => capture.sample)).toEqual([1, 2]);
    // Of the commands it runs everywhere, each is one that some parser reads.
    const nobody = read.filter((each) => each.formats.length === 0 && each.capture.lines.length > 0 && each.capture.exitCode === 0).map((each) => each.capture.command);
    expect(nobody.filter((command) => !command.startsWith('journalctl') && !command.startsWith('nft'))).toEqual([]);
  }, 60_000);
  test('writes plain files into a directory', () => {
    const folder = join(root, 'plain');
    execFileSync('sh', ['-s', '-', '-d', folder, '-i', '0'], { input: script, timeout: 60_000 });
    expect(readFileSync(join(folder, 'manifest.tsv'), 'utf8')).toMatch(/^#fairway-collect\t1\n#host\t\S+\n/);
  }, 60_000);
  test('refuses what it does not know', () => {
    expect(spawnSync('sh', ['-s', '-', '-a', '10.0.0.1;reboot', '-d', join(root, 'no')], { input: script }).status).toBe(2);
    expect(spawnSync('sh', ['-s', '-', '-i', 'x', '-d', join(root, 'no')], { input: script }).status).toBe(2);
  });
});

describe('redaction', () => {
  const text = 'inet 10.1.26.252/24 brd 10.1.26.255 on node1 (node1.example.com)\n10.1.26.10 dev eth0 lladdr fa:16:3e:c4:20:c7 STALE\n10.1.17.3 127.0.0.1 0.0.0.0 224.0.0.18 2001:db8::1 00:00:5e:00:01:33\n';
  test('same for the same, networks stay networks, special addresses stay', () => {
    const hidden = hide(text, 'k1');
    expect(hidden).not.toMatch(/10\.1\.26\.252|c4:20:c7|node1|2001:db8::1/);
    expect(hidden).toMatch(/127\.0\.0\.1 0\.0\.0\.0 224\.0\.0\.18/);
    expect(hidden).toContain('00:00:5e:00:01:33');
    const [first, , second] = [...hidden.matchAll(/10\.(\d+)\.(\d+)\.\d+/g)];
    expect([first?.[1], first?.[2]]).toEqual([second?.[1], second?.[2]]);
    expect(hide(text, 'k1')).toBe(hidden);
    expect(hide(text, 'k2')).not.toBe(hidden);
  });
  test('prefixes of any length are kept', () => {
    const third = [...hide('10.1.16.1 10.1.31.1 10.1.32.1', 'k9').matchAll(/10\.\d+\.(\d+)\.\d+/g)].map((found) => Number(found[1]) >> 4);
    expect(third[0]).toBe(third[1]);
    expect(third[2]).not.toBe(third[0]);
  });
  test('passwords always, and only whether two are equal is left', () => {
    const [a, b, c] = hide('auth_pass one\nauth_pass one\nauth_pass two\n', 'k', '').split('\n');
    expect(a).toMatch(/^auth_pass hidden-[0-9a-f]{3}-[0-9a-f]{6}$/);
    expect(a).toBe(b);
    expect(c).not.toBe(a);
    const [other] = hide('auth_pass one\n', 'k2', '').split('\n');
    expect(other?.slice(0, 20)).not.toBe(a?.slice(0, 20));
  });
  test('the key itself is in no list of processes', () => {
    const processes = hide('812 1 00:01 900 sh -s - -r -k winter-key -o -\n813 1 00:01 900 fairway collect --redact-key winter-key\n814 1 00:01 900 sh c.sh -kwinter-key\n', 'winter-key');
    expect(processes).not.toContain('winter');
    expect(processes).toContain('sh -s - -r -k hidden -o -');
    expect(hideFunction).not.toMatch(/-v key/);
  });
});
