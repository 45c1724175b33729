/** Soft limit on open files in /proc/<pid>/limits text; null for "unlimited" or when it is not told. */
export function parseOpenFilesLimit(_text: string): { readonly soft: number | null; readonly hard: number | null } { throw new Error('not written yet'); }
export interface ConnectionBudget { readonly openFiles: number | null; readonly listeners: number; readonly reserved: number; readonly checkedServers: number; readonly threads: number; /** What the settings ask for. */ readonly wanted: number | null }
export function deriveMaxConnections(_budget: ConnectionBudget): { readonly maxConnections: number; readonly sentence: string } { throw new Error('not written yet'); }
