import { isObject } from './read-lines.ts';
import type { JsonObject } from './read-lines.ts';
import { bare, joined, mapWords, namesDevice, quoted, selectorWords, single, str, unknownWords, valueWords, verdictWords } from './nft-json-words.ts';
import type { NftWord } from './nft-words.ts';

/** One entry of a rule's `expr` as the words of nft's text. `family` is of the table: a bare `reject` means another reply in each. */
export function statementWords(value: unknown, family: string): NftWord[] {
  const verdict = verdictWords(value);
  if (verdict !== null) return verdict;
  const found = single(value);
  if (found === null) return unknownWords(value);
  const [kind, of] = found;
  const at: JsonObject = isObject(of) ? of : {};
  switch (kind) {
    case 'match':
      return match(at);
    case 'counter':
      return counterWords(of);
    case 'mangle':
      return [...selectorWords(at['key']), ...bare('set'), ...valueWords(at['value'], false)];
    case 'vmap':
      return [...selectorWords(at['key']), ...bare('vmap'), ...mapWords(at['data'])];
    case 'limit':
      return typeof of === 'string' ? bare('limit', 'name', of) : limit(at);
    case 'quota':
      return typeof of === 'string' ? bare('quota', 'name', of) : bare('quota', ...(at['inv'] === true ? ['over'] : []), str(at['val']), str(at['val_unit'], 'bytes'), ...(typeof at['used'] === 'number' && at['used'] > 0 ? ['used', at['used'], str(at['used_unit'], 'bytes')] : []));
    case 'ct count':
      return bare('ct', 'count', ...(at['inv'] === true ? ['over'] : []), str(at['val']));
    case 'reject':
      return reject(at, family);
    case 'snat':
    case 'dnat':
    case 'masquerade':
    case 'redirect':
      return translation(kind, at);
    case 'tproxy':
      return bare('tproxy', ...(at['family'] === undefined ? [] : [str(at['family'])]), 'to', `${at['addr'] === undefined ? '' : endpoint(str(at['addr']))}:${str(at['port'], '')}`);
    case 'log':
      return [
        ...bare('log'), ...(typeof at['prefix'] === 'string' ? [...bare('prefix'), quoted(at['prefix'])] : []),
        ...['group', 'snaplen', 'queue-threshold', 'level'].flatMap((key) => (at[key] === undefined ? [] : bare(key, str(at[key])))), ...(at['flags'] === undefined ? [] : bare('flags', ...[at['flags']].flat().map(String))),
      ];
    case 'queue': {
      const flags = [at['flags'] ?? []].flat().map(String);
      const num = at['num'] === undefined ? [] : valueWords(at['num'], false).map((word) => word.text);
      return bare('queue', ...(flags.length > 0 ? ['flags', ...flags.flatMap((flag, index) => (index === 0 ? [flag] : [',', flag])), ...(num.length > 0 ? ['to'] : [])] : num.length > 0 ? ['to'] : []), ...num);
    }
    case 'set':
    case 'map':
      return [...bare(str(at['op'], 'add'), str(at['set'] ?? at['map'], '')), ...bare('{'), ...valueWords(at['elem'], false), ...[at['stmt'] ?? []].flat().flatMap((one) => statementWords(one, family)), ...bare('}')];
    case 'meter':
      return [...bare('meter', str(at['name'], '')), ...(at['size'] === undefined ? [] : bare('size', str(at['size']))), ...bare('{'), ...selectorWords(at['key']), ...statementWords(at['stmt'], family), ...bare('}')];
    case 'flow':
      return bare('flow', str(at['op'], 'add'), str(at['flowtable'], ''));
    case 'dup':
    case 'fwd':
      return [...bare(kind, 'to'), ...(at['addr'] === undefined ? [] : valueWords(at['addr'], false)), ...(at['dev'] === undefined ? [] : [...bare('device'), ...valueWords(at['dev'], true)])];
    case 'ct helper':
    case 'ct timeout':
    case 'ct expectation':
      return [...bare('ct', kind.slice(3), 'set'), quoted(String(of))];
    case 'notrack':
    case 'synproxy':
      return bare(kind);
    // What iptables-nft made: nft 1.0.6 prints {"xt": null}, later ones a type and a name, none of them its arguments.
    case 'xt':
      return bare('xt', str(at['type'], 'match'), str(at['name'], 'of iptables-nft'));
    default:
      return unknownWords(value);
  }
}

/** Fields that hold bits: `in` asks for any of them, a list right of `==` for exactly those. */
function match(at: JsonObject): NftWord[] {
  const left = at['left'];
  const device = namesDevice(left);
  const op = str(at['op'], '==');
  const right = at['right'];
  const masked = single(left)?.[0] === '&';
  const words = Array.isArray(right) && (op !== 'in' || masked) ? joined(right.map((one) => valueWords(one, device)), '|') : valueWords(right, device);
  // A mask of several bits stands in parentheses; a list of them is one in nft 1.0.6.
  if (masked) {
    const parts = single(left)?.[1];
    const [field, mask] = Array.isArray(parts) ? (parts as readonly unknown[]) : [];
    const bits = Array.isArray(mask) ? joined(mask.map((one) => valueWords(one, false)), '|') : valueWords(mask, false);
    return [...selectorWords(field), ...bare('&'), ...(bits.length > 1 ? [...bare('('), ...bits, ...bare(')')] : bits), ...bare(op === 'in' ? '==' : op), ...words];
  }
  return [...selectorWords(left), ...(op === 'in' ? [] : bare(op)), ...words];
}

function counterWords(of: unknown): NftWord[] {
  if (typeof of === 'string') return [...bare('counter', 'name'), quoted(of)];
  return isObject(of) && of['packets'] !== undefined ? bare('counter', 'packets', str(of['packets']), 'bytes', str(of['bytes'], '0')) : bare('counter');
}

/** nft leaves out the burst that it takes by itself: 5 packets, no bytes. */
function limit(at: JsonObject): NftWord[] {
  const unit = at['rate_unit'] === undefined || at['rate_unit'] === 'packets' ? null : str(at['rate_unit']);
  const burst = typeof at['burst'] === 'number' ? at['burst'] : 5;
  const own = unit === null ? burst === 5 : burst === 0;
  const burstUnit = at['burst_unit'] === undefined ? 'packets' : str(at['burst_unit']);
  return bare('limit', 'rate', ...(at['inv'] === true ? ['over'] : []), ...(unit === null ? [`${str(at['rate'])}/${str(at['per'])}`] : [str(at['rate']), `${unit}/${str(at['per'])}`]), ...(own ? [] : ['burst', burst, burstUnit]));
}

function reject(at: JsonObject, family: string): NftWord[] {
  const type = at['type'];
  const reply = at['expr'];
  if (type === 'tcp reset') return bare('reject', 'with', 'tcp', 'reset');
  // The reply that nft chooses by itself is not printed in the text form.
  if (type === undefined || (reply === 'port-unreachable' && (type === 'icmpx' || (type === 'icmpv6' && family === 'ip6')))) return bare('reject');
  return bare('reject', 'with', str(type), str(reply));
}

function endpoint(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}

/** `dnat ip to 10.0.0.5:80-90 random`, `masquerade to :1024-2048`, `dnat ip to numgen inc mod 2 map { ... }`. */
function translation(kind: string, at: JsonObject): NftWord[] {
  const words = bare(kind, ...(at['family'] === undefined ? [] : [str(at['family'])]));
  const types = [at['type_flags'] ?? []].flat().map(String);
  if (types.includes('prefix')) words.push(...bare('prefix'));
  const port = at['port'] === undefined ? '' : `:${valueWords(at['port'], false).map((word) => word.text).join('')}`;
  const address = at['addr'];
  const literal = typeof address === 'string' || single(address)?.[0] === 'range' || single(address)?.[0] === 'prefix';
  if (literal) {
    const text = typeof address === 'string' ? [address] : valueWords(address, false).map((word) => word.text);
    const [only = ''] = text;
    const [low = '', high] = only.split('-');
    words.push(...bare('to', `${port === '' ? only : high === undefined ? endpoint(low) : `${endpoint(low)}-${endpoint(high)}`}${port}`));
  } else if (address !== undefined) words.push(...bare('to'), ...valueWords(address, false));
  else if (port !== '') words.push(...bare('to', port));
  // `netmap` is not printed in the text form: the map itself says so.
  return [...words, ...joined([at['flags'] ?? []].flat().filter((flag) => flag !== 'netmap').map((flag) => bare(str(flag))), ',')];
}
