import { X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rename, rm, stat, symlink, unlink, writeFile, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeCertificate } from '../../test/support/certificates.ts';
import { eventually } from '../../test/support/eventually.ts';
import { defaultConfig } from '../config.ts';
import { systemClock, type Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import { openDefaultCertificate, type DefaultCertificate } from './default-certificate.ts';

let directory: string;
let errors: string[];
let changes: number;
const opened: DefaultCertificate[] = [];

beforeEach(async () => { directory = await mkdtemp(join(tmpdir(), 'fairway-default-')); errors = []; changes = 0; });
afterEach(async () => { for (const one of opened.splice(0)) one.stop(); await rm(directory, { recursive: true, force: true }); });

const log = { info: () => undefined, error: (message: string, fields: object) => { errors.push(`${message} ${JSON.stringify(fields)}`); } } as unknown as Logger;
const open = async (flags: Record<string, string> = {}, clock: Clock = systemClock): Promise<DefaultCertificate> => {
  const config = { ...defaultConfig(flags), stateDir: directory };
  const one = await openDefaultCertificate(config, clock, log, () => { changes += 1; });
  await one.ready();
  opened.push(one);
  return one;
};
const certificateOf = (pem: string): X509Certificate => new X509Certificate(pem.slice(pem.indexOf('-----BEGIN CERTIFICATE')));

describe('without one', () => {
  test('makes one, keeps it for the owner alone, and presents the same after a restart', async () => {
    const first = (await open()).current();
    expect(certificateOf(first).checkHost('localhost')).toBeDefined();
    expect((await stat(join(directory, 'default-certificate.pem'))).mode & 0o777).toBe(0o600);
    expect((await open()).current()).toBe(first);
  });
  test('for the domain that is set; another domain needs another one', async () => {
    const first = (await open({ 'tls.domain': 'apps.test' })).current();
    expect(certificateOf(first).checkHost('x.apps.test')).toBeDefined();
    const second = (await open({ 'tls.domain': 'other.test' })).current();
    expect(certificateOf(second).checkHost('x.other.test')).toBeDefined();
    expect((await open({ 'tls.domain': 'other.test' })).current()).toBe(second);
  });
  test('one that has expired, or was cut off while it was written, is made anew', async () => {
    const first = (await open()).current();
    const later: Clock = { now: () => systemClock.now() + 11 * 365 * 24 * 3_600_000, monotonic: () => 0 };
    const second = (await open({}, later)).current();
    expect(second).not.toBe(first);
    const file = join(directory, 'default-certificate.pem');
    await writeFile(file, second.slice(second.indexOf('-----BEGIN CERTIFICATE'), -200));
    expect(certificateOf((await open({}, later)).current()).checkHost('localhost')).toBeDefined();
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.slice(text.indexOf('-----BEGIN CERTIFICATE')));
    expect((await open({}, later)).current()).toContain('PRIVATE KEY');
  });
});

describe('from a file or directory', () => {
  const write = async (into: string, host: string): Promise<{ cert: string; key: string }> => {
    const made = await makeCertificate({ hosts: [host] });
    await mkdir(into, { recursive: true });
    await writeFile(join(into, 'tls.crt'), made.cert);
    await writeFile(join(into, 'tls.key'), made.key);
    return made;
  };
  test('one file with both, in either order', async () => {
    const { cert, key } = await makeCertificate({ hosts: ['a.test'] });
    for (const text of [cert + key, key + cert]) {
      await writeFile(join(directory, 'both.pem'), text);
      expect(certificateOf((await open({ 'tls.defaultCertificate': join(directory, 'both.pem') })).current()).checkHost('a.test')).toBeDefined();
    }
  });
  test('a directory with tls.crt and tls.key; tls.crt may hold the key', async () => {
    const { cert, key } = await write(join(directory, 'd'), 'a.test');
    expect((await open({ 'tls.defaultCertificate': join(directory, 'd') })).current()).toBe(`${key.trim()}\n${cert.trim()}\n`);
    await writeFile(join(directory, 'd', 'tls.crt'), cert + key);
    await unlink(join(directory, 'd', 'tls.key'));
    expect((await open({ 'tls.defaultCertificate': join(directory, 'd') })).current()).toContain(key.trim());
  });
  test.each([
    ['nothing there', async () => undefined], ['no key', async (file: string) => writeFile(file, (await makeCertificate({ hosts: ['a.test'] })).cert)], ['no certificate', async (file: string) => writeFile(file, (await makeCertificate({ hosts: ['a.test'] })).key)],
    ['the key of another', async (file: string) => writeFile(file, (await makeCertificate({ hosts: ['a.test'] })).cert + (await makeCertificate({ hosts: ['b.test'] })).key)], ['no PEM', async (file: string) => writeFile(file, 'x')],
  ] as const)('cannot be used at start: %s: a sentence names the file and shows no key', async (_, make) => {
    const file = join(directory, 'bad.pem');
    await make(file);
    const failure = await open({ 'tls.defaultCertificate': file }).then(() => 'opened', (error: unknown) => (error as Error).message);
    expect(failure).toContain(file);
    expect(failure).toMatch(/default certificate|certificate in|key in/);
    expect(failure).not.toMatch(/BEGIN|error:[0-9A-F]{8}/);
  });
  test('a mounted Secret is rotated by a link two directories up; a broken one is told and the last good one stays', async () => {
    const before = await write(join(directory, '..one'), 'before.test');
    await write(join(directory, '..two'), 'after.test');
    await symlink('..one', join(directory, '..data'));
    const mounted = join(directory, 'mounted');
    await mkdir(mounted);
    for (const name of ['tls.crt', 'tls.key']) await symlink(`../..data/${name}`, join(mounted, name));
    const one = await open({ 'tls.defaultCertificate': mounted });
    expect(one.current()).toContain(before.cert.trim());

    await symlink('..two', join(directory, '..new'));
    await rename(join(directory, '..new'), join(directory, '..data'));
    await eventually(() => { expect(certificateOf(one.current()).checkHost('after.test')).toBeDefined(); });
    expect(changes).toBe(1);

    await writeFile(join(directory, '..two', 'tls.crt'), 'broken');
    await eventually(() => { expect(errors.length).toBeGreaterThan(0); });
    expect(certificateOf(one.current()).checkHost('after.test')).toBeDefined();
    expect(errors.join()).not.toMatch(/BEGIN/);
  });
});
