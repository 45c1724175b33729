import { createRequire } from 'node:module';
import type * as Yaml from 'yaml';
import { closest } from './closest.ts';
import type { SettingKey } from './settings.ts';
import { settingKeys } from './settings.ts';

/** A value of the configuration file, as the text that a flag would carry. */
export interface FileValue {
  readonly key: SettingKey;
  readonly text: string;
  readonly line: number;
}

export interface FileProblem {
  readonly line: number;
  readonly message: string;
}

/**
 * Reads a configuration file (YAML or JSON): nested mappings whose joined names are the settings' keys (`listen: {http: 8080}`).
 * Lists may be written as lists or as one text separated by commas. Null means not set.
 */
export function parseConfigFile(source: string): { readonly values: readonly FileValue[]; readonly problems: readonly FileProblem[] } {
  // Loaded when there is a file to read: most routers have none, and the library is 2 MB of memory.
  const { isMap, isScalar, isSeq, LineCounter, parseDocument } = createRequire(import.meta.url)('yaml') as typeof Yaml;
  const lines = new LineCounter();
  // Without alias expansion limits a file of a few lines could grow to gigabytes; a configuration needs no aliases at all.
  const document = parseDocument(source, { lineCounter: lines, uniqueKeys: true });
  const values: FileValue[] = [];
  const problems: FileProblem[] = document.errors.map((error) => ({ line: error.linePos?.[0].line ?? 1, message: `is no YAML: ${error.message.split('\n')[0] ?? ''}` }));
  if (problems.length > 0) return { values, problems };

  const walk = (node: unknown, path: string, line: number): void => {
    if (isMap(node)) {
      for (const pair of node.items) {
        const name = isScalar(pair.key) ? String(pair.key.value) : '?';
        const at = isScalar(pair.key) && pair.key.range ? lines.linePos(pair.key.range[0]).line : line;
        walk(pair.value, path === '' ? name : `${path}.${name}`, at);
      }
      return;
    }
    if (isScalar(node) && node.value === null) return;
    const key = settingKeys.find((candidate) => candidate === path);
    if (key === undefined) {
      const group = settingKeys.find((candidate) => candidate.startsWith(`${path}.`));
      const similar = closest(path, settingKeys);
      problems.push({
        line,
        message: group !== undefined
          ? `${path} holds settings, such as ${group.slice(path.length + 1)}: write them indented under it`
          : `unknown setting ${path}${similar === null ? '; fairway run --help lists them' : `; did you mean ${similar}?`}`,
      });
      return;
    }
    const text = scalarText(node, { isScalar, isSeq });
    if (text === null) problems.push({ line, message: `${path} takes one value or a list of values` });
    else values.push({ key, text, line });
  };
  if (document.contents !== null && !isMap(document.contents) && !(isScalar(document.contents) && document.contents.value === null)) {
    problems.push({ line: 1, message: 'holds no settings: write them as "name: value", one a line' });
  } else walk(document.contents, '', 1);
  return { values, problems };
}

function scalarText(node: unknown, yaml: Pick<typeof Yaml, 'isScalar' | 'isSeq'>): string | null {
  if (yaml.isScalar(node)) return ['string', 'number', 'boolean', 'bigint'].includes(typeof node.value) ? String(node.value) : null;
  if (!yaml.isSeq(node)) return null;
  const items = node.items.map((item) => scalarText(item, yaml));
  return items.includes(null) ? null : items.join(',');
}
