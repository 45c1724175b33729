/** One element of an array in a JSON text: where it stands, and its own text as it was printed. */
export interface JsonElement {
  /** Index of the line it begins in, 0-based. */
  readonly line: number;
  readonly text: string;
  /** Nested so deeply that whoever walks through it by recursion would rather not. */
  readonly deep: boolean;
}

const deepest = 64;

/**
 * Elements of the array under a key of the top object (`{"nftables": [ ... ]}`), without reading them. Programs print all of it on one
 * line: a finding shows the one object it speaks of rather than that line. Null when there is no such array.
 */
export function jsonElements(lines: readonly string[], key: string): readonly JsonElement[] | null {
  const text = lines.join('\n');
  const opening = new RegExp(`"${key}"\\s*:\\s*\\[`).exec(text.slice(0, 4096));
  if (opening === null) return null;
  const found: JsonElement[] = [];
  let line = 0;
  let seen = 0;
  let depth = 0;
  let begin = -1;
  let most = 0;
  let quotes = false;
  for (let at = opening.index + opening[0].length; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (quotes) {
      if (char === 92) at++;
      else if (char === 34) quotes = false;
      continue;
    }
    if (char === 34) quotes = true;
    else if (char === 123 || char === 91) {
      if (depth === 0) { begin = at; most = 0; }
      depth += 1;
      if (depth > most) most = depth;
    } else if (char === 125 || char === 93) {
      depth -= 1;
      if (depth < 0) break;
      if (depth > 0 || begin < 0) continue;
      while (seen < begin) { if (text.charCodeAt(seen) === 10) line += 1; seen += 1; }
      found.push({ line, text: text.slice(begin, at + 1), deep: most > deepest });
      begin = -1;
    }
  }
  return found;
}
