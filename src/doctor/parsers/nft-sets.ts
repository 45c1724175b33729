import type { SourceLine } from '../evidence.ts';
import type { ValueSet } from '../model/firewall/field.ts';
import { numbers } from '../model/firewall/field.ts';
import type { Action, NamedSet, SetElement } from '../model/firewall/rule.ts';
import { readSelector } from './nft-selectors.ts';
import type { ValueKind } from './nft-selectors.ts';
import { flagBits, nftValue } from './nft-values.ts';
import { nftVerdict } from './nft-verdict.ts';
import { NftCursor, nftWords } from './nft-words.ts';

const kindsOfType: Readonly<Record<string, ValueKind>> = {
  ipv4_addr: 'address', ipv6_addr: 'address', ether_addr: 'mac', inet_proto: 'protocol', inet_service: 'port', mark: 'number', ifname: 'device', iface_index: 'device',
  icmp_type: 'icmp', icmpv6_type: 'icmp6', ct_state: 'state', ct_status: 'status', ct_dir: 'direction', fib_addrtype: 'address-type', pkt_type: 'packet-type', nf_proto: 'family', ether_type: 'ether-type', tcp_flag: 'flags',
};

/** `type ipv4_addr . inet_service : verdict` or `typeof ip saddr . tcp dport`: how the parts of its elements are written. Null when one is unknown. */
export function kindsOfDeclaration(text: string): { readonly kinds: readonly ValueKind[]; readonly map: boolean } | null {
  const found = /^(type|typeof)\s+(.*)$/.exec(text);
  if (!found) return null;
  const [key = '', value] = (found[2] ?? '').split(/ : /);
  const kinds: ValueKind[] = [];
  if (found[1] === 'type') {
    for (const name of key.trim().split(/\s+\.\s+/)) {
      const kind = kindsOfType[name];
      if (kind === undefined) return null;
      kinds.push(kind);
    }
  } else {
    const cursor = new NftCursor(nftWords(key));
    do {
      const selector = readSelector(cursor);
      if (selector?.sort !== 'field') return null;
      kinds.push(selector.values);
    } while (cursor.take('.'));
  }
  return { kinds, map: value !== undefined };
}

/** The elements between the braces. `steady` turns false where one has a timeout. Null when an element cannot be read. */
export function readElements(cursor: NftCursor, kinds: readonly ValueKind[]): { readonly elements: readonly SetElement[]; readonly steady: boolean } | null {
  const elements: SetElement[] = [];
  let steady = true;
  while (!cursor.ended()) {
    if (cursor.take(',')) continue;
    const values: ValueSet[] = [];
    for (let index = 0; index === 0 || cursor.take('.'); index++) {
      const kind = kinds[index];
      const value = kind === undefined ? null : readValue(cursor, kind);
      if (value === null) return null;
      values.push(value);
    }
    let verdict: Action | null = null;
    while (!cursor.ended() && cursor.peek() !== ',') {
      if (cursor.take(':')) {
        verdict = nftVerdict(cursor);
        // A map of values (addresses, marks) rather than verdicts: who asks it treats it as computed.
        if (verdict === null) while (!cursor.ended() && cursor.peek() !== ',') cursor.next();
      } else if (cursor.take('timeout') || cursor.take('expires')) {
        steady = false;
        cursor.next();
      } else cursor.next();
    }
    elements.push({ values, verdict, except: false });
  }
  return { elements, steady };
}

/** One value, or several flags joined with `|`. */
export function readValue(cursor: NftCursor, kind: ValueKind): ValueSet | null {
  if (cursor.take('*')) return { type: 'any' };
  if (kind !== 'flags') return nftValue(cursor.next(), kind);
  const bits = readFlags(cursor);
  return bits === null ? null : numbers(bits);
}

/** `syn`, `syn | ack`, `(syn | ack)`, `0x0`. */
export function readFlags(cursor: NftCursor): number | null {
  const bracketed = cursor.take('(');
  let bits = 0;
  do {
    const bit = flagBits(cursor.next());
    if (bit === null) return null;
    bits |= bit;
  } while (cursor.take('|'));
  if (bracketed) cursor.take(')');
  return bits;
}

/** A named set or map with its lines, `elements = { ... }` put together already. */
export function namedSet(name: string, lines: readonly string[], source: SourceLine): NamedSet | null {
  const text = lines.find((line) => line.startsWith('elements'));
  if (text === undefined) return setOf(name, lines, lines.find((line) => line.startsWith('flags ')) ?? '', null, source);
  const cursor = new NftCursor(nftWords(text));
  while (!cursor.ended() && !cursor.take('{')) cursor.next();
  return setOf(name, lines, lines.find((line) => line.startsWith('flags ')) ?? '', cursor.untilClosed(), source);
}

/** The same out of its declaration (among `lines`), its flags and its elements without the braces. Null when they cannot be read. */
export function setOf(name: string, lines: readonly string[], flags: string, elements: NftCursor | null, source: SourceLine): NamedSet | null {
  const declaration = lines.map((line) => kindsOfDeclaration(line)).find((one) => one !== null) ?? null;
  if (declaration === null) return null;
  const steady = !flags.includes('dynamic');
  if (elements === null) return { name, elements: [], steady, source };
  const read = readElements(elements, declaration.kinds);
  return read === null ? null : { name, elements: read.elements, steady: steady && read.steady, source };
}
