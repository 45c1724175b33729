import { appendFile, mkdir, rename, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { plainTarget, withoutReload } from '../support/contract.ts';
import { eventually } from '../support/eventually.ts';
import { fairway } from '../support/fairway-command.ts';
import { manifestText, route, serving } from '../support/manifests.ts';
import { startMember } from '../support/member.ts';
import { startRouter } from '../support/router.ts';
import type { Router } from '../support/router.ts';

let router: Router;
const at = (file: string): string => join(router.directory, file);

beforeAll(async () => {
  router = await startRouter({
    manifests: { 'web.yaml': serving('web', [await startMember({ name: 'web' })]), 'steady.yaml': [route('steady', { to: 'web' })] },
  });
});

const served = (host: string): Promise<unknown> => router.live(host, (answer) => expect(answer.status).toBe(200));
const unknown = (host: string): Promise<unknown> => router.live(host, (answer) => expect(answer).toMatchObject({ status: 503, reason: 'no-route-for-host' }));
/** Changes of files, with the steady route under load all the while. */
const calmly = (change: () => Promise<unknown>): Promise<unknown> => withoutReload(router, [plainTarget(router, 'steady.test')], change);
const says = (pattern: RegExp): Promise<void> =>
  eventually(async () => {
    const status = await router.status();
    expect(status.stdout).toMatch(pattern);
  });

describe('files', () => {
  test('several documents, JSON, lists and sub-directories', async () => {
    await router.write('deep/er/two.yaml', `# a comment first\n---\n${manifestText([route('doc-one', { to: 'web' }), route('doc-two', { to: 'web' })])}---\n`);
    await router.write('deep/json.json', JSON.stringify(route('json', { to: 'web' })));
    await router.write('deep/list.yml', manifestText([{ apiVersion: 'v1', kind: 'List', metadata: { name: '' }, items: [route('listed', { to: 'web' })] }]));
    for (const host of ['doc-one.test', 'doc-two.test', 'json.test', 'listed.test']) await served(host);
    await rm(at('deep'), { recursive: true });
    for (const host of ['doc-one.test', 'doc-two.test', 'json.test', 'listed.test']) await unknown(host);
  });

  test('renamed: nothing changes; moved out: gone', async () => {
    await router.write('name.yaml', [route('name', { to: 'web' })]);
    await served('name.test');
    await withoutReload(router, [plainTarget(router, 'name.test')], async () => {
      await rename(at('name.yaml'), at('other-name.yaml'));
      await new Promise((resolve) => setTimeout(resolve, 300));
    });
    await rename(at('other-name.yaml'), join(router.directory, '..', 'outside.yaml'));
    await unknown('name.test');
  });

  test('written in two halves: what was there before is served until it is whole', async () => {
    const before = manifestText([route('half-a', { to: 'web' }), route('half-b', { to: 'web' })]);
    await router.write('half.yaml', before);
    await served('half-b.test');
    const after = manifestText([route('half-a', { to: 'web' }), route('half-c', { to: 'web' })]);
    // Cut in the middle of a key, where the text is not yet an object.
    const cut = after.indexOf('half-c') + 3;
    await withoutReload(router, [plainTarget(router, 'half-a.test')], async () => {
      await writeFile(at('half.yaml'), after.slice(0, cut));
      await new Promise((resolve) => setTimeout(resolve, 200));
      await appendFile(at('half.yaml'), after.slice(cut));
      await served('half-c.test');
    });
    await unknown('half-b.test');
  });

  test('broken: its last good objects stay, the good documents of the file too, and the place is told', async () => {
    await router.write('broken.yaml', [route('kept', { to: 'web' })]);
    await served('kept.test');
    await calmly(async () => {
      await router.write('broken.yaml', `${manifestText([route('fine', { to: 'web' })])}---\nkind: Route\nmetadata:\n  name: [unclosed\n  namespace: shop\n`);
      await served('fine.test');
    });
    expect((await router.get('kept.test')).status).toBe(200);
    await says(/broken\.yaml/);
    expect(router.log()).toMatch(/broken\.yaml:\d+/);
    const check = await fairway(['check', router.directory]);
    expect(check.code).toBe(1);
    expect(check.stdout + check.stderr).toMatch(/broken\.yaml:\d+/);
    await router.write('broken.yaml', [route('fine', { to: 'web' })]);
    await unknown('kept.test');
    await router.remove('broken.yaml');
  });

  test('a document that is not UTF-8, a dangling link, an empty file, an editor\'s leftovers: the rest is served on', async () => {
    await calmly(async () => {
      await writeFile(at('latin1.yaml'), Buffer.concat([Buffer.from('kind: Route\nmetadata: {name: caf'), Buffer.from([0xe9]), Buffer.from('}\n')]));
      await symlink('/nowhere/at/all.yaml', at('dangling.yaml'));
      await writeFile(at('empty.yaml'), '');
      await writeFile(at('.hidden.yaml.swp'), 'junk: [');
      await writeFile(at('notes.txt'), 'junk: [');
      await writeFile(at('backup.yaml~'), manifestText([route('backup', { to: 'web' })]));
      await router.write('good.yaml', [route('good', { to: 'web' })]);
      await served('good.test');
    });
    await unknown('backup.test');
    await says(/latin1\.yaml/);
    await says(/dangling\.yaml/);
    for (const file of ['latin1.yaml', 'empty.yaml', '.hidden.yaml.swp', 'notes.txt', 'backup.yaml~', 'good.yaml']) await rm(at(file));
    await unlink(at('dangling.yaml'));
  });

  test('the same object twice: one is served, and the refusal names both places', async () => {
    await router.write('one.yaml', [route('twice', { to: 'web', host: 'twice-one.test' })]);
    await served('twice-one.test');
    await router.write('two.yaml', `# first line\n${manifestText([route('twice', { to: 'web', host: 'twice-two.test' })])}`);
    await says(/two\.yaml:2[\s\S]*one\.yaml:1|one\.yaml:1[\s\S]*two\.yaml:2/);
    const hosts = await Promise.all(['twice-one.test', 'twice-two.test'].map(async (host) => (await router.get(host)).status));
    expect(hosts.sort()).toEqual([200, 503]);
    await router.remove('one.yaml');
    await served('twice-two.test');
    await router.remove('two.yaml');
    await unknown('twice-two.test');
  });

  test('a directory that is swapped as a whole, as Kubernetes does with mounted volumes', async () => {
    for (const [version, host] of [['v1', 'volume-one'], ['v2', 'volume-two']] as const) {
      await mkdir(at(`../${version}`), { recursive: true });
      await writeFile(at(`../${version}/route.yaml`), manifestText([route('volume', { host: `${host}.test`, to: 'web' })]));
    }
    await symlink('../v1', at('current'));
    await served('volume-one.test');
    await symlink('../v2', at('next'));
    await rename(at('next'), at('current'));
    await served('volume-two.test');
    await unknown('volume-one.test');
    await unlink(at('current'));
  });

  test('the directory goes away: everything is served on, and read again when it is back', async () => {
    await calmly(async () => {
      await rename(router.directory, `${router.directory}-away`);
      await says(/source-directory-gone|is gone/);
      expect((await router.get('steady.test')).status).toBe(200);
      await rename(`${router.directory}-away`, router.directory);
      await router.write('back.yaml', [route('back', { to: 'web' })]);
      await served('back.test');
    });
  });

  test('a hundred files change in a burst', async () => {
    await calmly(async () => {
      for (let place = 0; place < 100; place += 1) await writeFile(at(`burst-${place}.yaml`), manifestText([route(`burst-${place}`, { to: 'web' })]));
      await Promise.all(Array.from({ length: 100 }, (_, place) => served(`burst-${place}.test`)));
      for (let place = 0; place < 100; place += 1) await rm(at(`burst-${place}.yaml`));
      await unknown('burst-99.test');
      await unknown('burst-0.test');
    });
  });
});
