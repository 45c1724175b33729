import { recognition, unreadLine } from '../evidence.ts';
import type { Capture, Parser, Reading, SourceLine, Unread } from '../evidence.ts';
import type { Chain, Family, NamedSet, Rule, Table } from '../model/firewall/rule.ts';
import { jsonElements } from './json-elements.ts';
import { nftBaseChain } from './nft-base-chain.ts';
import { statementWords } from './nft-json-statements.ts';
import { bare, joined, pairWords, quoted, single, str } from './nft-json-words.ts';
import { readNftRule } from './nft-rule.ts';
import { setOf } from './nft-sets.ts';
import { NftCursor } from './nft-words.ts';
import { isJson, isObject, recognise } from './read-lines.ts';
import type { JsonObject } from './read-lines.ts';

/**
 * `nft -j list ruleset` (libnftables-json(5)):
 *
 *     {"nftables": [{"metainfo": {"version": "1.0.6", ...}}, {"table": {"family": "ip", "name": "t", "handle": 1}},
 *      {"chain": {"family": "ip", "table": "t", "name": "c", "type": "filter", "hook": "input", "prio": 0, "policy": "drop"}},
 *      {"rule": {"family": "ip", "table": "t", "chain": "c", "handle": 2, "expr": [{"match": {...}}, {"accept": null}]}}]}
 *
 * nft 1.0.6 leaves out here what its text shows: the devices of ingress chains, and whether a set is filled by packets.
 */
export const nftJson: Parser<'nft-json', Table> = {
  format: 'nft-json',
  commands: ['nft -j list ruleset'],
  recognises: (capture) => (isJson(capture) ? recognise(capture, (typed) => typed.program === 'nft', (text) => /^\[?\{?\s*"nftables"\s*:/.test(text)) : recognition.no),
  parse,
};

interface Draft {
  readonly family: Family;
  readonly name: string;
  readonly source: SourceLine;
  readonly chains: Map<string, { readonly base: Chain['base']; readonly source: SourceLine; readonly rules: Rule[] }>;
  readonly sets: Map<string, NamedSet>;
  readonly dormant: boolean;
  complete: boolean;
}

function parse(capture: Capture): Reading<Table> {
  const elements = jsonElements(capture.lines, 'nftables');
  const unread: Unread[] = [];
  const refuse = (source: SourceLine, reason: string): void => { unread.push(unreadLine(capture, source, 'nft-json', reason)); };
  if (elements === null) return { records: [], unread: [unreadLine(capture, { file: capture.file, line: capture.firstLine, text: (capture.lines[0] ?? '').slice(0, 300) }, 'nft-json', 'holds no list "nftables"')] };
  const tables = new Map<string, Draft>();
  for (const { line, text, deep } of elements) {
    const source: SourceLine = { file: capture.file, line: capture.firstLine + line, text };
    if (deep) { refuse({ ...source, text: text.slice(0, 300) }, 'nested deeper than any rule'); continue; }
    const found = single(parsed(text));
    if (found === null || !isObject(found[1])) { refuse(source, 'not an object of nft'); continue; }
    const [kind, of] = found as readonly [string, JsonObject];
    if (kind === 'table') {
      const draft = tableOf(of, source);
      tables.set(`${draft.family} ${draft.name}`, draft);
      continue;
    }
    if (!['chain', 'rule', 'set', 'map'].includes(kind)) continue;
    const table = tables.get(`${str(of['family'])} ${str(of['table'])}`);
    if (table === undefined) refuse(source, 'stands in no table');
    else if (kind === 'chain') addChain(table, of, source, refuse);
    else if (kind === 'rule') addRule(table, of, source, refuse);
    else addSet(table, of, source, refuse);
  }
  const whole = capture.lines.some((line) => line.trimEnd().endsWith('}')) && parsed(capture.lines.join('\n')) !== undefined;
  return { records: [...tables.values()].map((draft) => finished(draft, whole)), unread: whole ? unread : [...unread, unreadLine(capture, { file: capture.file, line: capture.firstLine + capture.lines.length - 1, text: '' }, 'nft-json', 'the JSON ends before its end')] };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // A cut text: what was read before it stands.
    return undefined;
  }
}

/** nft 1.0.6 prints `"flags": "d"` for a dormant table. */
function tableOf(of: JsonObject, source: SourceLine): Draft {
  return { family: str(of['family']) as Family, name: str(of['name']), source, chains: new Map(), sets: new Map(), dormant: [of['flags'] ?? []].flat().some((flag) => flag === 'dormant' || flag === 'd'), complete: true };
}

function addChain(table: Draft, of: JsonObject, source: SourceLine, refuse: (source: SourceLine, reason: string) => void): void {
  let base: Chain['base'] = null;
  if (of['hook'] !== undefined) {
    const devices = [of['dev'] ?? []].flat().map(String);
    const named = devices.length === 0 ? '' : ` devices = { ${devices.join(', ')} }`;
    base = nftBaseChain(`type ${str(of['type'])} hook ${str(of['hook'])}${named} priority ${str(of['prio'])}; policy ${str(of['policy'], 'accept')};`, table.family);
    if (base === null) refuse(source, 'a hook or priority that is not known');
    else if (devices.length === 0 && (base.hook === 'ingress' || base.hook === 'egress')) {
      refuse(source, 'its devices are not in the JSON of this version: nft list ruleset has them');
      table.complete = false;
    }
  }
  table.chains.set(str(of['name']), { base, source, rules: [] });
}

function addRule(table: Draft, of: JsonObject, source: SourceLine, refuse: (source: SourceLine, reason: string) => void): void {
  const chain = table.chains.get(str(of['chain']));
  const expressions = of['expr'];
  if (chain === undefined || !Array.isArray(expressions)) { refuse(source, 'stands in no chain'); return; }
  const comment = of['comment'];
  const words = [...(expressions as readonly unknown[]).flatMap((one, index, all) => (isTarget(one, index, all) ? bare('xt', 'target', 'of iptables-nft') : statementWords(one, table.family))), ...(typeof comment === 'string' ? [...bare('comment'), quoted(comment)] : [])];
  const rule = readNftRule(new NftCursor(words));
  chain.rules.push({ number: chain.rules.length + 1, steps: rule.steps, comment: rule.comment, counter: rule.counter, source, oddities: rule.oddities });
}

/** iptables-nft writes matches, then the counter, then the target; `{"xt": null}` itself does not say which of them it is. */
function isTarget(one: unknown, index: number, all: readonly unknown[]): boolean {
  const found = single(one);
  return found?.[0] === 'xt' && !isObject(found[1]) && all.slice(0, index).some((before) => single(before)?.[0] === 'counter');
}

function addSet(table: Draft, of: JsonObject, source: SourceLine, refuse: (source: SourceLine, reason: string) => void): void {
  const name = str(of['name']);
  const type = [of['type'] ?? []].flat().map(String).join(' . ');
  const target = of['map'] === undefined ? '' : ` : ${str(of['map'])}`;
  const elements = Array.isArray(of['elem']) ? joined(of['elem'].map(pairWords), ',') : null;
  const set = setOf(name, [`type ${type}${target}`], `flags ${[of['flags'] ?? []].flat().map(String).join(',')}`, elements === null ? null : new NftCursor(elements), source);
  if (set === null) refuse(source, `the elements of ${of['map'] === undefined ? 'set' : 'map'} ${name} cannot be read`);
  else table.sets.set(name, set);
}

function finished(draft: Draft, whole: boolean): Table {
  const chains = new Map([...draft.chains].map(([name, { base, source, rules }]): [string, Chain] => [name, { name, base, rules, source, captured: whole ? 'all' : 'some' }]));
  const filled = new Set([...chains.values()].flatMap((chain) => chain.rules.flatMap((rule) => rule.steps.flatMap((step) => (step.kind === 'pass' || step.kind === 'sometimes' ? /^(?:add|update|delete) @(\S+)/.exec(step.kind === 'pass' ? step.text : step.what)?.[1] ?? [] : [])))));
  const sets = new Map([...draft.sets].map(([name, set]) => [name, filled.has(name) ? { ...set, steady: false } : set]));
  return { kind: 'firewall-table', form: 'nft', engine: 'nft', engineKnown: true, family: draft.family, name: draft.name, chains, sets, dormant: draft.dormant, complete: whole && draft.complete, source: draft.source };
}
