import { YAMLException } from 'js-yaml';
import { printable } from '../resources/printable.ts';

/** What is wrong with a text, in words for the person who wrote it. Never quotes the text: it may hold a private key. */
export interface Mistake {
  /** Line breaks before the place, from the beginning of the document. */
  readonly lines: number;
  readonly message: string;
  readonly hint: string;
}

const indent = 'Indent with spaces only, the fields of one mapping all alike.';
const colon = 'Write every field as "name: value", with a space after the colon; put values that hold ": " or " #" in quotes.';
const quotes = 'Close the quote; a quote inside single quotes is written twice, inside double quotes with \\ before it.';
const brackets = 'Close every [ and {, and put a comma between entries.';
const anchors = 'Write the value out, or define the anchor (&name) above its use (*name).';
const tags = 'Leave the tag (!...) out; Kubernetes objects need none.';
const block = 'After | or > only "+", "-" and one digit may stand on the line; the text begins on the next line, indented.';

/** js-yaml's reasons, by what they have in common, and what to write instead. The first that matches counts. */
const hints: readonly (readonly [reason: RegExp, hint: string])[] = [
  [/duplicated mapping key/, 'Keep one of the two; if two objects follow each other, put a line --- between them.'],
  [/tab characters/, 'Replace tabs at the beginning of lines by spaces.'],
  [/quoted scalar|escape sequence|hexadecimal|valid JSON character/, quotes],
  [/flow collection|expected the node content|missed comma/, brackets],
  [/alias|anchor/, anchors],
  [/tag/, tags],
  [/block scalar|chomping|indentation width|line break is expected/, block],
  // Found where a line inside quotes or brackets begins too far left: mostly they were never closed.
  [/deficient indentation/, 'Close the quote, [ or { that was opened above, or indent the lines inside it.'],
  [/bad indentation/, indent],
  [/multiline key|mapping key|whitespace character is expected/, colon],
  [/directive|YAML version/, 'Leave lines that begin with % out.'],
  [/null byte|non-printable/, 'Remove control characters; write them as escapes in double quotes.'],
  [/maxDepth/, 'Nest less deeply; an object is never this deep.'],
  [/merge/, 'Merge (<<) only mappings, and fewer of them.'],
  [/document separator is expected/, 'Check the indentation of this line; put a line --- between two documents.'],
];

/** The key that stands at `position`, for the one message that is useless without it. */
const keyAt = (source: string, position: number): string => /^["']?([\w./-]{1,64})/.exec(source.slice(position, position + 70))?.[1] ?? '';

/** Words for whatever the parser threw. */
export function mistakeOf(thrown: unknown, source: string): Mistake {
  if (!(thrown instanceof YAMLException)) {
    return { lines: 0, message: 'The document cannot be parsed.', hint: `Simplify it (${printable(thrown instanceof Error ? thrown.message : String(thrown))}).` };
  }
  // `message` and `mark.snippet` quote the text; `reason` does not.
  const reason = printable(thrown.reason);
  const duplicate = /duplicated mapping key/.test(reason);
  const key = duplicate ? keyAt(source, thrown.mark?.position ?? 0) : '';
  const said = duplicate ? `The field ${key} is written twice in the same mapping`.replace('  ', ' ') : `The document cannot be parsed: ${reason}`;
  const hint = hints.find(([pattern]) => pattern.test(reason))?.[1] ?? colon;
  return { lines: thrown.mark?.line ?? 0, message: `${said}.`, hint };
}
