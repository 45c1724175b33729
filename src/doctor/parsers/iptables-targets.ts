import { address as plainAddress, prefix } from '../address.ts';
import type { Action, TranslateTo } from '../model/firewall/rule.ts';
import { valueAndMask } from './iptables-option.ts';
import type { RuleWords } from './iptables-option.ts';

/** Options of a target by name; an option without a value maps to ''. */
export type TargetOptions = ReadonlyMap<string, string>;

/** Targets after which the packet goes on unchanged as far as any rule can see. */
const passing = new Set([
  'LOG', 'NFLOG', 'ULOG', 'TRACE', 'AUDIT', 'TCPMSS', 'CLASSIFY', 'DSCP', 'TOS', 'CHECKSUM', 'TEE', 'SECMARK', 'CONNSECMARK', 'LED',
  'IDLETIMER', 'RATEEST', 'TCPOPTSTRIP', 'ECN', 'SET', 'TTL', 'HL', 'ACCOUNT', 'XT_LOG',
]);

/** Targets that decide in ways the text does not show. */
const opaqueTargets = new Set(['SYNPROXY', 'CLUSTERIP', 'HMARK', 'TARPIT', 'DELUDE', 'CHAOS', 'SAME', 'MIRROR', 'DNPT', 'SNPT', 'RAWDNAT', 'RAWSNAT', 'IMQ', 'FLOWOFFLOAD']);

export const noOptions: TargetOptions = new Map();

export function readTargetOptions(words: RuleWords): TargetOptions {
  const options = new Map<string, string>();
  while (!words.ended()) {
    const option = words.next();
    options.set(option, words.arguments());
  }
  return options;
}

/** What `-j NAME` does. A name that is none of iptables' own is a chain. */
export function targetAction(name: string, options: TargetOptions): Action {
  switch (name) {
    case 'ACCEPT':
      return { kind: 'accept' };
    case 'DROP':
      return { kind: 'drop' };
    case 'RETURN':
      return { kind: 'return' };
    case 'REJECT':
      return { kind: 'reject', reply: options.get('--reject-with') ?? 'icmp-port-unreachable' };
    case 'QUEUE':
    case 'NFQUEUE':
      return { kind: 'queue', text: name };
    case 'MARK':
    case 'CONNMARK':
      return markAction(name, options);
    case 'NOTRACK':
      return { kind: 'no-track' };
    case 'CT':
      return options.has('--notrack') ? { kind: 'no-track' } : { kind: 'pass', text: 'CT' };
    case 'DNAT':
      return { kind: 'translate', what: 'destination', to: translateTo(options.get('--to-destination') ?? '', options) };
    case 'SNAT':
      return { kind: 'translate', what: 'source', to: translateTo(options.get('--to-source') ?? '', options) };
    case 'MASQUERADE':
      return { kind: 'translate', what: 'source', to: { address: 'interface', ports: portPair(options.get('--to-ports')), random: isRandom(options) } };
    case 'REDIRECT':
      return { kind: 'translate', what: 'destination', to: { address: 'interface', ports: portPair(options.get('--to-ports')), random: isRandom(options) } };
    case 'NETMAP': {
      const net = prefix(options.get('--to') ?? '');
      // Which side is mapped follows from the hook, which the caller knows; here it is the one of PREROUTING.
      return net === null ? { kind: 'opaque-target', what: 'NETMAP', command: 'iptables-save' } : { kind: 'translate', what: 'destination', to: { address: { prefix: net.address, length: net.length }, ports: null, random: false } };
    }
    case 'TPROXY':
      return { kind: 'tproxy', port: Number(options.get('--on-port') ?? '0') || null };
    default:
      if (passing.has(name)) return { kind: 'pass', text: name };
      if (opaqueTargets.has(name)) return { kind: 'opaque-target', what: `target ${name}`, command: null };
      return { kind: 'jump', chain: name };
  }
}

function isRandom(options: TargetOptions): boolean {
  return options.has('--random') || options.has('--random-fully');
}

function markAction(name: 'MARK' | 'CONNMARK', options: TargetOptions): Action {
  const of = name === 'MARK' ? 'packet' : 'connection';
  for (const [option, text] of options) {
    const read = valueAndMask(text);
    switch (option) {
      case '--set-xmark':
        if (read) return { kind: 'mark', of, clear: read.mask, flip: read.value };
        break;
      case '--set-mark': // (mark & ~mask) | value
        if (read) return { kind: 'mark', of, clear: (read.mask | read.value) >>> 0, flip: read.value };
        break;
      case '--or-mark':
        if (read) return { kind: 'mark', of, clear: read.value, flip: read.value };
        break;
      case '--and-mark':
        if (read) return { kind: 'mark', of, clear: ~read.value >>> 0, flip: 0 };
        break;
      case '--xor-mark':
        if (read) return { kind: 'mark', of, clear: 0, flip: read.value };
        break;
      case '--save-mark':
      case '--restore-mark': {
        const one = valueAndMask(options.get('--mask') ?? '')?.value;
        const nf = one ?? valueAndMask(options.get('--nfmask') ?? '')?.value ?? 0xffffffff;
        const ct = one ?? valueAndMask(options.get('--ctmask') ?? '')?.value ?? 0xffffffff;
        return option === '--save-mark' ? { kind: 'copy-mark', from: 'packet', fromMask: nf, toMask: ct } : { kind: 'copy-mark', from: 'connection', fromMask: ct, toMask: nf };
      }
    }
  }
  return { kind: 'opaque-target', what: `target ${name} ${[...options].flat().join(' ')}`, command: 'iptables-save' };
}

/** `1.2.3.4`, `1.2.3.4-1.2.3.9:80`, `:80-90`, `[fd00::1]:443`. */
export function translateTo(text: string, options: TargetOptions): TranslateTo {
  const random = isRandom(options);
  const found = /^(?:\[([^\]]+)\](?:-\[([^\]]+)\])?|([^:[\]-]*)(?:-([^:]+))?)(?::(\d+(?:-\d+)?)(?:\/\d+)?)?$/.exec(text);
  if (found) {
    const from = found[1] ?? found[3] ?? '';
    const to = found[2] ?? found[4] ?? from;
    return { address: from === '' ? null : { from: plainAddress(from) ?? from, to: plainAddress(to) ?? to }, ports: portPair(found[5]), random };
  }
  // IPv6 without brackets has no port.
  const [from = '', to = from] = text.split('-');
  return { address: { from: plainAddress(from) ?? from, to: plainAddress(to) ?? to }, ports: null, random };
}

export function portPair(text: string | undefined): TranslateTo['ports'] {
  const found = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text ?? '');
  return found ? { from: Number(found[1]), to: Number(found[2] ?? found[1]) } : null;
}
