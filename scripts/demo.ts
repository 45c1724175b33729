import { spawn } from 'node:child_process';
import { cp, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeSelfSigned } from '../src/net/self-signed.ts';
import { startDemoMember } from './demo-members.ts';
import type { DemoMember } from './demo-members.ts';

// What `npm start` runs: members on loopback, a copy of examples/quickstart that names their ports, and Fairway on it. Everything it makes
// stands in one temporary directory, which is removed at the end.

const root = join(import.meta.dirname, '..');
const http = process.env['FAIRWAY_HTTP_PORT'] ?? '8080';
const https = process.env['FAIRWAY_HTTPS_PORT'] ?? '8443';
const admin = process.env['FAIRWAY_ADMIN_PORT'] ?? '1936';

const base = await mkdtemp(join(tmpdir(), 'fairway-demo-'));
const manifests = join(base, 'manifests');
const stateDir = join(base, 'state');
const members: DemoMember[] = [];

try {
  const hour = 3_600_000;
  const pem = await makeSelfSigned({ commonName: 'bank.test', names: ['bank.test', 'vault.test'], notBefore: Date.now() - hour, notAfter: Date.now() + 30 * 24 * hour });
  // The ports stand in examples/quickstart; whoever listens there on this machine is left alone.
  const wanted = [[19001, 'shop-v1 a', null], [19002, 'shop-v1 b', null], [19003, 'shop-v2', null], [19004, 'chat', null], [19005, 'bank', pem]] as const;
  const ports = new Map<number, number>();
  for (const [port, name, key] of wanted) {
    const member = await startDemoMember(name, key);
    members.push(member);
    ports.set(port, member.port);
  }
  await cp(join(root, 'examples/quickstart'), manifests, { recursive: true });
  await rewrite(ports, pem.slice(pem.indexOf('-----BEGIN CERTIFICATE')));
  process.exitCode = await serve();
} finally {
  await Promise.all(members.map((member) => member.close()));
  await rm(base, { recursive: true, force: true });
}

/** Puts the true ports and the members' certificate into the copy. */
async function rewrite(ports: ReadonlyMap<number, number>, certificate: string): Promise<void> {
  for (const entry of await readdir(manifests, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith('.yaml')) continue;
    const path = join(entry.parentPath, entry.name);
    const text = (await readFile(path, 'utf8'))
      .replace(/^( +port: )(190\d\d)$/gm, (line, before: string, port: string) => (ports.has(Number(port)) ? `${before}${String(ports.get(Number(port)))}` : line))
      .replace(/^( +)# destinationCACertificate: .*$/m, (_, indent: string) => `${indent}destinationCACertificate: |\n${certificate.trim().split('\n').map((line) => `${indent}  ${line}`).join('\n')}`);
    await writeFile(path, text);
  }
}

/** Runs Fairway until it ends, and says what to try once it serves. */
async function serve(): Promise<number> {
  const child = spawn(join(root, 'bin/fairway'), [
    'run', manifests, '--http-port', http, '--https-port', https, '--admin-port', admin, '--state-dir', stateDir, '--drain', '2s', '--spares', '50',
  ], { stdio: 'inherit', env: { ...process.env, FAIRWAY_NODE: process.execPath } });
  // Ctrl-C reaches the child as well (it is in the same process group); it ends, and then so do we. Other signals are passed on.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => { if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal); });
  }
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (exitCode, signal) => { resolve(exitCode ?? (signal === null ? 1 : 128)); });
  });
  const over = ended.then(() => true, () => true);
  const pause = (): Promise<boolean> => new Promise((resolve) => setTimeout(() => { resolve(false); }, 100));
  for (let gone = false; !gone; gone = await Promise.race([over, pause()])) {
    if (!(await isReady())) continue;
    console.log(hints());
    break;
  }
  return ended;
}

async function isReady(): Promise<boolean> {
  try {
    return (await fetch(`http://127.0.0.1:${admin}/healthz/ready`)).ok;
  } catch {
    return false;
  }
}

function hints(): string {
  return `
Fairway serves ${manifests}
Three things to try, in another terminal:

  1. Ask for a page, and see who answers (one request in ten goes to version 2):
       curl -H 'Host: shop.test' http://127.0.0.1:${http}/
       curl -k --resolve shop.test:${https}:127.0.0.1 https://shop.test:${https}/api/cart

  2. Change something, and see it live at once:
       sed -i 's/weight: 90/weight: 0/' ${join(manifests, 'shop/routes.yaml')}
       curl -H 'Host: shop.test' http://127.0.0.1:${http}/

  3. Ask why a request goes where it goes, and what is served:
       ${join(root, 'bin/fairway')} explain https://bank.test/stolen --state-dir ${stateDir}
       ${join(root, 'bin/fairway')} status --state-dir ${stateDir}

Ctrl-C ends it and leaves nothing behind.
`;
}
