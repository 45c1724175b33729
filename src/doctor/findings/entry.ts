/**
 * The catalogue's vocabulary. An entry is everything the doctor can say about one fault, written once: the report, `--explain` and
 * docs/findings/ are made from it.
 */
export type Severity = 'error' | 'warning' | 'note';

export interface FixEntry {
  /** What to do, in one sentence; may use the entry's arguments. */
  readonly text: string;
  /** A command that does it. Never run by Fairway. */
  readonly command?: string;
  /** Said when the fix opens more than the fault needs; such a fix is never the first. */
  readonly widensAccess?: string;
}

export interface LookAlike {
  /** Code of the other finding, or null when it has none. */
  readonly code: string | null;
  readonly what: string;
  /** What tells the two apart. */
  readonly tell: string;
}

export interface Entry {
  /** `L2-01`. Written out, never re-used. */
  readonly code: string;
  /** `vip-mac-foreign`: also the name of the page. */
  readonly name: string;
  readonly title: string;
  readonly severity: Severity;
  /** An error or warning about who may get in, rather than about what does not work. */
  readonly security?: true;
  /** One sentence with named arguments: `{host} sends packets for {vip} to {mac}.` */
  readonly message: string;
  /** The narrowest first. */
  readonly fix: readonly [FixEntry, ...FixEntry[]];
  readonly verify: { readonly text: string; readonly command?: string };
  /** Codes that this fault brings about: they are told as its children when they are about the same thing. */
  readonly explains: readonly string[];
  readonly page: {
    /** What goes on, for somebody who has never met it. */
    readonly happens: string;
    /** What in the evidence proves it. */
    readonly evidence: string;
    readonly lookAlikes: readonly LookAlike[];
  };
}

/** Names in braces: `'{host} has {vip}'` gives `'host' | 'vip'`. */
type Names<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}` ? Name | Names<Rest> : never;

type FixTexts<E extends Entry> = E['fix'][number] extends infer F ? F extends { readonly text: infer T extends string } ? T | (F extends { readonly command: infer C extends string } ? C : never) : never : never;
type VerifyTexts<E extends Entry> = E['verify']['text'] | (E['verify'] extends { readonly command: infer C extends string } ? C : never);

/** The arguments an entry's texts need, every one of them a string. */
export type ArgsOf<E extends Entry> = Readonly<Record<Names<E['message'] | FixTexts<E> | VerifyTexts<E>>, string>>;

/** Keeps the literal types of a family, so that a missing or misspelt argument does not compile. */
export function family<const F extends Readonly<Record<string, Entry>>>(entries: F): F {
  return entries;
}

const placeholder = /\{([a-zA-Z][a-zA-Z0-9]*)\}/g;

export function fill(template: string, args: Readonly<Record<string, string>>): string {
  return template.replace(placeholder, (whole, name: string) => args[name] ?? whole);
}

export function argNames(template: string): string[] {
  return [...template.matchAll(placeholder)].map((found) => found[1] ?? '');
}
