/** A code that once meant something: it means nothing else, ever. People have it in tickets, baselines and scripts. */
export interface RetiredCode {
  readonly code: string;
  /** Its page's name: not used again either, because `--explain` takes names. */
  readonly name: string;
  /** Version of Fairway that said it last. */
  readonly last: string;
  /** Why it went, and which code says it now, in one sentence. */
  readonly reason: string;
}

/** Every code that was taken out of the catalogue, in the order in which they went. Entries are only ever added. */
export const retired: readonly RetiredCode[] = [];

/** What `--explain` says to a retired code or name; null for any other. */
export function retiredAnswer(text: string, list: readonly RetiredCode[] = retired): string | null {
  const found = list.find((each) => each.code === text.toUpperCase() || each.name === text.toLowerCase());
  return found === undefined ? null : `${found.code} ${found.name} is no longer used (last in ${found.last}): ${found.reason}`;
}

/** Retired codes and names that the catalogue uses again; empty as long as all is well. */
export function usedAgain(live: readonly { readonly code: string; readonly name: string }[], list: readonly RetiredCode[] = retired): readonly string[] {
  const codes = new Set(list.map(({ code }) => code));
  const names = new Set(list.map(({ name }) => name));
  return live.flatMap(({ code, name }) => [...(codes.has(code) ? [code] : []), ...(names.has(name) ? [name] : [])]);
}

/** Codes that were once used and are now neither in the catalogue nor retired. */
export function forgotten(ever: readonly string[], live: readonly { readonly code: string }[], list: readonly RetiredCode[] = retired): readonly string[] {
  const known = new Set([...live, ...list].map(({ code }) => code));
  return ever.filter((code) => !known.has(code));
}
