import { catalogue, families, isFindingCode } from '../../src/doctor/findings/catalogue.ts';
import type { FindingCode } from '../../src/doctor/findings/catalogue.ts';
import type { Entry } from '../../src/doctor/findings/entry.ts';
import { symptoms } from '../../src/doctor/findings/symptoms.ts';
import { findingPage } from '../../src/doctor/report/page.ts';
import { table } from './markdown.ts';

/** Every page of docs/findings/, by file name: one for each code, and the index. */
export function findingPages(): ReadonlyMap<string, string> {
  const codes = Object.keys(catalogue).filter(isFindingCode);
  return new Map([['README.md', indexPage()], ...codes.map((code): [string, string] => [pageName(code), page(code)])]);
}

function pageName(code: FindingCode): string {
  return `${code}-${catalogue[code].name}.md`;
}

const link = (code: FindingCode): string => `[${code}](${pageName(code)})`;

/** What `fairway doctor --explain` prints, with the codes of other findings as links. */
function page(own: FindingCode): string {
  let fenced = false;
  const lines = findingPage(own).trimEnd().split('\n').map((line) => {
    if (line.trim().startsWith('```')) fenced = !fenced;
    if (fenced || line.startsWith('#')) return line;
    return withLinks(line, own);
  });
  return [...lines, '', 'Made from the catalogue; the index is [here](README.md).', ''].join('\n');
}

/** Codes become links, save inside `code`. Placeholders in angle brackets would be read as HTML. */
function withLinks(line: string, own: FindingCode): string {
  return line.split(/(`[^`]*`)/).map((part) => (part.startsWith('`') ? part : part
    .replaceAll(/<(?=[a-z/!])/gi, '\\<')
    .replaceAll(/\b[A-Z][A-Z0-9]{1,2}-\d\d\b/g, (found) => (isFindingCode(found) && found !== own ? link(found) : found)))).join('');
}

function indexPage(): string {
  const codes = Object.keys(catalogue).filter(isFindingCode).sort();
  const layers = families.flatMap(([prefix, title]) => {
    const mine = codes.filter((code) => code.startsWith(`${prefix}-`));
    return mine.length === 0 ? [] : [`### ${title} (${prefix})\n\n${table(['code', 'name', 'what', 'severity'], mine.map(row))}`];
  });
  const seen = symptoms.flatMap((symptom) => {
    const known = symptom.codes.filter(isFindingCode);
    return known.length === 0 ? [] : [`### ${symptom.seen}\n\n${known.map((code) => `* ${link(code)} ${catalogue[code].title}`).join('\n')}`];
  });
  return [
    '# Findings',
    `Everything that \`fairway doctor\` can say: ${String(codes.length)} findings. \`fairway doctor --explain CODE\` prints the same pages where there is no network. How to use the doctor: [doctor.md](../doctor.md).`,
    'This folder is made from the catalogue in `src/doctor/findings/` by `node scripts/write-docs.ts`; edit the catalogue, not the pages.',
    '## By what is seen', ...seen, '## By layer, from the cable up', ...layers,
  ].join('\n\n').concat('\n');
}

function row(code: FindingCode): readonly string[] {
  const entry: Entry = catalogue[code];
  return [link(code), `\`${entry.name}\``, entry.title, `${entry.severity}${entry.security === true ? ', security' : ''}`];
}
