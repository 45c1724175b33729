import { LineCounter, parseAllDocuments } from 'yaml';
import type { Capture, Parser, Reading, Unread } from '../evidence.ts';
import type { SourceLine } from '../evidence.ts';
import { sourceLine, unreadLine } from '../evidence.ts';
import { isObject, recognise, textOf } from './read-lines.ts';
import type { JsonObject } from './read-lines.ts';

/** An object of the Kubernetes API, or a component's configuration file (`KubeProxyConfiguration`), as captured. */
export interface KubeObjectRecord {
  readonly kind: 'kube-object';
  readonly source: SourceLine;
  readonly apiVersion: string;
  readonly objectKind: string;
  readonly namespace: string;
  readonly name: string;
  readonly object: JsonObject;
  /** Line of a field, by its path (`['spec', 'hostNetwork']`); the object's first line when the field is not there. */
  lineOf(path: readonly (string | number)[]): SourceLine;
}

const largest = 8 * 1024 * 1024;

function parse(capture: Capture): Reading<KubeObjectRecord> {
  const text = capture.lines.join('\n');
  const unread: Unread[] = [];
  if (text.length > largest) return { records: [], unread: [unreadLine(capture, sourceLine(capture, 0), 'kube-objects', 'larger than 8 MiB')] };
  // The YAML parser takes about 15 microseconds for each sign of syntax: a text made of nothing else would take minutes.
  if (text.length > 100_000 && (text.match(/["'{}[\],:?&*!|>]/g)?.length ?? 0) > text.length / 4) return { records: [], unread: [unreadLine(capture, sourceLine(capture, 0), 'kube-objects', 'mostly signs of syntax, unlike any object')] };
  const counter = new LineCounter();
  const records: KubeObjectRecord[] = [];
  for (const document of parseAllDocuments(text, { lineCounter: counter, uniqueKeys: false, prettyErrors: false })) {
    const lineAt = (offset: number): SourceLine => sourceLine(capture, Math.max(0, counter.linePos(offset).line - 1));
    if ('empty' in document && document.empty) continue;
    const problem = document.errors[0];
    if (problem) { unread.push(unreadLine(capture, lineAt(problem.pos[0]), 'kube-objects', `not YAML: ${problem.message.split('\n', 1)[0] ?? ''}`.slice(0, 200))); continue; }
    let value: unknown;
    // An alias bomb throws here instead of growing.
    try { value = document.toJS({ maxAliasCount: 100 }); } catch (error) { unread.push(unreadLine(capture, lineAt(0), 'kube-objects', error instanceof Error ? error.message.slice(0, 200) : 'unreadable')); continue; }
    for (const [path, object] of objects(value)) {
      const where = (inner: readonly (string | number)[]): SourceLine => {
        const node: unknown = document.getIn([...path, ...inner], true);
        const range = typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range) ? node.range as readonly unknown[] : null;
        const offset = range === null ? null : range[0];
        return typeof offset === 'number' ? lineAt(offset) : inner.length > 0 ? where([]) : lineAt(0);
      };
      const metadata = isObject(object['metadata']) ? object['metadata'] : {};
      records.push({
        kind: 'kube-object', source: where([]), apiVersion: textOf(object['apiVersion']) ?? '', objectKind: textOf(object['kind']) ?? '',
        namespace: textOf(metadata['namespace']) ?? '', name: textOf(metadata['name']) ?? '', object, lineOf: where,
      });
    }
    if (!isObject(value) && value !== null && value !== undefined) unread.push(unreadLine(capture, lineAt(0), 'kube-objects', 'not an object'));
  }
  return { records, unread };
}

/** Items of a List, or the document itself. */
function objects(value: unknown): (readonly [readonly (string | number)[], JsonObject])[] {
  if (!isObject(value)) return [];
  const items = value['items'];
  if (/List$/.test(textOf(value['kind']) ?? '') && Array.isArray(items)) {
    return items.flatMap((item, index) => (isObject(item) ? [[['items', index], item] as const] : []));
  }
  return typeof value['kind'] === 'string' ? [[[], value]] : [];
}

export const kubeObjects: Parser<'kube-objects', KubeObjectRecord> = {
  format: 'kube-objects',
  commands: ['kubectl get -o yaml KIND NAME'],
  recognises: (capture) => recognise(
    capture,
    ({ program, words }) => (program === 'kubectl' || program === 'oc') && words.includes('get') && /(?:^|\s)(?:-o|--output)[= ]?(?:yaml|json)/.test(words.join(' ')),
    (text) => /^"?apiVersion"?: \S+/.test(text),
  ),
  parse,
};
