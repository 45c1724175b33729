/** A word of nft's language. Quoted ones are never keywords. */
export interface NftWord {
  readonly text: string;
  readonly quoted: boolean;
}

/**
 * Words of one rule as `nft list ruleset` prints it. Blanks separate; braces, parentheses, commas and semicolons stand alone. A colon,
 * a slash or a dot is a word of its own only between blanks (`k : v`, `syn / syn,ack`, `ip saddr . tcp dport`): inside a word it
 * belongs to an address, a prefix or a rate.
 */
export function nftWords(text: string): readonly NftWord[] {
  const words: NftWord[] = [];
  let at = 0;
  while (at < text.length) {
    const char = text[at] ?? '';
    if (char === ' ' || char === '\t' || char === '\n') {
      at += 1;
    } else if (char === '#') {
      // `# handle 12`, or a comment of a file: the rest of the line.
      const end = text.indexOf('\n', at);
      at = end < 0 ? text.length : end;
    } else if (char === '"') {
      const end = text.indexOf('"', at + 1);
      words.push({ text: text.slice(at + 1, end < 0 ? text.length : end), quoted: true });
      at = end < 0 ? text.length : end + 1;
      // A wildcard may follow the closing quote: "eth"*.
      if (text[at] === '*') {
        const last = words.pop();
        if (last) words.push({ text: `${last.text}*`, quoted: true });
        at += 1;
      }
    } else if ('{}(),;'.includes(char)) {
      words.push({ text: char, quoted: false });
      at += 1;
    } else {
      let end = at;
      while (end < text.length && !' \t\n{}(),;"'.includes(text[end] ?? '')) end += 1;
      words.push({ text: text.slice(at, end), quoted: false });
      at = end;
    }
  }
  return words;
}

/** A cursor over words. */
export class NftCursor {
  at = 0;
  readonly words: readonly NftWord[];

  constructor(words: readonly NftWord[]) {
    this.words = words;
  }

  ended(): boolean {
    return this.at >= this.words.length;
  }

  /** Text of the word ahead; '' at the end and for quoted words, which are no keywords. */
  peek(ahead = 0): string {
    const word = this.words[this.at + ahead];
    return word === undefined || word.quoted ? '' : word.text;
  }

  next(): string {
    const word = this.words[this.at];
    this.at += 1;
    return word?.text ?? '';
  }

  /** Takes the word if it is that keyword. */
  take(keyword: string): boolean {
    if (this.peek() !== keyword) return false;
    this.at += 1;
    return true;
  }

  /** The words up to the brace that closes the one just taken. */
  untilClosed(): NftCursor {
    const from = this.at;
    let depth = 1;
    while (!this.ended()) {
      const word = this.peek();
      this.at += 1;
      if (word === '{') depth += 1;
      if (word === '}') depth -= 1;
      if (depth === 0) return new NftCursor(this.words.slice(from, this.at - 1));
    }
    return new NftCursor(this.words.slice(from));
  }
}
