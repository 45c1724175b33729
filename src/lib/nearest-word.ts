/** Edits (insert, delete, replace, swap of neighbours) from `a` to `b`, given up above `most`. */
function edits(a: string, b: string, most: number): number {
  if (Math.abs(a.length - b.length) > most) return most + 1;
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, place) => place);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let least = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) least = Math.min(least, (beforeLast[j - 2] ?? 0) + 1);
      row.push(least);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? most + 1;
}

/**
 * The word that a person who typed `typed` most likely meant, or undefined when nothing is near: same letters in another
 * case, or few edits (one for words up to five letters, at most three for long ones). Long input is not looked at, so that
 * hostile text costs nothing.
 */
export function nearestWord(typed: string, words: Iterable<string>): string | undefined {
  if (typed.length > 64) return undefined;
  const lower = typed.toLowerCase();
  const most = typed.length <= 5 ? 1 : typed.length <= 9 ? 2 : 3;
  let best: string | undefined;
  let bestEdits = most + 1;
  for (const word of words) {
    const distance = word.toLowerCase() === lower ? 0 : edits(lower, word.toLowerCase(), most);
    if (distance < bestEdits) [best, bestEdits] = [word, distance];
  }
  return best;
}
