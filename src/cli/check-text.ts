import type { CheckedObject, CheckReport, ObjectReference } from './check-report.ts';
import { counted, paragraph } from './paragraphs.ts';
import { safe, toned } from './terminal.ts';
import type { Terminal } from './terminal.ts';

const nameOf = ({ kind, namespace, name }: Pick<ObjectReference, 'kind' | 'namespace' | 'name'>): string => safe(`${kind} ${namespace === '' ? '' : `${namespace}/`}${name}`);
/** `file:line`: what editors and terminals turn into a link. Never broken. */
const placeOf = ({ file, line }: { readonly file: string; readonly line: number }): string => safe(`${file}:${line}`);
const indent = 10;

function objectText(terminal: Terminal, object: CheckedObject): string {
  const word = object.verdict === 'refused' ? toned(terminal, 'bad', 'REFUSED') : toned(terminal, 'good', 'ok');
  const space = ' '.repeat(indent - (object.verdict === 'refused' ? 7 : 2));
  const served = object.claim === null ? '' : `  ${safe(`${object.claim.host}${object.claim.path}`)}${object.claim.termination === 'none' ? '' : ` (${object.claim.termination})`}`;
  let text = `${word}${space}${nameOf(object)}${served}  ${toned(terminal, 'dim', placeOf(object))}\n`;
  for (const refusal of object.refusals) {
    text += paragraph(terminal, indent, `${refusal.reason}: ${refusal.message} [${refusal.code}]`);
    text += ` ${' '.repeat(indent - 1)}${toned(terminal, 'dim', `at ${placeOf(refusal)}${refusal.path === null ? '' : `, ${safe(refusal.path)}`}`)}\n`;
    if (refusal.winner !== null) text += paragraph(terminal, indent, `held by ${nameOf(refusal.winner)}, ${placeOf(refusal.winner)}`);
    text += paragraph(terminal, indent, refusal.hint, '-> ');
  }
  for (const warning of object.warnings) {
    text += `${toned(terminal, 'warn', 'warning')}${' '.repeat(indent - 7)}${placeOf(warning)}, ${safe(warning.path)}\n`;
    text += paragraph(terminal, indent, `${warning.message} [${warning.code}]`);
    text += paragraph(terminal, indent, warning.hint, '-> ');
  }
  return text;
}

/** Plain text of `fairway check`: files first, then every object, then the sum. */
export function checkText(terminal: Terminal, report: CheckReport): string {
  let text = '';
  for (const problem of report.problems) {
    const word = problem.severity === 'error' ? toned(terminal, 'bad', 'ERROR') : toned(terminal, 'warn', 'warning');
    const space = ' '.repeat(indent - (problem.severity === 'error' ? 5 : 7));
    text += `${word}${space}${placeOf(problem)}${problem.subject === null ? '' : `  ${safe(problem.subject)}`}\n`;
    text += paragraph(terminal, indent, `${problem.message} [${problem.code}]`) + paragraph(terminal, indent, problem.hint, '-> ');
  }
  for (const object of report.objects) text += objectText(terminal, object);
  const { objects, admitted, refused, warnings, errors } = report.summary;
  const sum = [
    `${admitted} admitted`, `${refused} refused`, counted(warnings, 'warning'),
    ...(errors === 0 ? [] : [`${counted(errors, 'error')} in files`]),
  ];
  return `${text}${text === '' ? '' : '\n'}${counted(objects, 'object')}: ${sum.join(', ')}\n`;
}
