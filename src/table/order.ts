import type { Rule } from './routing-table.ts';

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** A path of slashes only is the root of the host: "" and "/" ask for the same. */
export const isRootPath = (path: string): boolean => /^\/*$/.test(path);

/**
 * The one total order of rules, most specific first among those that can meet in one request:
 *
 * 1. an exact host before a wildcard (a wildcard covers exactly one label, so two wildcards never meet);
 * 2. hosts by name;
 * 3. the longer path first (`/a/b` before `/a`; the root last);
 * 4. the older object first: creationTimestamp, then uid, then `namespace/name`.
 *
 * 4 decides only where one host and path has two holders ("" and "/").
 */
export const compareRules = (a: Rule, b: Rule): number =>
  Number(a.wildcard) - Number(b.wildcard) ||
  compareText(a.host, b.host) ||
  effectiveLength(b.path) - effectiveLength(a.path) ||
  (isRootPath(a.path) && isRootPath(b.path) ? 0 : compareText(a.path, b.path)) ||
  compareAge(a, b);

const effectiveLength = (path: string): number => (isRootPath(path) ? 0 : path.length);

/** Older first. */
export const compareAge = (a: Rule, b: Rule): number =>
  a.age.created - b.age.created || compareText(a.age.uid, b.age.uid) || compareText(a.id, b.id);
