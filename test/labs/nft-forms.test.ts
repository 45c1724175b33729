import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Capture } from '../../src/doctor/evidence.ts';
import type { Table } from '../../src/doctor/model/firewall/rule.ts';
import { nftJson } from '../../src/doctor/parsers/nft-json.ts';
import { nftRuleset } from '../../src/doctor/parsers/nft-ruleset.ts';
import { Random } from './firewall/random.ts';
import { randomNft } from './firewall/random-nft.ts';

// nft prints one rule set as text and as JSON; both must be read as the same rules. Nothing but a network namespace of its own is touched.

const nft = ['/usr/sbin/nft', '/sbin/nft', '/usr/bin/nft'].find((path) => existsSync(path));
const missing = process.getuid?.() !== 0 ? 'not root: a network namespace cannot be made' : nft === undefined ? 'nft is not installed' : null;

/** Both forms of a rule set, printed by nft out of a fresh namespace. */
function printed(rules: string): Promise<{ readonly text: string; readonly json: string }> {
  return new Promise((resolve, reject) => {
    const child = execFile('unshare', ['-n', 'sh', '-c', `${nft ?? 'nft'} -f - && ${nft ?? 'nft'} list ruleset && printf '\\001' && ${nft ?? 'nft'} -j list ruleset`], { maxBuffer: 16 * 1024 * 1024 }, (error, stdout, stderr) => {
      const [text = '', json = ''] = stdout.split('\u0001');
      if (error === null) resolve({ text, json });
      else reject(new Error(stderr.slice(0, 500)));
    });
    child.stdin?.end(rules);
  });
}

const capture = (command: string, text: string): Capture => ({ host: 'h', command, takenAt: null, sample: 1, file: 'f', firstLine: 1, lines: text.trimEnd().split('\n'), exitCode: 0, big: null });

/** A table without the places it was read from. Chains and sets by name: the two forms list them in different orders. */
function plain(table: Table): object {
  const byName = <T>(map: ReadonlyMap<string, T>, of: (value: T) => object): object => Object.fromEntries([...map].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, value]) => [name, of(value)]));
  return {
    family: table.family, name: table.name, dormant: table.dormant,
    chains: byName(table.chains, ({ base, rules, captured }) => ({ base: base === null ? null : { ...base, devices: [] }, captured, rules: rules.map(({ number, steps, comment, counter, oddities }) => ({ number, steps, comment, counter, oddities })) })),
    sets: byName(table.sets, ({ name, elements, steady }) => ({ name, elements, steady })),
  };
}

async function compare(rules: string, about: string): Promise<number> {
  const { text, json } = await printed(rules);
  const fromText = nftRuleset.parse(capture('nft list ruleset', text));
  const fromJson = nftJson.parse(capture('nft -j list ruleset', json));
  expect(fromText.unread, about).toEqual([]);
  expect(fromJson.unread.filter(({ reason }) => !reason.startsWith('its devices are not in the JSON')), about).toEqual([]);
  for (const [index, table] of fromText.records.entries()) {
    const other = fromJson.records[index];
    if (other === undefined) throw new Error(`${about}: the JSON has no table ${table.name}`);
    expect(JSON.parse(JSON.stringify(plain(other), bigints)), about).toEqual(JSON.parse(JSON.stringify(plain(table), bigints)));
  }
  expect(fromJson.records.length, about).toBe(fromText.records.length);
  return fromText.records.reduce((sum, table) => sum + [...table.chains.values()].reduce((all, chain) => all + chain.rules.length, 0), 0);
}

const bigints = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? `${value.toString()}n` : value);

test('every statement that people write', async (context) => {
  if (missing !== null) context.skip(`the two forms of nft are not compared: ${missing}`);
  expect(await compare(readFileSync(join(import.meta.dirname, 'firewall/every-statement.nft'), 'utf8'), 'every-statement.nft')).toBeGreaterThan(60);
});

test('two hundred random rule sets', { timeout: 120_000 }, async (context) => {
  if (missing !== null) context.skip(`the two forms of nft are not compared: ${missing}`);
  let rules = 0;
  let refused = 0;
  for (let seed = 1; seed - refused <= 200; seed++) {
    // Some random rules contradict themselves (ip6 and ip in one), which nft does not take.
    rules += await compare(randomNft(new Random(seed), seed % 2 === 0), `seed ${String(seed)}`).catch((error: unknown) => {
      if (!(error instanceof Error) || !/^\/dev\/stdin:\d+:/.test(error.message)) throw error;
      refused += 1;
      return 0;
    });
  }
  expect(refused).toBeLessThan(100);
  expect(rules).toBeGreaterThan(2000);
});
