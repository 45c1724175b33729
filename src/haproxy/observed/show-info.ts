export function parseShowInfo(_text: string): ReadonlyMap<string, string> { throw new Error('not written yet'); }
