/**
 * The words of one iptables-save line. Quotes are double, and inside them `\"` and `\\` are escaped (xtables_save_string);
 * text cut from a web page may have curly quotes or lack the closing one.
 */
export function iptablesWords(line: string): readonly string[] {
  if (!/["'\u201c\u201d]/.test(line)) return line.trim().split(/\s+/);
  const words: string[] = [];
  let word = '';
  let inWord = false;
  let quote: string | null = null;
  for (let index = 0; index < line.length; index++) {
    const char = line[index] ?? '';
    if (quote !== null) {
      if (char === '\\' && quote === '"' && index + 1 < line.length) {
        word += line[index + 1] ?? '';
        index += 1;
      } else if (char === quote || (quote === '"' && char === '\u201d')) quote = null;
      else word += char;
    } else if (char === '"' || char === '\u201c' || char === '\u201d') {
      quote = '"';
      inWord = true;
    } else if (char === "'" && !inWord) {
      quote = "'";
      inWord = true;
    } else if (char === ' ' || char === '\t') {
      if (inWord) words.push(word);
      word = '';
      inWord = false;
    } else {
      word += char;
      inWord = true;
    }
  }
  if (inWord) words.push(word);
  return words;
}
