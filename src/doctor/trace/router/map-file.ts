import type { Settle, SourceLine } from '../../evidence.ts';
import { contains, prefix } from '../../address.ts';
import type { Found } from '../../model/record-index.ts';

export type MapEntry = Found<'haproxy-map-entry'>;

export type MapAnswer =
  | { readonly is: 'found'; readonly value: string; readonly line: SourceLine; readonly place: number; readonly of: number }
  | { readonly is: 'nothing'; readonly of: number }
  | { readonly is: 'unknown'; readonly because: string; readonly settle: readonly Settle[] };

/** Which entry of a map takes a text, as HAProxy's match methods decide (configuration manual, "map" converters). */
export type Method = 'str' | 'beg' | 'end' | 'sub' | 'dir' | 'dom' | 'reg' | 'ip';

export function lookUp(entries: readonly MapEntry[], host: string, file: string, method: Method, text: string): MapAnswer {
  const settle = [{ host, command: `echo "show map ${file}" | socat stdio SOCKET   # or: cat ${file}` }];
  const named = entries.filter((each) => each.host === host && (each.record.map === file || baseName(each.record.map) === baseName(file)));
  // What HAProxy has counts more than what the file says: it may have been changed at run time.
  const live = named.filter((each) => each.record.from === 'runtime');
  const mine = live.length > 0 ? live : named;
  if (mine.length === 0) return { is: 'unknown', because: `the map ${baseName(file)} is not in the evidence`, settle };
  const whole = mine.every((each) => each.read.complete);
  let best: { readonly entry: MapEntry; readonly place: number; readonly length: number } | null = null;
  for (const [place, entry] of mine.entries()) {
    const { key } = entry.record;
    const held = fits(method, key, text);
    if (held === 'unknown') return { is: 'unknown', because: `line ${String(place + 1)} of ${baseName(file)} holds an expression that cannot be evaluated`, settle: [] };
    if (!held) continue;
    // Trees answer with the longest prefix, lists with the first line (manual, "ACL basics", and pattern.c).
    const length = method === 'beg' || method === 'ip' ? key.length : 0;
    if (best === null || length > best.length) best = { entry, place: place + 1, length };
    if (method !== 'beg' && method !== 'ip') break;
  }
  if (best !== null) return { is: 'found', value: best.entry.record.value, line: best.entry.record.source, place: best.place, of: mine.length };
  return whole ? { is: 'nothing', of: mine.length } : { is: 'unknown', because: `the capture of ${baseName(file)} is not whole`, settle };
}

function fits(method: Method, key: string, text: string): boolean | 'unknown' {
  switch (method) {
    case 'str': return key === text;
    case 'beg': return text.startsWith(key);
    case 'end': return text.endsWith(key);
    case 'sub': return text.includes(key);
    case 'dir': return delimited(text, key.replace(/^\/+|\/+$/g, ''), '/?');
    case 'dom': return delimited(text, key.replace(/^\.+|\.+$/g, ''), '/?.:');
    case 'ip': { const net = prefix(key); return net === null ? false : contains(net, text); }
    case 'reg': return matches(key, text);
  }
}

function delimited(text: string, part: string, signs: string): boolean {
  for (let at = text.indexOf(part); at >= 0 && part !== ''; at = text.indexOf(part, at + 1)) {
    const before = at === 0 || signs.includes(text[at - 1] ?? '');
    const after = at + part.length === text.length || signs.includes(text[at + part.length] ?? '');
    if (before && after) return true;
  }
  return false;
}

/** A repetition of something that itself repeats may take for ever on a hostile text; such an expression is left open. */
const nested = /\((?:[^()\\]|\\.)*[+*}](?:[^()\\]|\\.)*\)[+*{]/;

export function matches(expression: string, text: string): boolean | 'unknown' {
  if (expression.length > 2_000 || text.length > 8_192 || nested.test(expression)) return 'unknown';
  try {
    return new RegExp(expression).test(text);
  } catch {
    return 'unknown';
  }
}

export function baseName(file: string): string {
  return file.slice(file.lastIndexOf('/') + 1);
}
