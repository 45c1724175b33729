/** Limits on open files in the text of /proc/<pid>/limits; null for `unlimited` or when the line is missing. */
export function parseOpenFilesLimit(text: string): { readonly soft: number | null; readonly hard: number | null } {
  // Max open files            1024                 524288               files
  const groups = /^Max open files\s+(?<soft>\S+)\s+(?<hard>\S+)/m.exec(text)?.groups;
  const decode = (value: string | undefined): number | null => (value !== undefined && /^\d+$/.test(value) ? Number(value) : null);
  return { soft: decode(groups?.['soft']), hard: decode(groups?.['hard']) };
}

export interface ConnectionBudget {
  /** The hard limit: HAProxy raises its soft limit by itself. Null: unlimited. */
  readonly openFiles: number | null;
  readonly listeners: number;
  /** Files for everything not counted otherwise: stats connections, logs, resolvers. */
  readonly reserved: number;
  /** A running check holds a connection of its own. */
  readonly checkedServers: number;
  readonly threads: number;
  /** What the settings ask for; null: as many as possible, up to 50,000. */
  readonly wanted: number | null;
}

/** Poller and wake-up pipe of a thread. */
const filesOfThread = 4;
const defaultConnections = 50_000;
const fewest = 16;

/** `maxconn` for HAProxy and the sentence for the log. Never fails: a router for few connections is better than none. */
export function deriveMaxConnections(budget: ConnectionBudget): { readonly maxConnections: number; readonly sentence: string } {
  const { openFiles, wanted } = budget;
  const target = wanted ?? defaultConnections;
  if (openFiles === null) return { maxConnections: target, sentence: `Open files are unlimited; HAProxy takes up to ${target} connections.` };
  const fixed = budget.listeners + budget.reserved + budget.checkedServers + budget.threads * filesOfThread;
  // A proxied connection holds two files: the client's and the member's.
  const possible = Math.max(fewest, Math.floor((openFiles - fixed) / 2));
  const maxConnections = Math.min(target, possible);
  const limit = `The limit of ${openFiles} open files`;
  if (maxConnections === target) return { maxConnections, sentence: `${limit} allows the ${target} connections HAProxy is set to take.` };
  const sentence = wanted === null
    ? `${limit} lets HAProxy take ${possible} connections; raise it (LimitNOFILE=, ulimit -n) to ${fixed + 2 * target} for ${target}.`
    : `${limit} lets HAProxy take ${possible} connections, not the ${wanted} asked for; raise it (LimitNOFILE=, ulimit -n) to ${fixed + 2 * wanted}.`;
  return { maxConnections, sentence };
}
