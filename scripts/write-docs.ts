// Writes the parts of the manual that are made from the code: `node scripts/write-docs.ts`. The rest of each page is written by
// hand and left as it is; docs/findings/ is made as a whole. Tests fail when a page is not what this would write.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { catalogue } from '../src/doctor/findings/catalogue.ts';
import { findingPages } from './docs/finding-pages.ts';
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

const folder = join(root, 'docs/findings');
mkdirSync(folder, { recursive: true });
const there = readdirSync(folder);
const pages = findingPages();
for (const [name, text] of pages) {
  if (there.includes(name) && readFileSync(join(folder, name), 'utf8') === text) continue;
  writeFileSync(join(folder, name), text);
  console.log(`docs/findings/${name}`);
}
// A page whose finding is gone, or has another name.
for (const name of there.filter((each) => !pages.has(each))) {
  rmSync(join(folder, name));
  console.log(`docs/findings/${name}: removed`);
}

// Every code that was ever in the catalogue: a code that leaves it must be retired by name (src/doctor/findings/retired.ts).
const codesFile = join(root, 'test/finding-codes.txt');
const ever = existsSync(codesFile) ? readFileSync(codesFile, 'utf8').trim().split('\n') : [];
const fresh = Object.keys(catalogue).filter((code) => !ever.includes(code));
if (fresh.length > 0) {
  writeFileSync(codesFile, `${[...ever, ...fresh].sort().join('\n')}\n`);
  console.log(`test/finding-codes.txt: ${fresh.join(', ')}`);
}
