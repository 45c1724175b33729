export interface CrtListEntry { readonly file: string; readonly line: number; /** Text between the brackets, or ''. */ readonly options: string; readonly filters: readonly string[] }
export function parseShowCrtList(_text: string): readonly CrtListEntry[] { throw new Error('not written yet'); }
