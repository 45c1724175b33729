/** Longest evidence text shown of one line, in UTF-16 units. */
const mostText = 2000;

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/**
 * Text of evidence as text of a page, also inside a quoted attribute. Control characters become visible ones (an escape sequence must not
 * vanish), and so do the characters that turn the direction of writing: a rule must not read otherwise than it is.
 */
export function escaped(text: string): string {
  const shown = text.length > mostText ? `${text.slice(0, mostText)} ... (${String(text.length - mostText)} more)` : text;
  return shown.toWellFormed()
    .replace(/[\u0000-\u0008\u000a-\u001f]/g, (char) => String.fromCharCode(0x2400 + char.charCodeAt(0)))
    .replace(/[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .replace(/[&<>"']/g, (char) => entities[char] ?? '');
}

/** A template whose values are escaped unless they are markup already; lists are joined. */
export function html(parts: TemplateStringsArray, ...values: readonly (string | number | Markup | readonly Markup[])[]): Markup {
  return new Markup(parts.reduce((out, part, at) => `${out}${at === 0 ? '' : text(values[at - 1] ?? '')}${part}`, ''));
}

/** What `html` made. A class, so that no string passes for it. */
export class Markup {
  readonly text: string;
  constructor(text: string) { this.text = text; }
}

export const nothing = new Markup('');

function text(value: string | number | Markup | readonly Markup[]): string {
  if (value instanceof Markup) return value.text;
  if (typeof value === 'object') return value.map((each) => each.text).join('');
  return escaped(String(value));
}
