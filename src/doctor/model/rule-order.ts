import type { SourceLine } from '../evidence.ts';
import type { HaproxySectionRecord, HaproxyStatement } from '../parsers/haproxy-config.ts';

/** A line of a map that is searched from the top: what it matches, taken apart so that no expression from the evidence is ever run. */
export interface PlaceKey {
  /** True for one label in front of the host (`[^\.]*\.`). */
  readonly wildcard: boolean;
  readonly host: string;
  readonly path: string;
  /** After the path: a further segment only, or anything (where the path ends with a slash). */
  readonly tail: 'segment' | 'anything';
}

/** `^www\.example\.com\.?(:[0-9]+)?/api(/.*)?$`, the form that OpenShift's router writes; null for every other expression. */
export function placeKey(text: string): PlaceKey | null {
  const found = /^\^(\[\^\\?\.\]\*\\\.)?((?:[\w-]|\\[.-]){1,253})(?:\\\.\?)?(?:\(:\[0-9\]\+\)\?)?((?:\/(?:[^\\()[\]{}^$*+?|]|\\.)*)?)(\(\/\.\*\)\?|\(\.\*\)\?|\.\*)?\$$/.exec(text);
  if (!found) return null;
  const path = (found[3] ?? '').replace(/\\x20/g, ' ').replace(/\\(.)/g, '$1');
  return { wildcard: found[1] !== undefined, host: (found[2] ?? '').replace(/\\(.)/g, '$1').toLowerCase(), path: path === '/' ? '' : path, tail: path.length > 1 && path.endsWith('/') ? 'anything' : 'segment' };
}

/** Whether the first takes every request that the second would take. */
export function covers(first: PlaceKey, second: PlaceKey): boolean {
  const host = first.wildcard ? (second.wildcard ? first.host === second.host : second.host.endsWith(`.${first.host}`) && !second.host.slice(0, -first.host.length - 1).includes('.')) : !second.wildcard && first.host === second.host;
  if (!host) return false;
  if (first.path === '' || first.path === second.path) return true;
  return second.path.startsWith(first.tail === 'anything' ? first.path : `${first.path}/`);
}

/** Whether a request is among those the key takes. */
export function takesRequest(key: PlaceKey, host: string, path: string): boolean {
  return covers(key, { wildcard: false, host: host.toLowerCase(), path: path === '/' ? '' : path, tail: 'segment' });
}

interface Term { readonly text: string; readonly hosts: readonly string[] | null; readonly prefixes: readonly string[] | null }

/** One `use_backend` with what must hold for it; each alternative is a list of terms that hold together. */
export interface BackendRule {
  readonly backend: string;
  readonly line: SourceLine;
  readonly when: readonly (readonly Term[])[];
}

/** The `use_backend` rules of a section in their order. Conditions that negate, and names made up at run time, are left out: nothing is said about them. */
export function backendRules(section: HaproxySectionRecord): BackendRule[] {
  const acls = new Map<string, HaproxyStatement[]>();
  for (const statement of section.statements) if (statement.keyword === 'acl') acls.set(statement.args[0] ?? '', [...(acls.get(statement.args[0] ?? '') ?? []), statement]);
  return section.statements.filter((each) => each.keyword === 'use_backend' && !(each.args[0] ?? '%').includes('%')).flatMap((each): BackendRule[] => {
    const rule = { backend: each.args[0] ?? '', line: each.source };
    if (each.args.length === 1) return [{ ...rule, when: [[]] }];
    if (each.args[1] !== 'if') return [];
    const when = alternatives(each.args.slice(2), acls);
    return when === null ? [] : [{ ...rule, when }];
  });
}

function alternatives(words: readonly string[], acls: ReadonlyMap<string, readonly HaproxyStatement[]>): Term[][] | null {
  const made: Term[][] = [[]];
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    if (word === '||' || word === 'or') { made.push([]); continue; }
    if (word.startsWith('!')) return null;
    if (word === '{') {
      const end = words.indexOf('}', at);
      if (end < 0 || words[at + 1]?.startsWith('!') === true) return null;
      made.at(-1)?.push(term(words.slice(at + 1, end).join(' '), [words.slice(at + 1, end)]));
      at = end;
    } else made.at(-1)?.push(term(word, (acls.get(word) ?? []).map((each) => each.args.slice(1))));
  }
  return made;
}

/** Several definitions of one name hold alternatively. What is no list of hosts or path beginnings is known by its text only. */
function term(text: string, definitions: readonly (readonly string[])[]): Term {
  const values = (fetch: RegExp): string[] | null => (definitions.length > 0 && definitions.every((words) => fetch.test(words[0] ?? '') && words.slice(1).every((word) => !word.startsWith('-') || /^-(?:i|m|-)$/.test(word)) && !words.includes('-m')) ? definitions.flatMap((words) => words.slice(1).filter((word) => !word.startsWith('-'))) : null);
  const hosts = values(/^(?:req\.)?(?:hdr|fhdr)\(host\)$/i);
  // Names have no case, paths have: a beginning that is compared without it is left to its text.
  const begins = definitions.some((words) => words.includes('-i')) ? null : values(/^path_beg$/);
  return { text, hosts: hosts?.map((host) => host.toLowerCase()) ?? null, prefixes: begins };
}

/** Whether the first rule takes every request that would come to the second. */
export function shadows(first: BackendRule, second: BackendRule): boolean {
  return second.when.every((narrow) => first.when.some((wide) => wide.every((term) => narrow.some((other) => implies(other, term)))));
}

function implies(narrow: Term, wide: Term): boolean {
  if (narrow.text === wide.text) return true;
  if (narrow.hosts !== null && wide.hosts !== null) return narrow.hosts.length > 0 && narrow.hosts.every((host) => wide.hosts?.includes(host) === true);
  return narrow.prefixes !== null && wide.prefixes !== null && narrow.prefixes.length > 0 && narrow.prefixes.every((path) => wide.prefixes?.some((begin) => path.startsWith(begin)) === true);
}
