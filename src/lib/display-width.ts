/**
 * Ranges of code points that take two columns on a terminal: East Asian Width W and F (Unicode Standard Annex 11) and the
 * emoji presented as pictures, coarsened to blocks. Ambiguous ones count as one column, as in every non-CJK terminal.
 */
const wide: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f], [0x231a, 0x231b], [0x2329, 0x232a], [0x23e9, 0x23ec], [0x25fd, 0x25fe], [0x2614, 0x2615], [0x2648, 0x2653],
  [0x26aa, 0x26ab], [0x26bd, 0x26be], [0x2705, 0x2705], [0x274c, 0x274c], [0x2753, 0x2757], [0x2795, 0x2797], [0x2e80, 0x303e],
  [0x3041, 0x33ff], [0x3400, 0x4dbf], [0x4e00, 0x9fff], [0xa000, 0xa4cf], [0xa960, 0xa97f], [0xac00, 0xd7a3], [0xf900, 0xfaff],
  [0xfe10, 0xfe19], [0xfe30, 0xfe6f], [0xff00, 0xff60], [0xffe0, 0xffe6], [0x17000, 0x18cff], [0x1b000, 0x1b2ff],
  [0x1f200, 0x1f2ff], [0x1f300, 0x1f64f], [0x1f680, 0x1f6ff], [0x1f900, 0x1f9ff], [0x1fa70, 0x1faff], [0x20000, 0x3fffd],
];

const zero = /^[\p{Mn}\p{Me}\p{Cf}\p{Cc}]$/u;

function widthOfPoint(point: number): number {
  if (point >= 0x20 && point < 0x7f) return 1;
  if (zero.test(String.fromCodePoint(point))) return 0;
  return wide.some(([first, last]) => point >= first && point <= last) ? 2 : 1;
}

/** Columns that a text takes on a terminal. Combining marks and control characters take none. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) width += widthOfPoint(character.codePointAt(0) ?? 0);
  return width;
}

/** The longest beginning of `text` that takes at most `columns`. */
export function fitting(text: string, columns: number): string {
  let width = 0;
  let end = 0;
  for (const character of text) {
    width += widthOfPoint(character.codePointAt(0) ?? 0);
    if (width > columns) return text.slice(0, end);
    end += character.length;
  }
  return text;
}
