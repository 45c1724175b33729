import { commandLine } from '../command-line.ts';
import { sourceLine, unreadLine } from '../evidence.ts';
import type { Capture, Parser, Reading, SourceLine, Unread } from '../evidence.ts';
import type { Counter, Table } from '../model/firewall/rule.ts';
import { optionsOfColumn } from './iptables-list-match.ts';
import { readIptablesRule } from './iptables-rule.ts';
import { IptablesTableDraft, builtinHook } from './iptables-table.ts';
import { recognise, whyNoOutput } from './read-lines.ts';

/**
 * `iptables -L`, `-nvL`, `-vnxL --line-numbers`, one table at a time:
 *
 *     Chain FORWARD (policy DROP 57 packets, 6034 bytes)
 *      pkts bytes target     prot opt in     out     source               destination
 *         2   120 sg-chain   6    --  eth0   !br+    10.0.0.0/24         !10.9.9.9             tcp dpt:80
 *
 * The output does not name the table: the command does (`-t nat`), or else the chains do. Protocols are numbers in 1.8.9 and names
 * before. Without `-v` the devices are not shown, and a rule that has one cannot be told from a rule that has none.
 */
export const iptablesList: Parser<'iptables-list', Table> = {
  format: 'iptables-list',
  commands: ['iptables -t filter -nvxL', 'iptables -t nat -nvxL', 'iptables -t mangle -nvxL', 'iptables -t raw -nvxL'],
  recognises: (capture) => recognise(capture, isCommand, (text) => /^Chain \S+ \((?:policy (?:ACCEPT|DROP)|\d+ references)/.test(text)),
  parse: parseIptablesList,
};

function isCommand(command: { readonly program: string; readonly words: readonly string[] }): boolean {
  return /^ip6?tables(?:-legacy|-nft)?$/.test(command.program) && command.words.some((word) => /^-\w*L/.test(word) || word === '--list');
}

function parseIptablesList(capture: Capture): Reading<Table> {
  const typed = commandLine(capture.command);
  const unread: Unread[] = [];
  const at = typed.words.indexOf('-t');
  const named = at >= 0 ? typed.words[at + 1] : typed.words.find((word) => word.startsWith('--table='))?.slice(8);
  const engine = /-nft$/.test(typed.program) ? 'nft' : 'legacy';
  const draft = new IptablesTableDraft(named ?? guessTable(capture), engine);
  const family = typed.program.startsWith('ip6') ? 'ip6' : 'ip';
  let first: SourceLine | null = null;
  let chain: string | null = null;
  let columns: Columns | null = null;
  for (let index = 0; index < capture.lines.length; index++) {
    const line = sourceLine(capture, index);
    const text = line.text.trim();
    if (text === '' || text.startsWith('#')) continue;
    const headed = /^Chain (\S+) \((?:policy (\w+)(?: (\S+) packets, (\S+) bytes)?|(\d+) references)\)/.exec(text);
    if (headed) {
      chain = headed[1] ?? '';
      first ??= line;
      draft.declare(chain, headed[2] === 'ACCEPT' ? 'accept' : headed[2] === 'DROP' ? 'drop' : null, counter(headed[3], headed[4]), line);
      continue;
    }
    if (/^(?:num +)?(?:pkts +bytes +)?target +prot/.test(text)) {
      columns = { numbered: text.startsWith('num'), counted: /pkts +bytes/.test(text), devices: / in +out /.test(text) };
      continue;
    }
    const row = chain === null || columns === null ? null : readRow(text, columns);
    if (row === null || chain === null) {
      unread.push(unreadLine(capture, line, 'iptables-list', whyNoOutput(text) ?? (chain === null ? 'stands in no chain' : 'not a rule of iptables -L')));
      continue;
    }
    const read = readIptablesRule(row.words, { family: family === 'ip' ? 4 : 6, afterRouting: chain === 'POSTROUTING' || (chain === 'INPUT' && draft.name === 'nat') });
    draft.add(chain, { ...read, comment: row.comment }, row.counter, line);
  }
  if (first === null) return { records: [], unread };
  const whole = !typed.filtered && !typed.words.some((word) => builtinHook('mangle', word) !== null);
  return { records: [draft.finish({ form: 'iptables-list', family, engineKnown: engine === 'nft' || typed.program.includes('legacy'), complete: whole, source: first, captured: () => (typed.filtered ? 'some' : 'all') })], unread };
}

/** Chains of one table only tell it: POSTROUTING without FORWARD is nat, and so on. */
function guessTable(capture: Capture): string {
  const chains = new Set(capture.lines.flatMap((line) => /^Chain (\S+) \(policy/.exec(line.trim())?.[1] ?? []));
  if (chains.has('FORWARD')) return chains.has('PREROUTING') ? 'mangle' : 'filter';
  if (chains.has('POSTROUTING')) return 'nat';
  return chains.has('PREROUTING') ? 'raw' : 'filter';
}

interface Columns {
  readonly numbered: boolean;
  readonly counted: boolean;
  readonly devices: boolean;
}

interface Row {
  readonly words: readonly string[];
  readonly counter: Counter | null;
  readonly comment: string | null;
}

/** A rule without target leaves its column blank: the option column (`--`, `-f`, `!f`) shows where the others stand. */
function readRow(text: string, columns: Columns): Row | null {
  const head = `${columns.numbered ? '\\d+ +' : ''}${columns.counted ? '(\\S+) +(\\S+) +' : '()()'}`;
  const devices = columns.devices ? '(\\S+) +(\\S+) +' : '()()';
  const found = new RegExp(`^${head}(?:(\\S+) +)?(\\S+) +(--|-f|!f|\\s) +${devices}(\\S+) +(\\S+)(?: +(.*))?$`).exec(text);
  if (!found) return null;
  const [, packets, bytes, target, protocol = '', fragment = '', input = '', output = '', source = '', destination = '', last = ''] = found;
  const words: string[] = [];
  const option = (name: string, value: string, any: readonly string[]): void => {
    const plain = value.replace(/^!/, '');
    if (any.includes(plain) && !value.startsWith('!')) return;
    if (value.startsWith('!')) words.push('!');
    words.push(name, plain);
  };
  option('-p', protocol, ['all', '0', 'ip']);
  option('-s', source, ['0.0.0.0/0', 'anywhere', '::/0', 'default']);
  option('-d', destination, ['0.0.0.0/0', 'anywhere', '::/0', 'default']);
  option('-i', input, ['*', 'any', '']);
  option('-o', output, ['*', 'any', '']);
  if (fragment === '-f') words.push('-f');
  const goto = last.startsWith('[goto]');
  const column = optionsOfColumn(goto ? last.slice(6) : last);
  words.push(...column.matches);
  if (!columns.devices) words.push('-m', 'device (not shown without -v)');
  if (target !== undefined && goto) words.push('-g', target);
  else if (target !== undefined) words.push('-j', target, ...column.target.map((word) => (word === '--to' ? { DNAT: '--to-destination', SNAT: '--to-source' }[target] ?? '--to' : word)));
  return { words, counter: counter(packets, bytes), comment: column.comment };
}

/** `12`, and without `-x` also `12K`, `3M`, `1G`, which are rounded. */
function counter(packets: string | undefined, bytes: string | undefined): Counter | null {
  const left = amount(packets);
  const right = amount(bytes);
  return left === null || right === null ? null : { packets: left, bytes: right, rounded: /[KMGT]/.test(`${packets ?? ''}${bytes ?? ''}`) };
}

function amount(text: string | undefined): number | null {
  const found = /^(\d+)([KMGT])?$/.exec(text ?? '');
  if (!found) return null;
  return Number(found[1]) * ({ K: 1e3, M: 1e6, G: 1e9, T: 1e12 }[found[2] ?? ''] ?? 1);
}
