/** `show env`: `NAME=value`, one a line. A value with line breaks ends at the first: its other lines cannot be told from variables. */
export function parseShowEnv(text: string): ReadonlyMap<string, string> {
  const variables = new Map<string, string>();
  for (const line of text.split('\n')) {
    const equals = line.indexOf('=');
    if (equals > 0 && !variables.has(line.slice(0, equals))) variables.set(line.slice(0, equals), line.slice(equals + 1));
  }
  return variables;
}
