/**
 * The last column of `iptables -L`, where every match writes in its own words, turned back into the options of `iptables-save`:
 *
 *     tcp dpt:80 flags:0x17/0x02 state NEW reject-with tcp-reset
 *     PHYSDEV match ! --physdev-out tap1 --physdev-is-bridged
 *     ADDRTYPE match src-type !MULTICAST dst-type LOCAL (the comment between its marks)
 *
 * so that one reader serves both forms. What no pattern knows is given back as an option nobody knows, and becomes opaque.
 */
type Turn = readonly [pattern: RegExp, options: (found: readonly string[]) => readonly string[]];

const not = (mark: string | undefined): readonly string[] => (mark === '!' || mark === '! ' ? ['!'] : []);
const g = (found: readonly string[], index: number): string => found[index] ?? '';

/** Matches that hold now and then: their words are kept together. */
const chance = (module: string): Turn[1] => () => ['-m', module];

const turns: readonly Turn[] = [
  [/^(?:tcp|udp|udplite|sctp|dccp)(?= |$)/, () => []],
  [/^(sp|dp)ts?:(!?)([^\s:]+(?::[^\s]+)?)/, (found) => [...not(g(found, 2)), g(found, 1) === 'sp' ? '--sport' : '--dport', g(found, 3)]],
  [/^flags:(!?)(\S+)\/(\S+)/, (found) => [...not(g(found, 1)), '--tcp-flags', g(found, 2), g(found, 3)]],
  [/^icmp(?:v6)?-?type (!?)(\d+)(?: code (\d+))?/, (found) => [...not(g(found, 1)), '--icmp-type', found[3] === undefined ? g(found, 2) : `${g(found, 2)}/${g(found, 3)}`]],
  [/^(?:icmp|ipv6-icmp) (!?)([a-z][\w-]+)/, (found) => [...not(g(found, 1)), '--icmp-type', g(found, 2)]],
  [/^multiport (sports|dports|ports) +(!?)(\S+)/, (found) => ['-m', 'multiport', ...not(g(found, 2)), `--${g(found, 1)}`, g(found, 3)]],
  [/^MAC ?(!? ?)(\S+)/, (found) => ['-m', 'mac', ...not(g(found, 1)), '--mac-source', g(found, 2)]],
  [/^PHYSDEV match((?: (?:! )?--physdev-(?:(?:in|out) \S+|is-\w+))+)/, (found) => ['-m', 'physdev', ...g(found, 1).trim().split(/\s+/)]],
  [/^(!? ?)(ct)?state (!? ?)([A-Z][A-Z,]*)/, (found) => ['-m', found[2] === undefined ? 'state' : 'conntrack', ...not(g(found, 1) || g(found, 3)), found[2] === undefined ? '--state' : '--ctstate', g(found, 4)]],
  [/^(!? ?)ct(origsrc|origdst|origsrcport|origdstport|dir|status) (\S+)/, (found) => ['-m', 'conntrack', ...not(g(found, 1)), `--ct${g(found, 2)}`, g(found, 3)]],
  [/^mark match (!? ?)(\S+)/, (found) => ['-m', 'mark', ...not(g(found, 1)), '--mark', g(found, 2)]],
  [/^connmark match +(!? ?)(\S+)/, (found) => ['-m', 'connmark', ...not(g(found, 1)), '--mark', g(found, 2)]],
  [/^ADDRTYPE match(?: src-type (!?)(\S+))?(?: dst-type (!?)(\S+))?(?: limit-(?:in|out))?/, (found) => ['-m', 'addrtype',
    ...(found[2] === undefined ? [] : [...not(g(found, 1)), '--src-type', g(found, 2)]), ...(found[4] === undefined ? [] : [...not(g(found, 3)), '--dst-type', g(found, 4)])]],
  [/^(source|destination) IP range (!? ?)(\S+)/, (found) => ['-m', 'iprange', ...not(g(found, 2)), g(found, 1) === 'source' ? '--src-range' : '--dst-range', g(found, 3)]],
  [/^(!? ?)match-set (\S+) (\S+)/, (found) => ['-m', 'set', ...not(g(found, 1)), '--match-set', g(found, 2), g(found, 3)]],
  [/^PKTTYPE (!?)= (\S+)/, (found) => ['-m', 'pkttype', ...not(g(found, 1)), '--pkt-type', g(found, 2)]],
  [/^TTL match TTL (==|<|>) (\d+)/, (found) => ['-m', 'ttl', { '==': '--ttl-eq', '<': '--ttl-lt', '>': '--ttl-gt' }[g(found, 1)] ?? '--ttl-eq', g(found, 2)]],
  [/^length (!?)(\d+(?::\d+)?)/, (found) => ['-m', 'length', ...not(g(found, 1)), '--length', g(found, 2)]],
  [/^limit: (?:avg|above|up to) \S+ burst \d+(?: mode \S+)?(?: htable-\S+ \d+)*/, chance('limit')],
  [/^statistic mode \w+(?: !? ?(?:probability|every|packet) [\d.]+)+/, chance('statistic')],
  [/^recent: SET name: \S+ side: \S+(?: mask: \S+)?/, () => ['-m', 'recent', '--set']],
  [/^recent: (?:!? ?)(?:CHECK|UPDATE|REMOVE)(?: (?:seconds|hit_count|TTL-Match|reap|name|side|mask):? ?\S*)+/, chance('nth')],
  [/^(?:#conn (?:src|dst)\/\d+ [<>]=? \d+|#conn \S+ \S+ \S+)/, chance('connlimit')],
  [/^(?:STRING match .*? ALGO name \w+(?: (?:FROM|TO) \d+)*(?: ICASE)?)/, () => ['-m', 'string']],
  [/^u32 "[^"]*"/, () => ['-m', 'u32']],
];

const targetTurns: readonly Turn[] = [
  [/^reject-with (\S+)/, (found) => ['--reject-with', g(found, 1)]],
  [/^to:(\S+)/, (found) => ['--to', g(found, 1)]],
  [/^redir ports (\S+)/, (found) => ['--to-ports', g(found, 1)]],
  [/^masq ports: (\S+)/, (found) => ['--to-ports', g(found, 1)]],
  [/^random(?:-fully)?/, () => ['--random']],
  [/^persistent/, () => []],
  [/^(CONN)?MARK (x?set|and|or|xor) (\S+)/, (found) => [{ set: '--set-mark', xset: '--set-xmark', and: '--and-mark', or: '--or-mark', xor: '--xor-mark' }[g(found, 2)] ?? '--set-mark', g(found, 3)]],
  [/^CONNMARK (save|restore)(?: mask (\S+))?/, (found) => [`--${g(found, 1)}-mark`, ...(found[2] === undefined ? [] : ['--mask', g(found, 2)])]],
  [/^(?:CT )?(?:NOTRACK|notrack)/, () => ['--notrack']],
  [/^TPROXY redirect \S+:(\d+) mark \S+/, (found) => ['--on-port', g(found, 1)]],
  [/^(?:LOG|NFLOG|ULOG|TCPMSS|NFQUEUE|CT|DSCP|TOS|CHECKSUM|nflog-\S+).*$/, () => []],
];

export interface ListedColumns {
  readonly matches: readonly string[];
  readonly target: readonly string[];
  readonly comment: string | null;
}

/** Words of `iptables-save` for the last column. */
export function optionsOfColumn(text: string): ListedColumns {
  // The longest `/* ... */`: a comment may hold the marks itself.
  const commented = /\/\* (.*) \*\//.exec(text);
  let rest = (commented === null ? text : `${text.slice(0, commented.index)} ${text.slice(commented.index + commented[0].length)}`).trim();
  const matches: string[] = [];
  const target: string[] = [];
  while (rest !== '') {
    const turn = firstTurn(turns, rest);
    const own = turn === null ? firstTurn(targetTurns, rest) : null;
    if (turn !== null) matches.push(...turn.words);
    else if (own !== null) target.push(...own.words);
    else {
      const word = /^\S+/.exec(rest)?.[0] ?? rest;
      matches.push('-m', word.toLowerCase().replace(/^-+/, ''));
      break;
    }
    rest = rest.slice(turn?.length ?? own?.length ?? rest.length).trim();
  }
  return { matches, target, comment: commented?.[1] ?? null };
}

function firstTurn(among: readonly Turn[], text: string): { readonly words: readonly string[]; readonly length: number } | null {
  for (const [pattern, options] of among) {
    const found = pattern.exec(text);
    if (found !== null && found[0].length > 0) return { words: options(found), length: found[0].length };
  }
  return null;
}
