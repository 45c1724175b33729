/** A part of a page that is made from the code. It stands between two comments that a reader of the page does not see. */
export interface MadeSection {
  /** Path from the repository's root. */
  readonly page: string;
  readonly name: string;
  /** File it is made from, for whoever edits the page. */
  readonly from: string;
  readonly text: () => string | Promise<string>;
}

const opening = ({ name, from }: MadeSection): string => `<!-- made from ${from}: ${name} -->`;
const closing = ({ name }: MadeSection): string => `<!-- end of ${name} -->`;

/** The page with the section's text in its place. Throws when the page has no such place. */
export function withSection(page: string, section: MadeSection, text: string): string {
  const start = page.indexOf(opening(section));
  const end = page.indexOf(closing(section));
  if (start === -1 || end < start) {
    throw new RangeError(`${section.page} has no place for "${section.name}"; write these two lines there:\n${opening(section)}\n${closing(section)}`);
  }
  return `${page.slice(0, start)}${opening(section)}\n\n${text.trim()}\n\n${page.slice(end)}`;
}
