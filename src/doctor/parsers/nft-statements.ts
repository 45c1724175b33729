import { address } from '../address.ts';
import type { Step, TranslateTo } from '../model/firewall/rule.ts';
import { portPair, translateTo } from './iptables-targets.ts';
import { nftVerdict } from './nft-verdict.ts';
import type { NftCursor } from './nft-words.ts';

const none: ReadonlyMap<string, string> = new Map();

/** A statement that is no comparison; null (and nothing taken) when the next word begins none. */
export function readStatement(cursor: NftCursor): readonly Step[] | null {
  const verdict = nftVerdict(cursor);
  if (verdict !== null) return [verdict];
  const read = statements[cursor.peek()];
  if (read === undefined) return null;
  const word = cursor.next();
  return read(cursor, word);
}

const pass = (cursor: NftCursor, word: string): readonly Step[] => [{ kind: 'pass', text: `${word} ${rest(cursor)}`.trim() }];

const statements: Readonly<Record<string, (cursor: NftCursor, word: string) => readonly Step[]>> = {
  reject: (cursor) => {
    if (!cursor.take('with')) return [{ kind: 'reject', reply: 'icmp-port-unreachable' }];
    const kind = cursor.next();
    if (kind === 'tcp') {
      cursor.next();
      return [{ kind: 'reject', reply: 'tcp-reset' }];
    }
    cursor.take('type');
    return [{ kind: 'reject', reply: `${kind}-${cursor.next()}` }];
  },
  log: pass,
  notrack: () => [{ kind: 'no-track' }],
  limit: (cursor) => {
    if (cursor.take('name')) return [{ kind: 'sometimes', what: `limit ${cursor.next()}` }];
    const words = ['limit'];
    while (['rate', 'over', 'burst', 'packets', 'bytes', 'kbytes', 'mbytes'].includes(cursor.peek()) || /^\d+(?:\/\w+)?$|^\w*bytes\/\w+$/.test(cursor.peek())) words.push(cursor.next());
    return [{ kind: 'sometimes', what: words.join(' ') }];
  },
  quota: (cursor) => {
    const words = ['quota'];
    while (['over', 'until', 'used', 'bytes', 'kbytes', 'mbytes', 'name'].includes(cursor.peek()) || /^\d+$/.test(cursor.peek())) words.push(cursor.next());
    return [{ kind: 'sometimes', what: words.join(' ') }];
  },
  dnat: (cursor) => [{ kind: 'translate', what: 'destination', to: readTarget(cursor) }],
  snat: (cursor) => [{ kind: 'translate', what: 'source', to: readTarget(cursor) }],
  masquerade: (cursor) => [{ kind: 'translate', what: 'source', to: { ...readTarget(cursor), address: 'interface' } }],
  redirect: (cursor) => [{ kind: 'translate', what: 'destination', to: { ...readTarget(cursor), address: 'interface' } }],
  tproxy: (cursor) => {
    while (['ip', 'ip6', 'to'].includes(cursor.peek())) cursor.next();
    const port = /:(\d+)$/.exec(cursor.next())?.[1];
    return [{ kind: 'tproxy', port: port === undefined ? null : Number(port) }];
  },
  synproxy: (cursor) => [{ kind: 'opaque-target', what: `synproxy ${rest(cursor)}`, command: null }],
  flow: (cursor) => {
    cursor.next();
    cursor.next();
    return [{ kind: 'pass', text: 'flow add' }];
  },
  dup: pass,
  fwd: (cursor) => [{ kind: 'opaque-target', what: `fwd ${rest(cursor)}`, command: null }],
  // `meter flood size 65535 { ip saddr limit rate 10/second }`, the older way to write it.
  meter: (cursor) => {
    const name = cursor.next();
    if (cursor.take('size')) cursor.next();
    if (cursor.take('{')) cursor.untilClosed();
    return [{ kind: 'sometimes', what: `meter ${name}` }];
  },
  add: updateSet, update: updateSet, delete: updateSet,
  // Rules that iptables-nft made with modules nft cannot print: their arguments are only in iptables-save.
  xt: (cursor) => {
    const kind = cursor.next();
    const name = cursor.next();
    if (kind === 'match') return [{ kind: 'opaque', what: `xt match ${name}, printed without its arguments`, command: 'iptables-save -c' }];
    const passing = ['LOG', 'NFLOG', 'TCPMSS', 'CHECKSUM', 'AUDIT', 'TRACE', 'CLASSIFY', 'SET', 'TEE', 'DSCP', 'TOS'];
    return [passing.includes(name) ? { kind: 'pass', text: `xt target ${name}` } : { kind: 'opaque-target', what: `xt target ${name}, printed without its arguments`, command: 'iptables-save -c' }];
  },
};

/** `add @seen { ip saddr timeout 1m }`; with `limit rate over 3/minute` inside, the rule goes on only for elements that are over it. */
function updateSet(cursor: NftCursor, word: string): readonly Step[] {
  const text = `${word} ${cursor.next()}`;
  return cursor.take('{') && limits(cursor.untilClosed()) ? [{ kind: 'sometimes', what: text }] : [{ kind: 'pass', text }];
}

function limits(inside: NftCursor): boolean {
  return inside.words.some((word, at) => !word.quoted && (word.text === 'limit' || word.text === 'quota' || (word.text === 'ct' && inside.words[at + 1]?.text === 'count')));
}

/** Words that begin the next statement end a log or dup. */
const beginners = new Set(['accept', 'drop', 'return', 'continue', 'jump', 'goto', 'queue', 'reject', 'counter', 'comment', 'dnat', 'snat', 'masquerade', 'redirect', 'limit', 'meta', 'ct']);

function rest(cursor: NftCursor): string {
  const words: string[] = [];
  while (!cursor.ended() && (words.length === 0 ? !['accept', 'drop', 'return', 'jump', 'goto', 'counter', 'comment', 'reject', 'continue', 'queue'].includes(cursor.peek()) : !beginners.has(cursor.peek()))) words.push(cursor.next());
  return words.join(' ');
}

/** `to 10.0.0.5:80 random`, `ip to 10.0.0.5`, `to :8080`, `to ip daddr map { ... }`, nothing at all for masquerade. */
function readTarget(cursor: NftCursor): TranslateTo {
  if ((cursor.peek() === 'ip' || cursor.peek() === 'ip6') && ['to', 'addr', 'prefix'].includes(cursor.peek(1))) cursor.next();
  const mapped = cursor.peek() === 'addr' || cursor.peek() === 'prefix';
  while (['addr', '.', 'port', 'prefix'].includes(cursor.peek())) cursor.next();
  let to: TranslateTo = { address: null, ports: null, random: false };
  if (cursor.take('to')) {
    const word = cursor.next();
    const plain = translateTo(word, none);
    const literal = typeof plain.address === 'object' && plain.address !== null && 'from' in plain.address && address(plain.address.from) !== null;
    if (!mapped && (literal || (plain.address === null && plain.ports !== null))) {
      to = plain;
      // `snat ip to 10.0.0.1 . 1024-2048` never occurs; `dnat ip to 10.0.0.1 : 80` neither.
    } else if (!mapped && /^:?\d+(?:-\d+)?$/.test(word)) to = { address: null, ports: portPair(word.replace(/^:/, '')), random: false };
    else {
      to = { address: 'computed', ports: null, random: true };
      while (!cursor.ended() && cursor.peek() !== 'map' && !beginners.has(cursor.peek())) cursor.next();
      if (cursor.take('map')) {
        if (cursor.take('{')) cursor.untilClosed();
        else cursor.next();
      }
    }
  }
  while (['random', 'fully-random', 'persistent', ','].includes(cursor.peek())) {
    if (cursor.next().includes('random')) to = { ...to, random: true };
  }
  return to;
}

