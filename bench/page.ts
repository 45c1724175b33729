import { showBar, showValue, type TakenFigure } from './report.ts';
import type { Machine } from './support/machine.ts';

export interface Run {
  readonly machine: Machine;
  readonly figures: readonly TakenFigure[];
  readonly notes: readonly { readonly family: string; readonly text: string }[];
  readonly quick: boolean;
}

/** docs/benchmarks.md. Pure. */
export const pageText = ({ machine, figures, notes, quick }: Run): string => {
  const families = [...new Set(figures.map(({ family }) => family))];
  return `${[
    '# Benchmarks',
    `Written by \`npm run bench\`, which [CONTRIBUTING.md](../CONTRIBUTING.md) explains; do not edit. Machine: ${machine.cores} cores of ${machine.processor}, Linux ${machine.kernel}, HAProxy ${machine.haproxy}, Node ${machine.node}. ` +
      'Clients, members, HAProxy and the control plane share it, so absolute numbers are small; what counts are ratios, which are taken side by side in one run.' +
      (quick ? '\n\n**This was a quick run: its figures are noisy.**' : ''),
    ...families.map((family) => section(family, figures.filter((figure) => figure.family === family), notes.filter((note) => note.family === family).map(({ text }) => text))),
  ].join('\n\n')}\n`;
};

const section = (family: string, figures: readonly TakenFigure[], notes: readonly string[]): string => {
  const hows = [...new Set(figures.map(({ how }) => how))];
  return [
    `## ${family}`,
    ['| figure | size | value | bar | | how |', '| --- | --- | ---: | ---: | --- | --- |',
      ...figures.map((figure) => `| ${figure.name} | ${figure.size ?? ''} | ${showValue(figure)} | ${showBar(figure.bar, figure.unit)} | ${figure.outcome === 'shown' ? '' : figure.outcome} | ${hows.indexOf(figure.how) + 1} |`)].join('\n'),
    hows.map((how, place) => `${place + 1}. ${how}`).join('\n'),
    ...(notes.length === 0 ? [] : [notes.map((note) => `* ${note}`).join('\n')]),
  ].join('\n\n');
};
