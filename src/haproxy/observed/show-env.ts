export function parseShowEnv(_text: string): ReadonlyMap<string, string> { throw new Error('not written yet'); }
