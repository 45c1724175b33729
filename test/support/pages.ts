import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { anchorOf } from '../../scripts/docs/markdown.ts';

export const repository = resolve(import.meta.dirname, '../..');

/** One page of the manual. */
export interface Page {
  /** From the repository's root. */
  readonly path: string;
  readonly text: string;
}

export const readPage = (path: string): Page => ({ path, text: readFileSync(join(repository, path), 'utf8') });

/** Pages written for readers of the repository: those at the root, docs/ without what other tests own, examples/. */
export const pages: readonly Page[] = [
  ...readdirSync(repository).filter((name) => name.endsWith('.md')),
  ...readdirSync(join(repository, 'docs')).filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`),
  ...readdirSync(join(repository, 'examples'), { recursive: true }).map(String).filter((name) => name.endsWith('.md')).map((name) => `examples/${name}`),
].sort().map(readPage);

const isFence = (line: string): boolean => line.startsWith('```');

/** The text without fenced blocks: no links stand in them. */
export const prose = ({ text }: Page): string => {
  let fenced = false;
  return text.split('\n').filter((line) => {
    if (isFence(line)) fenced = !fenced;
    return !fenced && !isFence(line);
  }).join('\n');
};

/** `code` spans of the prose. */
export const codeSpans = (page: Page): readonly string[] => [...prose(page).matchAll(/`([^`\n]+)`/g)].map(([, span = '']) => span.replaceAll('\\|', '|'));

export const anchorsOf = (page: Page): ReadonlySet<string> =>
  new Set([...prose(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => anchorOf(heading.replaceAll('`', ''))));

/** Relative links that lead nowhere, as `page -> link`. */
export const brokenLinks = (page: Page): readonly string[] =>
  [...prose(page).matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, link = '']) => {
    if (/^[a-z]+:/.test(link)) return [];
    const [target = '', anchor] = link.split('#');
    const path = target === '' ? page.path : relative(repository, resolve(repository, page.path, '..', target));
    if (path.startsWith('..') || !existsSync(join(repository, path))) return [`${page.path} -> ${link}`];
    if (anchor === undefined) return [];
    return anchorsOf(readPage(path)).has(anchor) ? [] : [`${page.path} -> ${link}`];
  });

/** Pages that a link of this page leads to. */
export const linkedPages = (page: Page): readonly string[] =>
  [...prose(page).matchAll(/\]\(([^)\s#]+\.md)(?:#[^)]*)?\)/g)].map(([, link = '']) => relative(repository, resolve(repository, page.path, '..', link)));

/** Rows of the tables below a heading, cell by cell, without the head. */
export const rowsBelow = (page: Page, heading: string): readonly (readonly string[])[] => {
  const text = `\n${page.text}`;
  const start = text.indexOf(`\n${heading}\n`);
  if (start === -1) throw new RangeError(`${page.path} has no heading "${heading}"`);
  const level = /^#+/.exec(heading)?.[0].length ?? 1;
  const rest = text.slice(start + heading.length + 2);
  const end = rest.search(new RegExp(`^#{1,${String(level)}} `, 'm'));
  const rows = (end === -1 ? rest : rest.slice(0, end)).split('\n').filter((line) => line.startsWith('|')).map((line) => line.slice(1, -1).split(/(?<!\\)\|/).map((cell) => cell.trim()));
  const heads = rows.flatMap((row, index) => (row.every((cell) => /^-+$/.test(cell)) ? [index - 1, index] : []));
  return rows.filter((_, index) => !heads.includes(index));
};

/** A cell without its backticks. */
export const plain = (cell: string): string => cell.replaceAll('`', '');
