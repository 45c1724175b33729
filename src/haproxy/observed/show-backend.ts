export function parseShowBackend(_text: string): readonly string[] { throw new Error('not written yet'); }
