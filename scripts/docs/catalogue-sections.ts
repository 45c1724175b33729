import { refusals } from '../../src/admission/refusals.ts';
import type { RefusalEntry } from '../../src/admission/refusals.ts';
import { warnings } from '../../src/admission/warnings.ts';
import { answerReasons } from '../../src/haproxy/answer-reasons.ts';
import { maps } from '../../src/haproxy/naming.ts';
import { reloadReasons } from '../../src/haproxy/reload-reasons.ts';
import { sourceCodes } from '../../src/sources/source-codes.ts';
import type { MadeSection } from './made-section.ts';
import { code, table } from './markdown.ts';

/** A heading for each code, so that a message's code can be linked to. */
const entries = <T>(catalogue: Readonly<Record<string, T>>, body: (entry: T) => readonly string[]): string =>
  Object.entries(catalogue).map(([name, entry]) => [`### ${name}`, ...body(entry)].join('\n\n')).join('\n\n');

const refusalsText = (): string => entries<RefusalEntry>(refusals, ({ title, meaning, fix, reason, source }) => [
  `**${title}.** ${meaning}`,
  `What to do: ${fix}`,
  `Reason in the status: ${code(reason)}. Rule from: ${source}.`,
]);

const warningsText = (): string => entries(warnings, ({ title, meaning, fix }) => [`**${title}.** ${meaning}`, `What to do: ${fix}`]);

const sourcesText = (): string => entries(sourceCodes, ({ title, meaning, remedy }) => [`**${title}.** ${meaning}`, `What to do: ${remedy}`]);

const reloadsText = (): string => table(['reason', 'meaning'], Object.entries(reloadReasons).map(([reason, meaning]) => [code(reason), meaning]));

const answersText = (): string =>
  table(['reason', 'status', 'title of the page', 'text of the page'], Object.entries(answerReasons).map(([reason, { status, title, text }]) => [code(reason), String(status), title, text]));

const mapsText = (): string =>
  table(['map', 'search', 'what it holds'], Object.entries(maps).map(([name, entry]) => [code(name), entry.kind === 'beg' ? 'longest prefix' : 'exact', entry.for]));

export const catalogueSections: readonly MadeSection[] = [
  { page: 'docs/refusals.md', name: 'refusals', from: 'src/admission/refusals.ts', text: refusalsText },
  { page: 'docs/refusals.md', name: 'warnings', from: 'src/admission/warnings.ts', text: warningsText },
  { page: 'docs/refusals.md', name: 'problems of files', from: 'src/sources/source-codes.ts', text: sourcesText },
  { page: 'docs/reload-reasons.md', name: 'reload reasons', from: 'src/haproxy/reload-reasons.ts', text: reloadsText },
  { page: 'docs/reasons.md', name: 'answer reasons', from: 'src/haproxy/answer-reasons.ts', text: answersText },
  { page: 'docs/no-reload-contract.md', name: 'maps', from: 'src/haproxy/naming.ts', text: mapsText },
];
