import { recognition, sourceLine, unreadLine } from '../evidence.ts';
import type { Capture, Parser, Reading, SourceLine, Unread } from '../evidence.ts';
import type { Chain, Family, NamedSet, Rule, Table } from '../model/firewall/rule.ts';
import { nftBaseChain } from './nft-base-chain.ts';
import { readNftRule } from './nft-rule.ts';
import { namedSet } from './nft-sets.ts';
import { NftCursor, nftWords } from './nft-words.ts';
import { isJson, recognise, whyNoOutput } from './read-lines.ts';

/**
 * `nft list ruleset` (also `list table`, `list chain`, and files that `nft -f` loads):
 *
 *     table inet filter { # handle 3
 *         set blocked {
 *             type ipv4_addr
 *             flags interval
 *             elements = { 10.0.0.0/8,
 *                          192.0.2.1 }
 *         }
 *         chain input {
 *             type filter hook input priority filter; policy drop;
 *             ct state established,related accept comment "replies"
 *         }
 *     }
 *
 * Tables that iptables-nft made are listed too, with `xt match physdev` in place of what the rule asks.
 */
export const nftRuleset: Parser<'nft-ruleset', Table> = {
  format: 'nft-ruleset',
  commands: ['nft list ruleset'],
  recognises: (capture) => (isJson(capture) ? recognition.no : recognise(capture, (typed) => typed.program === 'nft' && !typed.words.some((word) => /^-\w*j|^--json/.test(word)), (text) => tableLine.test(text) || /^type (?:filter|nat|route) hook \w+ /.test(text))),
  parse: parseNftRuleset,
};

const tableLine = /^table (?:(ip|ip6|inet|arp|bridge|netdev) )?(\S+) \{/;

interface Draft {
  readonly family: Family;
  readonly name: string;
  readonly source: SourceLine;
  readonly chains: Map<string, Chain>;
  readonly sets: Map<string, NamedSet>;
  dormant: boolean;
}

function parseNftRuleset(capture: Capture): Reading<Table> {
  const records: Table[] = [];
  const unread: Unread[] = [];
  let table: Draft | null = null;
  const close = (complete: boolean): void => {
    if (table !== null) records.push({ kind: 'firewall-table', form: 'nft', engine: 'nft', engineKnown: true, complete, ...table });
    table = null;
  };
  let index = 0;
  while (index < capture.lines.length) {
    const line = sourceLine(capture, index);
    const text = line.text.trim();
    index += 1;
    if (text === '' || text.startsWith('#')) continue;
    const opened = tableLine.exec(text);
    if (opened) {
      close(false);
      table = { family: (opened[1] ?? 'ip') as Family, name: opened[2] ?? '', source: line, chains: new Map(), sets: new Map(), dormant: false };
      if (/\{\s*\}$/.test(text)) close(true);
      continue;
    }
    if (text === '}') {
      close(true);
      continue;
    }
    if (table === null || text.startsWith('flags ') || text.startsWith('comment ')) {
      if (table !== null && /^flags .*dormant/.test(text)) table.dormant = true;
      else if (table === null && !/^(?:flush|include|define|destroy|delete)\b/.test(text)) unread.push(unreadLine(capture, line, 'nft-ruleset', whyNoOutput(text) ?? 'stands in no table'));
      continue;
    }
    const block = /^(chain|set|map|flowtable|counter|quota|limit|secmark|synproxy|ct helper|ct timeout|ct expectation) (\S+)\s*\{/.exec(text);
    if (!block) {
      unread.push(unreadLine(capture, line, 'nft-ruleset', 'neither a chain nor a set'));
      continue;
    }
    const { lines, next, closed } = blockLines(capture, index, text);
    index = next;
    const [, kind = '', name = ''] = block;
    if (kind === 'chain') table.chains.set(name, readChain(name, line, lines, closed, capture, unread, table.family));
    else if (kind === 'set' || kind === 'map') {
      const set = namedSet(name, lines.map((one) => one.text), line);
      if (set === null) unread.push(unreadLine(capture, line, 'nft-ruleset', `the elements of ${kind} ${name} cannot be read`));
      else table.sets.set(name, set);
    }
  }
  close(false);
  return { records, unread };
}

interface Logical {
  readonly text: string;
  readonly index: number;
}

/** The lines of a block up to its closing brace; a line with an open brace of its own goes on until that is closed. */
function blockLines(capture: Capture, from: number, opening: string): { readonly lines: readonly Logical[]; readonly next: number; readonly closed: boolean } {
  const lines: Logical[] = [];
  if (depthOf(opening) <= 0) return { lines, next: from, closed: true };
  let index = from;
  while (index < capture.lines.length) {
    const at = index;
    let text = (capture.lines[index] ?? '').trim();
    index += 1;
    if (text === '}') return { lines, next: index, closed: true };
    // A set of a million elements has one long statement over many lines: the depth is counted line by line, never afresh.
    const parts = [text];
    let depth = depthOf(text);
    while (depth > 0 && index < capture.lines.length) {
      const more = (capture.lines[index] ?? '').trim();
      index += 1;
      depth += depthOf(more);
      parts.push(more);
    }
    text = parts.join('\n');
    if (text !== '') lines.push({ text, index: at });
  }
  return { lines, next: index, closed: false };
}

function depthOf(text: string): number {
  let depth = 0;
  let quoted = false;
  for (const char of text) {
    if (char === '"') quoted = !quoted;
    else if (char === '#' && !quoted) break;
    else if (!quoted && char === '{') depth += 1;
    else if (!quoted && char === '}') depth -= 1;
  }
  return depth;
}

function readChain(name: string, source: SourceLine, lines: readonly Logical[], closed: boolean, capture: Capture, unread: Unread[], family: Family): Chain {
  let base: Chain['base'] = null;
  const rules: Rule[] = [];
  let whole = closed;
  for (const { text, index } of lines) {
    if (text.startsWith('#') || /^comment "[^"]*"$/.test(text)) continue;
    const place = sourceLine(capture, index);
    if (/^type (?:filter|nat|route) hook /.test(text)) {
      base = nftBaseChain(text, family);
      if (base === null) unread.push(unreadLine(capture, place, 'nft-ruleset', 'a hook or priority that is not known'));
      continue;
    }
    // `policy drop;` may stand alone in a file.
    const policy = /^policy (accept|drop);?$/.exec(text)?.[1];
    if (policy !== undefined && base !== null) {
      base = { ...base, policy: policy === 'drop' ? 'drop' : 'accept' };
      continue;
    }
    if (/^\.{3}$/.test(text)) {
      whole = false;
      continue;
    }
    const rule = readNftRule(new NftCursor(nftWords(text)));
    rules.push({ number: rules.length + 1, steps: rule.steps, comment: rule.comment, counter: rule.counter, source: place, oddities: rule.oddities });
  }
  return { name, base, rules, source, captured: whole ? 'all' : 'some' };
}
