/** V8 makes a slice of at least this many characters a window onto the whole text, and a shorter one a copy. */
const shortestWindow = 13;
/** Longer texts are hardly ever written twice. */
const longestKept = 40;
/** A power of two. */
const places = 4096;

/** Texts read lately, each at the place that its length and some of its characters give; the next one there replaces it. */
const recent: string[] = Array.from({ length: places }, () => '');

/**
 * The part of `text` from `at` to `end` as a text that keeps nothing else alive: one host name must not keep a manifest in memory for as long as
 * its Route lives. What was read lately is the same text again: objects say `Service`, `metadata` and the name of their namespace thousands of
 * times. `bytes` holds what `text` does, one byte a character.
 */
export const textFrom = (text: string, bytes: Buffer, at: number, end: number): string => {
  const length = end - at;
  if (length > longestKept) return bytes.toString('latin1', at, end);
  const last = text.charCodeAt(end - 1);
  const mixed = (text.charCodeAt(at) * 31 + last) * 31 + text.charCodeAt(end - 2) * 7 + text.charCodeAt(at + (length >> 1)) * 131 + length * 17;
  const place = mixed & (places - 1);
  const known = recent[place];
  if (known?.length === length && text.startsWith(known, at)) return known;
  const found = length < shortestWindow ? text.slice(at, end) : bytes.toString('latin1', at, end);
  recent[place] = found;
  return found;
};
