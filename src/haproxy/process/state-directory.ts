export type StateDirectoryAnswer = { readonly ok: true; readonly state: StateDirectory } | { readonly ok: false; readonly message: string };
export interface StateDirectory { readonly path: string; readonly run: string; readonly maps: string; readonly certs: string; readonly lua: string; release(): Promise<void> }
/** Makes the directory (0700) with run/, maps/, certs/, lua/, and takes its lock. */
export function openStateDirectory(_path: string): Promise<StateDirectoryAnswer> { throw new Error('not written yet'); }
