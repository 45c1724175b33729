import { writeFile, mkdtemp } from 'node:fs/promises';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startScratchHaproxy } from '../../../test/support/scratch-haproxy.ts';
import type { ScratchHaproxy } from '../../../test/support/scratch-haproxy.ts';
import { RuntimeSocket } from '../runtime/runtime-socket.ts';
import { parseShowBackend } from './show-backend.ts';
import { parseShowCaFile, parseShowCaFileList } from './show-ca-file.ts';
import { parseShowCrtList } from './show-crt-list.ts';
import { parseShowEnv } from './show-env.ts';
import { parseShowInfo } from './show-info.ts';
import { parseShowMap } from './show-map.ts';
import { parseShowServersState } from './show-servers-state.ts';
import { parseShowSslCert, parseShowSslCertList } from './show-ssl-cert.ts';

// What was put in through the socket of the installed HAProxy is what each parser reads back.
let haproxy: ScratchHaproxy;
let socket: RuntimeSocket;
let pem: string;
let certificate: string;
beforeAll(async () => {
  const directory = await mkdtemp(join(tmpdir(), 'fairway-observed-'));
  const files = { key: join(directory, 'c.key'), certificate: join(directory, 'c.crt') };
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', files.key, '-out', files.certificate, '-days', '30', '-subj', '/CN=a.test', '-addext', 'subjectAltName=DNS:a.test'], { stdio: 'ignore' });
  certificate = execFileSync('openssl', ['x509', '-in', files.certificate], { encoding: 'utf8' });
  pem = certificate + execFileSync('cat', [files.key], { encoding: 'utf8' });
  await writeFile(join(directory, 'default.pem'), pem, { mode: 0o600 });
  await writeFile(join(directory, 'crt.list'), '');
  await writeFile(join(directory, 'hosts.map'), '');
  haproxy = await startScratchHaproxy(`frontend f
  bind unix@$DIR/https.sock ssl crt $DIR/default.pem crt-list $DIR/crt.list
  http-request set-var(txn.x) req.hdr(host),map_str($DIR/hosts.map)
backend one
backend two`, { directory });
  socket = new RuntimeSocket(haproxy.socketPath);
});
afterAll(async () => {
  socket.close();
  await haproxy.stop();
});

it('maps', async () => {
  await socket.send([{ text: `add map ${haproxy.directory}/hosts.map`, payload: 'a.test one two  three\nb.test x' }]);
  expect(parseShowMap(await socket.read(`show map ${haproxy.directory}/hosts.map`)).map(({ key, value }) => ({ key, value }))).toEqual([{ key: 'a.test', value: 'one two  three' }, { key: 'b.test', value: 'x' }]);
});

it('servers', async () => {
  await socket.send([{ text: 'add server one/m1 127.0.0.1:8080 weight 7 check' }, { text: 'enable server one/m1' }, { text: 'add server two/m2 [::1]:443 ssl verify none' }]);
  expect(parseShowServersState(await socket.read('show servers state'))).toMatchObject([
    { backend: 'one', server: 'm1', address: '127.0.0.1', port: 8080, adminState: 0, opState: 2, userWeight: 7, usesTls: false },
    { backend: 'two', server: 'm2', address: '::1', port: 443, adminState: 1, opState: 0, userWeight: 1, usesTls: true },
  ]);
});

it('certificates, crt-lists and CA files', async () => {
  const list = `${haproxy.directory}/crt.list`;
  await socket.send([
    { text: 'new ssl cert a.pem' }, { text: 'set ssl cert a.pem', payload: pem }, { text: 'commit ssl cert a.pem' },
    { text: `add ssl crt-list ${list}`, payload: 'a.pem [alpn h2,http/1.1] a.test *.a.test' },
    { text: 'new ssl ca-file ca' }, { text: 'set ssl ca-file ca', payload: certificate }, { text: 'commit ssl ca-file ca' }, { text: 'set ssl ca-file ca', payload: certificate },
  ]);
  expect(parseShowSslCertList(await socket.read('show ssl cert')).map((name) => name.file)).toEqual([`${haproxy.directory}/default.pem`, 'a.pem']);
  const details = parseShowSslCert(await socket.read('show ssl cert a.pem'));
  expect(details).toMatchObject({ file: 'a.pem', status: 'Used', names: ['DNS:a.test'], subject: '/CN=a.test' });
  expect(details!.notAfter - details!.notBefore).toBe(30 * 86_400_000);
  expect(parseShowCrtList(await socket.read(`show ssl crt-list -n ${list}`))).toEqual([{ file: 'a.pem', line: expect.any(Number) as number, options: 'alpn h2,http/1.1', filters: ['a.test', '*.a.test'] }]);
  expect(parseShowCaFileList(await socket.read('show ssl ca-file')).filter((name) => name.file === 'ca')).toEqual([{ file: 'ca', certificates: 1, uncommitted: true }, { file: 'ca', certificates: 1, uncommitted: false }]);
  expect(parseShowCaFile(await socket.read('show ssl ca-file ca'))).toEqual([details!.sha1]);
});

it('backends, process and environment', async () => {
  expect(parseShowBackend(await socket.read('show backend'))).toEqual(['one', 'two']);
  const info = parseShowInfo(await socket.read('show info'));
  expect(info.get('Name')).toBe('HAProxy');
  expect(info.get('Pid')).toBe(String(haproxy.process.pid));
  expect(parseShowEnv(await socket.read('show env')).get('PATH')).toBe(process.env['PATH']);
});
