/** Writes `content` (0600, temporary file and rename) only when the file has another content; says whether it did. */
export function writeFileIfChanged(_path: string, _content: string | Uint8Array): Promise<boolean> { throw new Error('not written yet'); }
