export interface CaFileName { readonly file: string; readonly certificates: number; readonly uncommitted: boolean }
export function parseShowCaFileList(_text: string): readonly CaFileName[] { throw new Error('not written yet'); }
/** SHA-1 fingerprints (upper-case hex) of one CA file's certificates, in order. */
export function parseShowCaFile(_text: string): readonly string[] { throw new Error('not written yet'); }
