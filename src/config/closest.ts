/** Number of single-character changes between two texts (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

/** The candidate that was most likely meant, compared without case and separators; null when none is near. */
export function closest(text: string, candidates: readonly string[]): string | null {
  const plain = (value: string): string => value.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
  const wanted = plain(text).slice(0, 80);
  let best: { readonly candidate: string; readonly far: number } | null = null;
  for (const candidate of candidates) {
    const whole = distance(wanted, plain(candidate));
    // People leave the group away: `httpPort` for `listen.http`.
    const tail = distance(wanted, plain(candidate.split('.').at(-1) ?? ''));
    const far = Math.min(whole, tail);
    if (best === null || far < best.far) best = { candidate, far };
  }
  return best !== null && best.far <= Math.max(1, Math.floor(wanted.length / 3)) ? best.candidate : null;
}
