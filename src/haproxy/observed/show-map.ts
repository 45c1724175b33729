/** An entry of a map; `reference` addresses it alone (`del map <path> #<reference>`) where a key has several entries. */
export interface MapEntry { readonly reference: string; readonly key: string; readonly value: string }
export function parseShowMap(_text: string): readonly MapEntry[] { throw new Error('not written yet'); }
