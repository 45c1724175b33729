import { catalogue } from '../findings/catalogue.ts';
import type { FindingCode } from '../findings/catalogue.ts';
import type { Entry } from '../findings/entry.ts';

/** One finding's page as Markdown: `fairway doctor --explain CODE`, and docs/findings/ by the same function. */
export function findingPage(code: FindingCode): string {
  const entry: Entry = catalogue[code];
  return [
    `# ${entry.code} ${entry.title}`, '',
    `\`${entry.name}\`, ${entry.severity}${entry.security === true ? ', security' : ''}`, '',
    `> ${entry.message}`, '',
    '## What happens', '', entry.page.happens, '',
    '## What proves it', '', entry.page.evidence, '',
    ...(entry.page.lookAlikes.length === 0 ? [] : ['## What looks like it', '', ...entry.page.lookAlikes.map(({ code: other, what, tell }) => `- ${other === null ? '' : `${other}: `}${what}. Told apart by: ${tell}.`), '']),
    '## What to do', '',
    ...entry.fix.flatMap((fix, at) => [`${String(at + 1)}. ${fix.text}${fix.widensAccess === undefined ? '' : ` **Widens access:** ${fix.widensAccess}`}`, ...(fix.command === undefined ? [] : ['', '   ```', `   ${fix.command}`, '   ```', ''])]), '',
    '## How to see that it is cured', '', entry.verify.text, ...(entry.verify.command === undefined ? [] : ['', '```', entry.verify.command, '```']), '',
    ...(entry.explains.length === 0 ? [] : ['## What it brings about', '', entry.explains.join(', '), '']),
  ].join('\n');
}
