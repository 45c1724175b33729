/** An entry of a map. */
export interface MapEntry {
  /** `0x55e29f0dea40`: addresses this entry alone (`del map <path> #0x...`) where a key has several. */
  readonly reference: string;
  readonly key: string;
  /** May hold spaces. */
  readonly value: string;
}

/**
 * `show map <path>` (management.txt 9.3), entries in the order of look-up among equal keys:
 *
 *     0x55e29f0dea40 a.test value with spaces
 *
 * Lines that are no entry (`Unknown map identifier. ...`) are left out: whoever asks for a map knows that it is configured.
 */
export function parseShowMap(text: string): readonly MapEntry[] {
  const entries: MapEntry[] = [];
  for (let from = 0; from < text.length;) {
    const end = endOfLine(text, from);
    if (text.startsWith('0x', from)) {
      const afterReference = text.indexOf(' ', from);
      const afterKey = text.indexOf(' ', afterReference + 1);
      const keyEnd = afterKey < 0 || afterKey > end ? end : afterKey;
      if (afterReference > 0 && afterReference < end) {
        entries.push({ reference: text.slice(from, afterReference), key: text.slice(afterReference + 1, keyEnd), value: text.slice(keyEnd + 1, end) });
      }
    }
    from = end + 1;
  }
  return entries;
}

function endOfLine(text: string, from: number): number {
  const at = text.indexOf('\n', from);
  return at < 0 ? text.length : at;
}
