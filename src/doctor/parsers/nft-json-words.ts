import { isObject, textOf } from './read-lines.ts';
import type { JsonObject } from './read-lines.ts';
import type { NftWord } from './nft-words.ts';

/**
 * Expressions of libnftables-json(5) as the words that `nft list ruleset` prints for them: both forms then go through one reader and
 * mean the same to the letter. What is not known becomes a word that no rule has, so that the reader leaves that part open.
 */
export const bare = (...texts: readonly (string | number)[]): NftWord[] => texts.map((text) => ({ text: String(text), quoted: false }));
export const quoted = (text: string): NftWord => ({ text, quoted: true });
/** A scalar as text. */
export const str = (value: unknown, otherwise = ''): string => textOf(value) ?? otherwise;
export const unknownWords = (value: unknown): NftWord[] => bare(`json:${JSON.stringify(value).slice(0, 80)}`);

/** The one key of `{"payload": {...}}` with what it holds; null for anything else. */
export function single(value: unknown): readonly [key: string, of: unknown] | null {
  if (!isObject(value)) return null;
  const keys = Object.keys(value);
  const [key] = keys;
  return key === undefined || keys.length > 1 ? null : [key, value[key]];
}

/** Values of devices may be called like anything: they are quoted, as nft quotes them. */
const deviceKeys = new Set(['iif', 'oif', 'iifname', 'oifname', 'ibrname', 'obrname']);

export function namesDevice(selector: unknown): boolean {
  const [kind, of] = single(selector) ?? ['', null];
  return kind === 'meta' && isObject(of) && deviceKeys.has(str(of['key']));
}

/** What stands left of a comparison, or is looked up. */
export function selectorWords(value: unknown): NftWord[] {
  const [kind, of] = single(value) ?? ['', null];
  const at: JsonObject = isObject(of) ? of : {};
  const text = (key: string): string => str(at[key], '');
  switch (kind) {
    case 'payload':
      return at['protocol'] === undefined ? bare(`@${text('base')}`, ',', text('offset'), ',', text('len')) : bare(text('protocol'), text('field'));
    case 'meta':
      return bare('meta', text('key'));
    case 'ct':
      return bare('ct', ...(at['dir'] === undefined ? [] : [text('dir')]), ...(at['family'] === undefined ? [] : [text('family')]), ...text('key').split(' '));
    case 'fib': {
      const flags = Array.isArray(at['flags']) ? at['flags'].map(String) : [text('flags')];
      return bare('fib', ...flags.flatMap((flag, index) => (index === 0 ? [flag] : ['.', flag])), text('result'));
    }
    case 'rt':
    case 'socket':
    case 'osf':
      return bare(kind, text('key'));
    case 'ipsec':
      return bare(kind, text('dir'), text('key'));
    case 'exthdr':
      return bare(kind, text('name'));
    case 'tcp option':
    case 'ip option':
    case 'sctp chunk':
      return bare(...kind.split(' '), text('name'), ...(at['field'] === undefined ? [] : [text('field')]));
    case 'numgen':
      return bare(kind, text('mode'), 'mod', text('mod'), ...(at['offset'] === undefined || at['offset'] === 0 ? [] : ['offset', text('offset')]));
    case 'jhash':
      return [...bare(kind), ...selectorWords(at['expr']), ...bare('mod', text('mod')), ...(at['seed'] === undefined ? [] : bare('seed', text('seed'))), ...(at['offset'] === undefined ? [] : bare('offset', text('offset')))];
    case 'symhash':
      return bare(kind, 'mod', text('mod'), ...(at['offset'] === undefined ? [] : ['offset', text('offset')]));
    case 'concat':
      return Array.isArray(of) ? joined(of.map(selectorWords), '.') : unknownWords(value);
    case '&':
    case '|':
    case '^':
      return Array.isArray(of) ? joined(of.map((one, index) => (index === 0 ? selectorWords(one) : valueWords(one, false))), kind) : unknownWords(value);
    default:
      return unknownWords(value);
  }
}

/** What stands right of a comparison. `device`: strings are names of devices. */
export function valueWords(value: unknown, device: boolean): NftWord[] {
  if (typeof value === 'number' || typeof value === 'boolean') return bare(String(value));
  if (typeof value === 'string') return device && !value.startsWith('@') ? [quoted(value)] : bare(value);
  // A list of flags: any of them, or, behind a mask, all of them.
  if (Array.isArray(value)) return joined(value.map((one) => valueWords(one, device)), ',');
  const [kind, of] = single(value) ?? ['', null];
  switch (kind) {
    case 'prefix':
      return isObject(of) ? bare(`${str(of['addr'])}/${str(of['len'])}`) : unknownWords(value);
    case 'range':
      return Array.isArray(of) ? bare(of.map(String).join('-')) : unknownWords(value);
    case 'set':
      return Array.isArray(of) ? braces(of.map((one) => valueWords(one, device))) : unknownWords(value);
    case 'concat':
      return Array.isArray(of) ? joined(of.map((one) => valueWords(one, device)), '.') : unknownWords(value);
    case '|':
    case '&':
      return Array.isArray(of) ? joined(of.map((one) => valueWords(one, device)), kind) : unknownWords(value);
    case 'elem':
      return isObject(of) ? elementWords(of, device) : unknownWords(value);
    case 'map':
      return isObject(of) ? [...selectorWords(of['key']), ...bare('map'), ...mapWords(of['data'])] : unknownWords(value);
    default:
      return selectorWords(value);
  }
}

/** `{"val": ..., "timeout": 60, "expires": 12, "comment": "..."}` */
function elementWords(element: JsonObject, device: boolean): NftWord[] {
  const comment = element['comment'];
  return [
    ...valueWords(element['val'], device), ...['timeout', 'expires'].flatMap((key) => (element[key] === undefined ? [] : bare(key, `${str(element[key])}s`))),
    ...(typeof comment === 'string' ? [...bare('comment'), quoted(comment)] : []),
  ];
}

/** Elements of a map: pairs of a key and what it leads to. */
export function mapWords(data: unknown): NftWord[] {
  if (typeof data === 'string') return bare(data);
  const [kind, of] = single(data) ?? ['', null];
  return kind === 'set' && Array.isArray(of) ? braces(of.map(pairWords)) : unknownWords(data);
}

export function pairWords(pair: unknown): NftWord[] {
  if (!Array.isArray(pair) || pair.length !== 2) return valueWords(pair, false);
  const [key, value] = pair as readonly unknown[];
  return [...valueWords(key, false), ...bare(':'), ...(verdictWords(value) ?? valueWords(value, false))];
}

/** Null when it is no verdict. */
export function verdictWords(value: unknown): NftWord[] | null {
  const [kind, of] = single(value) ?? ['', null];
  switch (kind) {
    case 'accept':
    case 'drop':
    case 'continue':
    case 'return':
      return bare(kind);
    case 'jump':
    case 'goto':
      return isObject(of) ? [...bare(kind), { text: str(of['target']), quoted: false }] : null;
    default:
      return null;
  }
}

export function joined(parts: readonly (readonly NftWord[])[], separator: string): NftWord[] {
  return parts.flatMap((part, index) => (index === 0 ? part : [...bare(separator), ...part]));
}

export function braces(parts: readonly (readonly NftWord[])[]): NftWord[] {
  return [...bare('{'), ...joined(parts, ','), ...bare('}')];
}
