import { spawn } from 'node:child_process';
import { createWriteStream, readFileSync, statSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { treeOf } from '../src/doctor/capture/file-tree.ts';
import { importTree } from '../src/doctor/capture/import.ts';
import { examine } from '../src/doctor/doctor.ts';
import { sniff } from '../src/doctor/reading.ts';
import { doctorCases } from '../test/doctor-cases/case-file.ts';
import { falseFindings, isSilent } from '../test/doctor-cases/false-findings.ts';
import { cleanEnvironment, fairwayProgram } from '../test/support/fairway-command.ts';
import type { Bench, Report } from './report.ts';
import { atEnd } from './support/endings.ts';
import { conntrackRow } from './support/evidence-network.ts';
import { writeEvidence } from './support/evidence-set.ts';
import { Draw } from './support/evidence-words.ts';
import { median } from './support/figures.ts';
import { scratchDirectory } from './support/scratch.ts';

const mega = 1e6;

interface Answered {
  readonly seconds: number;
  /** Highest resident memory that was seen, in bytes. */
  readonly most: number;
  readonly json: { readonly captures: number; readonly unread: readonly unknown[]; readonly findings: readonly { readonly code: string }[] };
}

/** `fairway doctor PATH --json` from start to end. VmHWM only grows, so the last look before the end misses nothing but the last 5 ms. */
async function doctor(path: string): Promise<Answered> {
  const started = performance.now();
  const child = spawn(fairwayProgram, ['doctor', path, '--json'], { env: cleanEnvironment(), stdio: ['ignore', 'pipe', 'pipe'] });
  atEnd({ end: async () => { child.kill('SIGKILL'); }, now: () => { child.kill('SIGKILL'); } });
  const parts: Buffer[] = [];
  let complaints = '';
  child.stdout.on('data', (chunk: Buffer) => { parts.push(chunk); });
  child.stderr.on('data', (chunk: Buffer) => { complaints += chunk.toString('utf8'); });
  let most = 0;
  const look = (): void => {
    try {
      most = Math.max(most, Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${child.pid ?? 0}/status`, 'utf8'))?.[1] ?? 0) * 1024);
    } catch {
      // It has just ended: what was seen before stands.
    }
  };
  const looking = setInterval(look, 5);
  child.once('exit', () => { clearInterval(looking); });
  await once(child, 'close');
  const seconds = (performance.now() - started) / 1000;
  if (child.exitCode === null || child.exitCode > 1) throw new Error(`fairway doctor ended with ${child.exitCode ?? child.signalCode ?? 'nothing'}:\n${complaints}`);
  return { seconds, most, json: JSON.parse(Buffer.concat(parts).toString('utf8')) as Answered['json'] };
}

async function writeRows(path: string, rows: number): Promise<number> {
  const draw = new Draw(rows);
  const out = createWriteStream(path);
  for (let done = 0; done < rows; done += 10_000) {
    if (!out.write(`${Array.from({ length: Math.min(10_000, rows - done) }, () => conntrackRow(draw)).join('\n')}\n`)) await once(out, 'drain');
  }
  out.end();
  await once(out, 'finish');
  return statSync(path).size;
}

async function conntrack(report: Report, rows: number): Promise<void> {
  const path = join(scratchDirectory(), 'conntrack -L.txt');
  const bytes = await writeRows(path, rows);
  const rounds = report.quick ? 1 : 3;
  const answers: Answered[] = [];
  for (let round = 0; round < rounds; round += 1) answers.push(await doctor(path));
  const [first] = answers;
  if (first === undefined || first.json.unread.length > 0) throw new Error(`not every row was read: ${JSON.stringify(first?.json.unread[0])}`);
  const size = `${rows.toLocaleString('en-US')} rows, ${Math.round(bytes / mega)} MB`;
  const last = rows === 1_000_000;
  const how = 'The command `fairway doctor FILE --json` on a file of `conntrack -L` rows, from its start to its end, its own start included; median of three.';
  report.figure({ name: 'connection table read and summarised', size, value: median(answers.map(({ seconds }) => seconds)), unit: 's', bar: last ? { atMost: 5 } : null, how });
  report.figure({ name: 'memory of that', size, value: Math.max(...answers.map(({ most }) => most)) / mega, unit: 'MB', bar: last ? { atMost: 300 } : null, how: 'Highest resident memory of the same runs (VmHWM).' });
}

async function hosts(report: Report, count: number): Promise<void> {
  const path = join(scratchDirectory(), 'evidence');
  const written = writeEvidence(path, count);
  const seconds: number[] = [];
  let found: readonly string[] = [];
  for (let round = 0; round < (report.quick ? 1 : 5); round += 1) {
    const { json, seconds: taken } = await doctor(path);
    if (json.unread.length > 0) throw new Error(`not every line was read: ${JSON.stringify(json.unread[0])}`);
    found = [...new Set(json.findings.map(({ code }) => code))];
    seconds.push(taken);
  }
  report.figure({
    name: 'evidence of hosts of ordinary size', size: `${count} hosts, ${written.captures} captures, ${written.lines.toLocaleString('en-US')} lines, ${Math.round(written.bytes / mega)} MB`, value: median(seconds), unit: 's', bar: count === 10 ? { atMost: 2 } : null,
    how: 'The command `fairway doctor FOLDER --json`, its own start included, on what `fairway collect` leaves of two directors, three routers and nodes: 500 to 2,000 iptables rules, 5,000 connections, about 1,000 kernel settings, 2,000 lines of dmesg, logs and HAProxy state of each. Median of five; nothing is wrong in it.',
  });
  if (found.length > 0) report.note(`Found in the evidence of ${count} hosts, though nothing was meant to be wrong there: ${found.join(', ')}.`);
}

async function cases(report: Report): Promise<void> {
  const all = doctorCases();
  const wrong: string[] = [];
  for (const each of all) {
    const { captures, unread } = importTree(await treeOf(each.folder), sniff);
    for (const code of falseFindings(each, (await examine(captures, unread)).findings.map((finding) => finding.code))) wrong.push(`${code} in ${each.name}`);
  }
  report.figure({
    name: 'false findings', size: `${all.length} cases, ${all.filter(isSilent).length} of them healthy or look-alikes`, value: wrong.length, unit: '', bar: { atMost: 0 },
    how: 'Every case of test/doctor-cases examined. A finding is false when the case does not expect it: any in a healthy case, what a look-alike is not, and one too many in a sick case.',
  });
  for (const text of wrong) report.note(`False: ${text}.`);
}

/** The doctor: large tables, whole sites, and how often it is wrong. */
export const benches: readonly Bench[] = [
  {
    name: 'doctor',
    async run(report) {
      for (const rows of [10_000, 100_000, 1_000_000]) await conntrack(report, rows);
      for (const count of [1, 10, 20]) await hosts(report, count);
      await cases(report);
    },
  },
];
