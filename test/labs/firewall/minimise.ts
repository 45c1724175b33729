import type { Disagreement, RuleTexts } from './check.ts';

/** Takes rules away as long as a disagreement remains, so that the one who reads it has a handful of lines. */
export async function minimise(texts: RuleTexts, check: (texts: RuleTexts) => Promise<readonly Disagreement[]>): Promise<{ readonly texts: RuleTexts; readonly left: readonly Disagreement[] }> {
  let smallest = texts;
  let left: readonly Disagreement[] = [];
  for (const part of ['legacy', 'iptablesNft', 'nft'] as const) {
    for (let size = 16; size >= 1; size = Math.floor(size / 4)) {
      for (let at = 0; at < rules(smallest[part]).length;) {
        const lines = smallest[part].split('\n');
        const gone = new Set(rules(smallest[part]).slice(at, at + size));
        const fewer = { ...smallest, [part]: lines.filter((_, index) => !gone.has(index)).join('\n') };
        const again = await check(fewer);
        if (again.length > 0) {
          smallest = fewer;
          left = again;
        } else at += size;
      }
    }
  }
  return { texts: smallest, left };
}

/** Indexes of the lines that are rules and may go. */
function rules(text: string): number[] {
  return text.split('\n').flatMap((line, index) => (/^-A |^ {4}(?!type )\S/.test(line) ? [index] : []));
}
