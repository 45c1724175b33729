import { catalogueSections } from './catalogue-sections.ts';
import { commandSections } from './commands-sections.ts';
import type { MadeSection } from './made-section.ts';
import { metricsSections } from './metrics-sections.ts';

/** Every part of the manual that is made from the code. `test/docs.test.ts` compares the pages with it. */
export const madeSections: readonly MadeSection[] = [...commandSections, ...catalogueSections, ...metricsSections];
