import type { Verdict } from '../../src/admission/verdict.ts';
import { reloadReasons } from '../../src/haproxy/reload-reasons.ts';
import { createFairwayMetrics } from '../../src/metrics/fairway-metrics.ts';
import { families } from '../../src/metrics/haproxy-families.ts';
import type { MadeSection } from './made-section.ts';
import { code, table } from './markdown.ts';

interface Shown {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly labels: readonly string[];
}

/** What a page in Prometheus text shows, in its order. */
function shownIn(text: string): readonly Shown[] {
  const found: { name: string; type: string; help: string; labels: Set<string> }[] = [];
  for (const line of text.split('\n')) {
    const help = /^# HELP (\S+) (.*)$/.exec(line);
    if (help) found.push({ name: help[1] ?? '', type: '', help: help[2] ?? '', labels: new Set() });
    const type = /^# TYPE \S+ (\S+)$/.exec(line);
    const current = found.at(-1);
    if (current === undefined) continue;
    if (type) current.type = type[1] ?? '';
    if (line.startsWith('#')) continue;
    for (const [, label = ''] of line.matchAll(/[{,]([a-z_]+)="/g)) if (label !== 'le') current.labels.add(label);
  }
  return found.map(({ labels, ...rest }) => ({ ...rest, labels: [...labels] }));
}

const rows = (shown: readonly Shown[]): string =>
  table(['metric', 'type', 'labels', 'meaning'], shown.map(({ name, type, help, labels }) => [code(name), type, labels.map(code).join(' '), help]));

/** The page of a router that has seen one of everything: a label shows only where it has a value. */
async function fairwayText(): Promise<string> {
  const metrics = createFairwayMetrics(Object.keys(reloadReasons), '0');
  const verdict = { resource: { kind: 'Route' }, refusals: [{ reason: '-' }], warnings: [{ code: '-' }] } as unknown as Verdict;
  metrics.converged({
    table: { rules: [], certificates: [], defaultCertificate: '', refused: [] }, verdicts: [verdict], problems: [], changeToLive: 1,
    outcome: { steps: 0, reload: null, drift: [], refused: [], milliseconds: 0 },
  });
  return rows(shownIn(await metrics.text({ oldWorkers: 0, ready: true })));
}

const subjects = ['frontend', 'backend', 'server'] as const;

function haproxyText(): string {
  const listed = families.map((family) => [
    ...[code(family.name), family.type, family.help],
    subjects.filter((subject) => family[subject] === true).map((subject) => code(`haproxy_${subject}_${family.name}`)).join(' '),
    family.essential === true ? 'yes' : '',
  ]);
  return table(['figure', 'type', 'meaning', 'metrics', 'kept for members above the threshold'], listed);
}

export const metricsSections: readonly MadeSection[] = [
  { page: 'docs/metrics.md', name: 'own metrics', from: 'src/metrics/fairway-metrics.ts', text: fairwayText },
  { page: 'docs/metrics.md', name: 'figures of HAProxy', from: 'src/metrics/haproxy-families.ts', text: haproxyText },
];
