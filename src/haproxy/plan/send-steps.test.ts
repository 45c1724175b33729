import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { makeCertificate } from '../../../test/support/certificates.ts';
import { atEnd } from '../../../test/support/cleanup.ts';
import { startScratchHaproxy, type ScratchHaproxy } from '../../../test/support/scratch-haproxy.ts';
import { mapNames } from '../naming.ts';
import { parseShowMap } from '../observed/show-map.ts';
import { RuntimeSocket } from '../runtime/runtime-socket.ts';
import { sendSteps, type Sent } from './send-steps.ts';
import { describeStep, type Names } from './step-commands.ts';
import type { Step } from './steps.ts';

let haproxy: ScratchHaproxy;
let socket: RuntimeSocket;
let names: Names;

beforeAll(async () => {
  const directory = await mkdtemp(join(tmpdir(), 'fairway-steps-'));
  for (const name of mapNames) await writeFile(join(directory, `${name}.map`), '');
  const { cert, key } = await makeCertificate({ hosts: ['default.test'] });
  await writeFile(join(directory, 'default.pem'), key + cert);
  await writeFile(join(directory, 'list'), '');
  const look = mapNames.map((name) => `  http-request set-var(txn.x) str(-),map_str($DIR/${name}.map)`).join('\n');
  haproxy = await startScratchHaproxy(`frontend f\n  bind unix@$DIR/tls.sock ssl crt $DIR/default.pem crt-list $DIR/list\n${look}\nbackend http-random.00001\n  balance random`, { directory });
  socket = new RuntimeSocket(haproxy.socketPath);
  names = { mapFile: (map) => `${directory}/${map}.map`, certificateList: `${directory}/list` };
  atEnd(async () => { socket.close(); await haproxy.stop(); });
});

const send = (...steps: readonly Step[]): Promise<Sent> => sendSteps(socket, steps, names);
const entries = async (map: string): Promise<ReadonlyMap<string, string>> => new Map(parseShowMap(await socket.read(`show map ${haproxy.directory}/${map}.map`)).map(({ key, value }) => [key, value]));
const add = (key: string, value: string): Step => ({ rule: 'ns/r', does: 'map-add', map: 'plain', key, value });
const clean: Sent = { confirmed: 0, refused: [], later: [] };

describe('maps', () => {
  test('values of any printable text arrive as they are, added or changed', async () => {
    const values = ['a|b|c|path=/; HttpOnly; Secure|-', '{"hsts":"max-age=\\"1\\"; preload","k":"\\\\"}', "it's; add map x y <<", 'back\\slash \\; \\ end', '# no comment', '%[src] ${HOME} `id`'];
    expect(await send(...values.map((value, index) => add(`v${index}`, value)))).toEqual({ ...clean, confirmed: values.length });
    expect([...(await entries('plain')).values()]).toEqual(values);
    const turned = [...values.slice(1), values[0]!];
    expect(await send(...turned.map((value, index): Step => ({ rule: null, does: 'map-set', map: 'plain', key: `v${index}`, value })))).toEqual({ ...clean, confirmed: values.length });
    expect([...(await entries('plain')).values()]).toEqual(turned);
  });
  test('keys too: paths have any visible character', async () => {
    const keys = ['a.test/;x=[y]"\'\\', 'a.test/%41?', 'a.test/$<<', 'a.test/{}|`^', '#a.test/'];
    expect(await send(...keys.map((key) => add(key, 'one')))).toMatchObject({ refused: [] });
    expect(await send(...keys.map((key): Step => ({ rule: null, does: 'map-set', map: 'plain', key, value: 'two' })))).toMatchObject({ refused: [] });
    const found = await entries('plain');
    for (const key of keys) expect([key, found.get(key)]).toEqual([key, 'two']);
    expect(await send(...keys.map((key): Step => ({ rule: null, does: 'map-delete', map: 'plain', key })))).toMatchObject({ refused: [] });
    expect([...(await entries('plain')).keys()].filter((key) => keys.includes(key))).toEqual([]);
  });
  test('thousands of additions, and a deletion of what is not there', async () => {
    const many = Array.from({ length: 5000 }, (_, index) => ({ rule: null, does: 'map-add', map: 'tls', key: `h${index}.test/`, value: `value ${index}` }) as const);
    expect(await send(...many)).toEqual({ ...clean, confirmed: 5000 });
    expect((await entries('tls')).size).toBe(5000);
    expect(await send({ rule: null, does: 'map-delete', map: 'tls', key: 'nobody' })).toEqual({ ...clean, confirmed: 1 });
  });
  test('one text that does not fit is refused alone, with its rule; the others are sent', async () => {
    const sent = await send(add('before', '1'), { rule: 'ns/big', does: 'map-add', map: 'plain', key: 'big', value: 'x'.repeat(40_000) }, add('after', '1'));
    expect(sent.refused).toHaveLength(1);
    expect(sent).toMatchObject({ confirmed: 2, refused: [{ step: { rule: 'ns/big' }, tooLong: true }] });
    const found = await entries('plain');
    expect([found.has('before'), found.has('big'), found.has('after')]).toEqual([true, false, true]);
  });
});

describe('servers', () => {
  const server = { name: 's1', address: '127.0.0.1', port: 9, weight: 3, checked: true, keywords: 'inter 5000ms' };
  const at = { rule: 'ns/r', backend: 'http-random.00001', server: 's1' } as const;
  test('come, change, go', async () => {
    expect(await send({ ...at, does: 'server-add', server })).toEqual({ ...clean, confirmed: 1 });
    expect(await send({ ...at, does: 'server-weight', weight: 0 }, { ...at, does: 'health-off' }, { ...at, does: 'health-on' })).toEqual({ ...clean, confirmed: 3 });
    expect(await send({ ...at, does: 'server-delete' })).toMatchObject({ refused: [], later: [{ does: 'server-delete' }] });
    expect(await send({ ...at, does: 'server-maintenance' }, { ...at, does: 'server-delete' })).toEqual({ ...clean, confirmed: 2 });
    expect(await send({ ...at, does: 'server-maintenance' }, { ...at, does: 'server-delete' })).toEqual({ ...clean, confirmed: 2 });
  });
  test('a refusal names the step, its command and what HAProxy said', async () => {
    const { refused } = await send({ ...at, does: 'server-add', server: { ...server, keywords: 'no-such-keyword' } });
    expect(refused).toHaveLength(1);
    expect(refused[0]).toMatchObject({ step: { does: 'server-add', rule: 'ns/r' }, command: expect.stringMatching(/^add server/) as string, reply: expect.stringMatching(/unknown keyword/i) as string, tooLong: false });
    expect((await send({ ...at, does: 'server-add', backend: 'nowhere', server })).refused[0]?.reply).toMatch(/No such backend/);
  });
});

describe('certificates', () => {
  test('come, are listed and go; empty lines and carriage returns in their files do no harm', async () => {
    const { cert, key } = await makeCertificate({ hosts: ['a.test'] });
    const file = `${haproxy.directory}/a.pem`;
    const pem = `\n${key}\n\n\n${cert}\n\n`.replaceAll('\n', '\r\n');
    expect(await send({ rule: 'ns/r', does: 'certificate-new', file, pem }, { rule: 'ns/r', does: 'certificate-list', file, host: 'a.test' })).toEqual({ ...clean, confirmed: 2 });
    expect(await send({ rule: null, does: 'certificate-replace', file: `${haproxy.directory}/default.pem`, pem })).toEqual({ ...clean, confirmed: 1 });
    expect(await send({ rule: null, does: 'certificate-unlist', file }, { rule: null, does: 'certificate-delete', file })).toEqual({ ...clean, confirmed: 2 });
    expect(await send({ rule: null, does: 'certificate-delete', file })).toEqual({ ...clean, confirmed: 1 });
  });
  test('a key of another certificate is refused, and the others go on', async () => {
    const [one, two] = [await makeCertificate({ hosts: ['a.test'] }), await makeCertificate({ hosts: ['b.test'] })];
    const sent = await send({ rule: 'ns/bad', does: 'certificate-new', file: `${haproxy.directory}/bad.pem`, pem: one.key + two.cert }, add('still', 'here'));
    expect(sent.refused.map(({ step }) => step.rule)).toEqual(['ns/bad']);
    expect((await entries('plain')).get('still')).toBe('here');
  });
  test('no key is ever shown', async () => {
    const { cert, key } = await makeCertificate({ hosts: ['a.test'] });
    for (const does of ['certificate-new', 'certificate-replace', 'ca-new'] as const) expect(describeStep({ rule: null, does, file: '/f', pem: key + cert })).not.toMatch(/BEGIN|PRIVATE/);
    const { refused } = await send({ rule: 'x', does: 'certificate-new', file: `${haproxy.directory}/long.pem`, pem: key + cert.repeat(60) });
    expect(refused[0]).toMatchObject({ tooLong: true });
    expect(JSON.stringify([refused[0]?.command, refused[0]?.reply])).not.toMatch(/BEGIN|PRIVATE/);
  });
});
