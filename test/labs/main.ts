import { execFileSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { repository } from '../support/fairway-command.ts';
import { labs } from './faults/all.ts';
import { runLab } from './run-lab.ts';
import type { LabResult } from './run-lab.ts';
import type { RunningWorld } from './world/running-world.ts';
import { isForbidden, whyNot } from './world/world-for.ts';

const usage = `npm run labs -- [--only NAME[,NAME]] [--list] [--json] [--keep DIRECTORY]

  --only NAME        only labs with these names, or whose name begins so (vr-)
  --list             names and faults, without running anything
  --json             results as JSON on standard output, progress on standard error
  --keep DIRECTORY   keep what was captured: DIRECTORY/LAB/{healthy,sick,fixed}/HOST.tar.gz

Exit code: 0 when every lab that could run holds, 1 when one does not, 2 when it was called wrongly or no lab could run.
`;

const { values } = parseArgs({
  options: { only: { type: 'string', multiple: true }, list: { type: 'boolean' }, json: { type: 'boolean' }, keep: { type: 'string' }, help: { type: 'boolean' } },
});
if (values.help === true) {
  process.stdout.write(usage);
  process.exit(0);
}
const wanted = values.only?.flatMap((names) => names.split(','));
const named = (lab: string, word: string): boolean => lab === word || (word.endsWith('-') && lab.startsWith(word));
const unknown = wanted?.filter((word) => !labs.some(({ name }) => named(name, word))) ?? [];
if (unknown.length > 0) {
  process.stderr.write(`There is no lab named ${unknown.join(', ')}.\n\n${usage}`);
  process.exit(2);
}
const chosen = labs.filter(({ name }) => wanted === undefined || wanted.some((word) => named(name, word)));
if (values.list === true) {
  for (const lab of chosen) process.stdout.write(`${lab.name.padEnd(32)} ${lab.codes.join(' ').padEnd(14)} ${lab.about}\n`);
  process.exit(0);
}

const say = (line: string): void => { (values.json === true ? process.stderr : process.stdout).write(`${line}\n`); };
let current: RunningWorld | undefined;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  // Values of the whole kernel are put back; namespaces would end with this process anyway.
  process.once(signal, () => {
    const leave = (): void => { process.exit(130); };
    (current?.stop() ?? Promise.resolve()).then(leave, leave);
  });
}

try {
  execFileSync('sh', [join(repository, 'scripts/debian-packages.sh'), 'install', 'labs'], { stdio: ['ignore', 'ignore', 'inherit'] });
} catch {
  say('Some programs are missing; labs that need them are skipped.');
}

const results: LabResult[] = [];
const skipped: { name: string; reason: string }[] = [];
for (const [place, lab] of chosen.entries()) {
  const head = `[${String(place + 1)}/${String(chosen.length)}] ${lab.name}`;
  const reason = whyNot(lab);
  if (reason !== null) {
    skipped.push({ name: lab.name, reason });
    say(`${head}: skipped, ${reason}`);
    continue;
  }
  say(`${head}: ${lab.about}`);
  try {
    const result = await runLab(lab, { ...(values.keep === undefined ? {} : { keep: resolve(values.keep) }), say: (line) => { say(`      ${line}`); }, onWorld: (world) => { current = world; } });
    results.push(result);
    for (const line of result.alsoSaid) say(`      also said, ${line}`);
    for (const failure of result.failures) say(`      FAILED ${failure}`);
    say(`      ${result.failures.length === 0 ? 'holds' : 'DOES NOT HOLD'}, ${String(result.seconds)} s`);
  } catch (error) {
    if (!isForbidden(error)) throw error;
    const [reason = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
    skipped.push({ name: lab.name, reason });
    say(`      skipped: ${reason}`);
  }
}

const failed = results.filter(({ failures }) => failures.length > 0);
const noisy = results.filter(({ alsoSaid }) => alsoSaid.some((line) => line.startsWith('healthy:')));
if (values.json === true) process.stdout.write(`${JSON.stringify({ results, skipped }, null, 2)}\n`);
if (noisy.length > 0) say(`\nFindings about healthy networks, beside what their labs are about: ${noisy.map(({ name }) => name).join(', ')}`);
say(`\n${String(results.length - failed.length)} labs hold, ${String(failed.length)} do not, ${String(skipped.length)} skipped${failed.length === 0 ? '' : `: ${failed.map(({ name }) => name).join(', ')}`}`);
process.exitCode = failed.length > 0 ? 1 : results.length === 0 ? 2 : 0;
