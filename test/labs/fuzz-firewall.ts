import { parseArgs } from 'node:util';
import { fuzzFirewall } from './firewall/fuzz-run.ts';

/**
 * `npm run fuzz:firewall -- --runs N --seed S`: the packet filter simulator against the kernel. Random rule sets of all engines and
 * random packets in network namespaces of its own (needs root); the kernel's counters and what arrives are the judge.
 */
const { values } = parseArgs({ options: { runs: { type: 'string', default: '1000' }, seed: { type: 'string', default: String(Date.now() % 1_000_000_000) } } });
const runs = Number(values.runs);
const seed = Number(values.seed);
if (!Number.isInteger(runs) || !Number.isInteger(seed) || runs < 1) {
  console.error('usage: fuzz:firewall -- --runs N --seed S');
  process.exit(2);
}
const started = Date.now();
console.log(`seed ${seed}`);
const report = await fuzzFirewall(runs, seed, (text) => console.log(text));
console.log(`${report.packets} packets through ${report.ruleSets} rule sets in ${Math.round((Date.now() - started) / 1000)} s, seed ${seed}: ${report.counters} counters compared, ${report.openPackets} packets left to chance, ${report.refused} rule sets refused by the tools, ${report.disagreements.length} disagreements`);
process.exitCode = report.disagreements.length === 0 ? 0 : 1;
