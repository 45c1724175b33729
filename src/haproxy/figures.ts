/** What status and metrics ask of the running HAProxy. Every answer may fail while HAProxy is being started again. */
export interface HaproxyFigures {
  /** Text of `show stat`: all rows, or without those of servers (`show stat -1 3 -1`), which is the greater part. Null: nobody answers. */
  showStat(rows: 'all' | 'proxies'): Promise<string | null>;
  /** `show info`, by name. Null: nobody answers. */
  showInfo(): Promise<ReadonlyMap<string, string> | null>;
  /** What a backend is for now: a rule (by id), a pool that waits for one, or something of HAProxy's own. */
  backendOwner(backend: string): BackendOwner;
  /** Id of the member that a server of a rule's backend stands for; undefined: none (a place held free). */
  memberOf(backend: string, server: string): string | undefined;
}

export type BackendOwner = { readonly kind: 'rule'; readonly rule: string } | { readonly kind: 'spare' } | { readonly kind: 'other' };
