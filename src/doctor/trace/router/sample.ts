import type { Settle, SourceLine } from '../../evidence.ts';
import { endpointText } from '../target.ts';
import { lookUp } from './map-file.ts';
import type { MapEntry, Method } from './map-file.ts';

/** The request as HAProxy sees it at one listener. */
export interface Seen {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  /** Server name of the TLS handshake; null when none is sent or no TLS is spoken. */
  readonly sni: string | null;
  /** Whether the bytes at this listener are a TLS handshake. */
  readonly tls: boolean;
  /** Whether this listener terminated TLS. */
  readonly terminated: boolean;
  readonly client: string | null;
}

/** A look-up that decided something. */
export interface Looked {
  readonly text: string;
  readonly line: SourceLine | null;
}

export type Value =
  | { readonly is: 'text'; readonly text: string; readonly looked: readonly Looked[] }
  /** The sample does not exist: an ACL on it is false, a backend named by it is none. */
  | { readonly is: 'nothing'; readonly looked: readonly Looked[] }
  | { readonly is: 'unknown'; readonly because: string; readonly settle: readonly Settle[] };

export interface Around {
  readonly host: string;
  readonly maps: readonly MapEntry[];
}

const text = (value: string): Value => ({ is: 'text', text: value, looked: [] });
const nothing: Value = { is: 'nothing', looked: [] };

/** `base,lower,map_reg(/path/x.map)`: a fetch and its converters. */
export function sample(expression: string, seen: Seen, around: Around): Value {
  const parts = splitOutside(expression, ',');
  let value = fetched(parts[0] ?? '', seen);
  for (const part of parts.slice(1)) {
    if (value.is !== 'text') return value;
    value = converted(part, value, around);
  }
  return value;
}

function fetched(fetch: string, seen: Seen): Value {
  const [name = '', argument = ''] = /^([\w.]+)(?:\((.*)\))?$/.exec(fetch.trim())?.slice(1) ?? [];
  const header = argument.replace(/['"]/g, '').split(',')[0]?.toLowerCase() ?? '';
  const standard = seen.port === 80 || seen.port === 443;
  const hostHeader = standard ? seen.host : endpointText(seen.host, seen.port);
  const http = !seen.tls || seen.terminated;
  switch (name) {
    case 'req.ssl_sni': case 'req_ssl_sni': return seen.tls && !seen.terminated && seen.sni !== null ? text(seen.sni) : nothing;
    case 'ssl_fc_sni': return seen.terminated && seen.sni !== null ? text(seen.sni) : nothing;
    case 'req.ssl_hello_type': case 'req_ssl_hello_type': return text(seen.tls && !seen.terminated ? '1' : '0');
    case 'req.proto_http': case 'req_proto_http': return http ? text('1') : nothing;
    case 'ssl_fc': return text(seen.terminated ? '1' : '0');
    case 'ssl_fc_has_sni': return text(seen.terminated && seen.sni !== null ? '1' : '0');
    case 'dst_port': return text(String(seen.port));
    case 'src': return seen.client === null ? { is: 'unknown', because: 'the address of the client is not named', settle: [] } : text(seen.client);
    case 'method': return http ? text('GET') : nothing;
    case 'path': case 'pathq': case 'url': return http ? text(seen.path) : nothing;
    case 'base': return http ? text(`${hostHeader}${seen.path}`) : nothing;
    case 'always_true': return text('1');
    case 'always_false': return text('0');
    case 'str': return text(argument);
    case 'hdr': case 'req.hdr': case 'req.fhdr':
      if (header === 'host') return http ? text(hostHeader) : nothing;
      return { is: 'unknown', because: `it depends on the header ${header}`, settle: [] };
    default: return { is: 'unknown', because: `it depends on ${fetch.trim()}`, settle: [] };
  }
}

const methods: Readonly<Record<string, Method>> = { map: 'str', map_str: 'str', map_beg: 'beg', map_end: 'end', map_sub: 'sub', map_dir: 'dir', map_dom: 'dom', map_reg: 'reg', map_ip: 'ip' };

function converted(part: string, value: Extract<Value, { is: 'text' }>, around: Around): Value {
  const [name = '', argument = ''] = /^([\w.]+)(?:\((.*)\))?$/.exec(part.trim())?.slice(1) ?? [];
  const [first = '', second] = argument.split(',');
  const method = methods[name];
  if (method !== undefined) {
    const found = lookUp(around.maps, around.host, first, method, value.text);
    const map = first.slice(first.lastIndexOf('/') + 1);
    if (found.is === 'unknown') return found;
    if (found.is === 'found') return { is: 'text', text: found.value, looked: [...value.looked, { text: `${map} (${name}): ${value.text} -> ${found.value}, entry ${String(found.place)} of ${String(found.of)}`, line: found.line }] };
    const looked = [...value.looked, { text: `${map} (${name}): nothing for ${value.text} in ${String(found.of)} entries`, line: null }];
    return second === undefined ? { is: 'nothing', looked } : { is: 'text', text: second, looked };
  }
  switch (name) {
    case 'lower': return { ...value, text: value.text.toLowerCase() };
    case 'upper': return { ...value, text: value.text.toUpperCase() };
    case 'host_only': return { ...value, text: value.text.replace(/:\d*$/, '') };
    case 'field': case 'word': {
      const parts = value.text.split(second ?? ' ').filter((each) => name === 'field' || each !== '');
      const found = parts[Number(first) - 1];
      return found === undefined ? { is: 'nothing', looked: value.looked } : { ...value, text: found };
    }
    default: return { is: 'unknown', because: `it depends on the converter ${name}`, settle: [] };
  }
}

/** Splits at a sign that stands in no brackets. */
export function splitOutside(list: string, sign: string): string[] {
  const parts: string[] = [''];
  let depth = 0;
  for (const each of list) {
    if (each === '(') depth += 1;
    if (each === ')') depth -= 1;
    if (each === sign && depth === 0) parts.push('');
    else parts.push(`${parts.pop() ?? ''}${each}`);
  }
  return parts;
}
