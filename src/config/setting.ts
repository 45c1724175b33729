import type { ValueKind } from './value-kinds.ts';

/** Headings of `--help`, in its order. */
export const groups = ['Input and state', 'Listeners', 'TLS', 'Timeouts', 'Defaults of routes', 'Admission', 'HAProxy', 'Answers', 'Logs', 'Metrics', 'Pace and stopping'] as const;
export type Group = (typeof groups)[number];

/** An OpenShift router's variable of the same meaning. */
export interface OpenShiftVariable {
  readonly name: string;
  /** Its text as this setting's text, where the two differ; null: as if it were not set. */
  readonly translate?: (text: string) => string | null;
}

/** One setting: a flag, a variable and a key of the configuration file that mean the same. */
export interface Setting<T> {
  readonly group: Group;
  /** Without the two dashes. Also names the environment variable: `http-port` is `FAIRWAY_HTTP_PORT`. */
  readonly flag: string;
  readonly kind: ValueKind<T>;
  readonly fallback: NoInfer<T>;
  /** How `--help` shows the default, where the value itself does not say it. */
  readonly fallbackText?: string;
  readonly help: string;
  /** First one set wins. */
  readonly openshift?: readonly OpenShiftVariable[];
  /** Takes part in `check` and `explain --from` as well as in `run`: it changes verdicts or the table. */
  readonly judges?: boolean;
  /** Its value never appears in an error text. */
  readonly secret?: boolean;
}

export function setting<T>(description: Setting<T>): Setting<T> {
  return description;
}

export type ValueOf<S> = S extends Setting<infer T> ? T : never;

/** `FAIRWAY_HTTP_PORT` for `http-port`. */
export function variableOf(description: Pick<Setting<unknown>, 'flag'>): string {
  return `FAIRWAY_${description.flag.toUpperCase().replaceAll('-', '_')}`;
}

/** For variables in which true means this switch is off. */
export function inverted(text: string): string | null {
  return /^(1|t|true|yes|on)$/i.test(text) ? 'false' : 'true';
}

/** The operator writes some values as Go string literals: the quotes around the whole are not meant. */
export function unquoted(text: string): string {
  return /^"[^"]*"$/.test(text) ? text.slice(1, -1) : text;
}

