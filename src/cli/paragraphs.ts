import { wrap } from '../lib/text-table.ts';
import { safe } from './terminal.ts';
import type { Terminal } from './terminal.ts';

/** A paragraph broken to the terminal's width, every line indented by `indent` columns, `first` in front of the first one. */
export function paragraph(terminal: Pick<Terminal, 'width'>, indent: number, text: string, first = ''): string {
  const lead = `${' '.repeat(Math.max(0, indent - first.length))}${first}`;
  const clean = safe(text);
  if (terminal.width === Infinity) return `${lead}${clean}\n`;
  return wrap(clean, Math.max(20, terminal.width - indent)).map((line, index) => `${index === 0 ? lead : ' '.repeat(indent)}${line}\n`).join('');
}

/** `1 rule`, `2 rules`, `0 rules`. */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${String(count).replaceAll(/\B(?=(\d{3})+$)/g, ',')} ${count === 1 ? noun : plural}`;
}
