import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { repository } from '../test/support/fairway-command.ts';
import { benches } from './benches.ts';
import { pageText } from './page.ts';
import { outcomeOf, showBar, showValue, type Report, type TakenFigure } from './report.ts';
import { endAll, endAllNow } from './support/endings.ts';
import { describeMachine } from './support/machine.ts';

const usage = `npm run bench -- [--only NAME[,NAME]] [--quick] [--json] [--docs]

  --only NAME   only these families: ${benches.map(({ name }) => name).join(', ')}
  --quick       short runs: shows that everything works, with noisier figures
  --json        the result as JSON on standard output, progress on standard error
  --docs        write docs/benchmarks.md from this run
`;

const { values } = parseArgs({
  options: { only: { type: 'string', multiple: true }, quick: { type: 'boolean' }, json: { type: 'boolean' }, docs: { type: 'boolean' }, help: { type: 'boolean' } },
});
if (values.help === true) {
  process.stdout.write(usage);
  process.exit(0);
}
const wanted = values.only?.flatMap((names) => names.split(','));
const unknown = wanted?.filter((name) => benches.every((bench) => bench.name !== name)) ?? [];
if (unknown.length > 0) {
  process.stderr.write(`There is no benchmark named ${unknown.join(', ')}.\n\n${usage}`);
  process.exit(2);
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => { process.exit(130); });
process.once('exit', endAllNow);

execFileSync('sh', [join(repository, 'scripts/debian-packages.sh'), 'install', 'bench'], { stdio: ['ignore', 'inherit', 'inherit'] });

const say = (line: string): void => { (values.json === true ? process.stderr : process.stdout).write(`${line}\n`); };
const machine = describeMachine();
say(`${machine.cores} cores, Linux ${machine.kernel}, HAProxy ${machine.haproxy}, Node ${machine.node}${values.quick === true ? '; quick run' : ''}`);

const figures: TakenFigure[] = [];
const notes: { family: string; text: string }[] = [];
const failures: { family: string; message: string }[] = [];
for (const bench of benches) {
  if (wanted !== undefined && !wanted.includes(bench.name)) continue;
  say(`\n${bench.name}`);
  const report: Report = {
    quick: values.quick === true,
    figure(figure) {
      const outcome = outcomeOf(figure.value, figure.bar);
      figures.push({ ...figure, family: bench.name, outcome });
      const size = figure.size === null ? '' : ` (${figure.size})`;
      const bar = figure.bar === null ? '' : `   bar ${showBar(figure.bar, figure.unit)}`;
      say(`  ${outcome === 'shown' ? '    ' : outcome.toUpperCase()}  ${figure.name}${size}: ${showValue(figure)}${bar}`);
      if (figures.findLast(({ how }, place) => how === figure.how && place < figures.length - 1) === undefined) say(`        ${figure.how}`);
    },
    note(text) {
      notes.push({ family: bench.name, text });
      say(`        ${text}`);
    },
  };
  try {
    await bench.run(report);
  } catch (error) {
    // One family that cannot be measured must not hide the others; the exit code tells.
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    failures.push({ family: bench.name, message });
    say(`  FAILED  ${message}`);
  } finally {
    await endAll();
  }
}

const missed = figures.filter(({ outcome }) => outcome === 'miss');
if (values.json === true) process.stdout.write(`${JSON.stringify({ machine, quick: values.quick === true, figures, notes, failures }, null, 2)}\n`);
say(`\n${figures.filter(({ outcome }) => outcome === 'pass').length} bars reached, ${missed.length} missed, ${failures.length} families failed`);
if (values.docs === true) writeFileSync(join(repository, 'docs/benchmarks.md'), pageText({ machine, figures, notes, quick: values.quick === true }));
process.exitCode = missed.length + failures.length > 0 ? 1 : 0;
