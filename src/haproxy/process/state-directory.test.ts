import { execFile, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStateDirectory } from './state-directory.ts';
import type { StateDirectory } from './state-directory.ts';

let parent: string;
beforeEach(() => { parent = mkdtempSync(join(tmpdir(), 'fairway-state-')); });
afterEach(() => { rmSync(parent, { recursive: true, force: true }); });
async function open(path: string): Promise<StateDirectory> {
  const answer = await openStateDirectory(path);
  if (!answer.ok) throw new Error(answer.message);
  return answer.state;
}
async function refusal(path: string): Promise<string> {
  const answer = await openStateDirectory(path);
  if (answer.ok) await answer.state.release();
  return answer.ok ? 'opened' : answer.message;
}

describe('the state directory', () => {
  it('is made with its parts, for its owner alone', async () => {
    const state = await open(join(parent, 'a', 'b'));
    for (const path of [state.path, state.run, state.maps, state.certs, state.lua]) expect(statSync(path).mode & 0o777).toBe(0o700);
    await state.release();
    expect(readdirSync(state.path).sort()).toEqual(['certs', 'lua', 'maps', 'run']);
  });

  it('that was open to others is closed', async () => {
    chmodSync(parent, 0o755);
    const state = await open(parent);
    expect(statSync(parent).mode & 0o777).toBe(0o700);
    await state.release();
  });

  it('is never shared', async () => {
    const state = await open(parent);
    expect(await refusal(parent)).toContain(`in use by the process ${process.pid}`);
    await state.release();
    const again = await open(parent);
    await state.release();
    expect(await refusal(parent), 'a second release of the first lock must not free the second').toContain('in use by');
    await again.release();
  });

  it('left by a process that was killed is taken over by exactly one of many', async () => {
    const dead = spawn('sleep', ['0'], { stdio: 'ignore' });
    await new Promise((resolve) => { dead.once('exit', resolve); });
    const lock = join(parent, 'lock');
    writeFileSync(lock, JSON.stringify({ boot: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(), pid: dead.pid, startTicks: 1, token: 'x' }));
    const code = `import { openStateDirectory } from ${JSON.stringify(new URL('./state-directory.ts', import.meta.url).href)};
      const answer = await openStateDirectory(${JSON.stringify(parent)});
      console.log(answer.ok ? 'got it' : answer.message);
      await new Promise((resolve) => { process.stdin.once('data', resolve); });
      process.stdin.destroy();`;
    const contenders = Array.from({ length: 5 }, () => {
      const child = execFile(process.execPath, ['--input-type=module', '-e', code]);
      const exited = new Promise((resolve) => { child.once('exit', resolve); });
      return { child, exited, said: new Promise<string>((resolve) => { child.stdout!.once('data', (text: string) => { resolve(text.trim()); }); }) };
    });
    const said = await Promise.all(contenders.map((one) => one.said));
    expect(said.filter((text) => text === 'got it')).toHaveLength(1);
    expect(said.filter((text) => text.includes('in use by the process'))).toHaveLength(4);
    for (const { child } of contenders) child.stdin!.write('\n');
    await Promise.all(contenders.map((one) => one.exited));
    expect(readdirSync(parent).filter((name) => name.startsWith('lock'))).toEqual(['lock']);
    // They ended without giving it back.
    await (await open(parent)).release();
  });

  it('with an unreadable lock is free', async () => {
    writeFileSync(join(parent, 'lock'), '{');
    await (await open(parent)).release();
  });

  it('says why it cannot be used', async () => {
    const file = join(parent, 'file');
    writeFileSync(file, '');
    expect(await refusal(file)).toMatch(/is no directory/);
    expect(await refusal(join(file, 'below'))).toMatch(/is no directory/);
    expect(await refusal(`/${'x'.repeat(80)}`)).toMatch(/path of 81 bytes; unix sockets inside allow 68/);
    expect(await refusal('/proc/fairway')).toMatch(/^The state directory \/proc\/fairway cannot be used: /);
  });
});
