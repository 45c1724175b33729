// Writes the parts of the manual that are made from the code: `node scripts/write-docs.ts`. The rest of each page is written by
// hand and left as it is. test/docs.test.ts fails when a page is not what this would write.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withSection } from './docs/made-section.ts';
import { madeSections } from './docs/made-sections.ts';

const root = join(import.meta.dirname, '..');

for (const section of madeSections) {
  const path = join(root, section.page);
  const before = readFileSync(path, 'utf8');
  const after = withSection(before, section, await section.text());
  if (after === before) continue;
  writeFileSync(path, after);
  console.log(`${section.page}: ${section.name}`);
}
