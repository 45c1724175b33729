import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { collectScript } from '../../src/doctor/capture/collect-script.ts';
import { treeOf } from '../../src/doctor/capture/file-tree.ts';
import { importTree } from '../../src/doctor/capture/import.ts';
import { examine } from '../../src/doctor/doctor.ts';
import type { Finding } from '../../src/doctor/findings/finding.ts';
import { sniff } from '../../src/doctor/reading.ts';
import type { Lab, Probe, World } from './lab.ts';
import type { RunningWorld } from './world/running-world.ts';
import { worldFor } from './world/world-for.ts';

export interface LabResult {
  readonly name: string;
  /** What did not go as it should, in plain words. Empty: the lab holds. */
  readonly failures: readonly string[];
  /** Findings beside those that the lab is about, by stage: a healthy network should have none. */
  readonly alsoSaid: readonly string[];
  readonly seconds: number;
  /** Folder of the captures; null when they were not kept. */
  readonly captures: string | null;
}

export interface RunOptions {
  /** Keep the captures below this folder: `KEEP/LAB/{healthy,sick,fixed}/HOST.tar.gz`. */
  readonly keep?: string;
  readonly say?: (line: string) => void;
  /** Called with the world as soon as there is one, so that a signal can end it. */
  readonly onWorld?: (world: RunningWorld) => void;
}

type Stage = 'healthy' | 'sick' | 'fixed';

/** Networks settle: neighbours are learned, daemons elect. A probe may take that long to say what it should. */
const settleMilliseconds = 10_000;

/** Runs one lab from building to the proof that the fix works, see `Lab`. Throws only when its world cannot be made. */
export async function runLab(lab: Lab, { keep, say = () => undefined, onWorld }: RunOptions = {}): Promise<LabResult> {
  const began = performance.now();
  const folder = keep === undefined ? await mkdtemp(join(tmpdir(), 'fairway-lab-')) : join(keep, lab.name);
  if (keep !== undefined) await rm(folder, { recursive: true, force: true });
  // Also when a signal ends the run in the middle.
  const sweep = (): void => { if (keep === undefined) rmSync(folder, { recursive: true, force: true }); };
  process.once('exit', sweep);
  const failures: string[] = [];
  const alsoSaid: string[] = [];
  const world = await worldFor(lab);
  onWorld?.(world);
  try {
    await steps(lab, world, folder, { failures, alsoSaid, say });
  } catch (error) {
    if (error instanceof Error && /could not be made/.test(error.message)) throw error;
    failures.push(error instanceof Error ? error.message : String(error));
  } finally {
    await world.stop().catch((error: unknown) => { failures.push(error instanceof Error ? error.message : String(error)); });
    sweep();
    process.off('exit', sweep);
  }
  return { name: lab.name, failures, alsoSaid, seconds: Math.round((performance.now() - began) / 100) / 10, captures: keep === undefined ? null : folder };
}

async function steps(lab: Lab, world: RunningWorld, folder: string, { failures, alsoSaid, say }: { readonly failures: string[]; readonly alsoSaid: string[]; readonly say: (line: string) => void }): Promise<void> {
  const about = new Set<string>(lab.codes);
  const look = async (stage: Stage): Promise<readonly Finding[]> => {
    const findings = await captured(lab, world, join(folder, stage));
    alsoSaid.push(...findings.filter(({ code }) => !about.has(code)).map((finding) => `${stage}: ${spoken(finding)}`));
    return findings;
  };

  say('build');
  await lab.build(world);
  const healthy = await settled(lab, world, true);
  if (!healthy.ok) { failures.push(`the healthy network does not work: ${healthy.saw}`); return; }
  for (const finding of (await look('healthy')).filter(({ code }) => about.has(code))) failures.push(`raised while healthy: ${spoken(finding)}`);

  say('break');
  await lab.break(world);
  const sick = await settled(lab, world, lab.quiet === true);
  if (lab.quiet === true ? !sick.ok : sick.ok) failures.push(sick.ok ? 'the fault cannot be seen: the probe still says ok' : `the fault should not show in a request, but: ${sick.saw}`);
  else if (!sick.ok) say(`the user sees: ${sick.saw}`);
  const found = await look('sick');
  for (const code of lab.codes) if (!found.some((finding) => finding.code === code)) failures.push(`${code} was not found in the sick network. Found: ${found.map(spoken).join(' | ') || 'nothing'}`);
  for (const finding of found) if (lab.silent.includes(finding.code)) failures.push(`a look-alike was raised: ${spoken(finding)}`);
  const first = found.filter(({ code }) => code === lab.codes[0]);
  const proved = first.find((finding) => finding.proofs.some(({ line }) => lab.proof.test(line.text)));
  if (first.length > 0 && proved === undefined) failures.push(`no proving line of ${first[0]!.code} matches ${String(lab.proof)}:\n${first.flatMap((finding) => finding.proofs.map(({ line }) => `  ${line.text}`)).join('\n')}`);
  const chosen = proved ?? first[0];
  if (chosen === undefined) return;
  say(spoken(chosen));

  say('fix');
  await lab.fix(world, chosen);
  if (world.fixesApplied === 0) failures.push('the fix applied nothing that the finding says');
  const fixed = await settled(lab, world, true);
  if (!fixed.ok) failures.push(`after the fix it still does not work: ${fixed.saw}`);
  for (const finding of (await look('fixed')).filter(({ code }) => about.has(code))) failures.push(`still raised after the fix: ${spoken(finding)}`);
}

/** Asks until the answer is the wanted one, or the network had its time. */
async function settled(lab: Lab, world: World, wanted: boolean): Promise<Probe> {
  const until = performance.now() + settleMilliseconds;
  for (;;) {
    const answer = await lab.probe(world);
    if (answer.ok === wanted || performance.now() > until) return answer;
    await world.sleep(200);
  }
}

/** Collects from every host, types what the lab says, and lets the doctor judge the archives, as a user would. */
async function captured(lab: Lab, world: RunningWorld, folder: string): Promise<readonly Finding[]> {
  await mkdir(folder, { recursive: true });
  // A later -i wins: a lab that needs no second sample says `-i 0`.
  await world.collect(folder, collectScript('lab'), (host) => ['-i', '1', ...(lab.collectArguments?.[host] ?? [])]);
  for (const [name, lines] of Object.entries(lab.typed ?? {})) {
    let session = '';
    for (const line of lines) session += `[root@${name} ~]# ${line}\n${(await world.of(name).tries(`{ ${line}\n} 2>&1`)).output}`;
    await mkdir(join(folder, name), { recursive: true });
    await writeFile(join(folder, name, 'session.txt'), session);
  }
  const { captures, unread } = importTree(await treeOf(folder), sniff);
  return (await examine(captures, unread)).findings;
}

function spoken(finding: Finding): string {
  return `${finding.code} ${finding.claim}`;
}
