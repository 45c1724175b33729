/** Short texts seen before. Objects say `Service`, `TCP`, `http` and their namespace thousands of times. */
const shared = new Map<string, string>();

/**
 * A copy that does not keep its source alive. V8 makes `text.slice()` of 13 characters and more a window onto the whole
 * text, so one host name would keep a manifest of megabytes in memory for as long as the Route lives; a text that was joined
 * keeps its pieces. Short texts, which are copies already, are kept once each.
 */
export const own = (value: string): string => {
  if (value.length >= 13) return Buffer.from(value, 'utf8').toString('utf8');
  const known = shared.get(value);
  if (known !== undefined) return known;
  if (shared.size >= 20_000) shared.clear();
  shared.set(value, value);
  return value;
};

/** Replaces every text inside a tree of lists and mappings by its own copy; gives the tree, or the copy of what is a text itself. Keys are copies anyway. */
export const ownTexts = (value: unknown): unknown => {
  if (typeof value === 'string') return own(value);
  if (typeof value !== 'object' || value === null) return value;
  const entries = value as Record<string, unknown>;
  for (const key of Object.keys(entries)) entries[key] = ownTexts(entries[key]);
  return value;
};
