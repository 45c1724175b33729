/**
 * The words of one iptables-save line. Quotes are double, and inside them `\"` and `\\` are escaped (xtables_save_string);
 * text cut from a web page may have curly quotes or lack the closing one.
 */
export function iptablesWords(line: string): readonly string[] {
  if (!/["'\u201c\u201d]/.test(line)) return line.trim().split(/\s+/);
  // Whole words are cut out of the line rather than built letter by letter: a node of a large cluster has 50,000 such lines.
  const words: string[] = [];
  pattern.lastIndex = 0;
  for (let found = pattern.exec(line); found !== null; found = pattern.exec(line)) {
    const [whole, quoted, single, plain] = found;
    if (plain !== undefined) words.push(plain);
    else if (quoted !== undefined) words.push(quoted.includes('\\') ? quoted.replace(/\\(.)/g, '$1') : quoted);
    else words.push(single ?? whole);
  }
  return words;
}

/** A quoted word, to its closing quote or the end of the line; or everything up to the next blank. */
const pattern = /["\u201c\u201d]((?:[^"\u201c\u201d\\]|\\.)*)(?:["\u201c\u201d]|\\?$)|'([^']*)(?:'|$)|(\S+)/g;
