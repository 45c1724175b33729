import { describe, expect, test } from 'vitest';
import { lanes } from './lanes.ts';
import type { HopView } from './lanes.ts';

const hostile = '"><script>alert(1)</script>';
const line = { file: 'lb1/ip.txt', line: 7, text: `10.9.0.50 dev eth0 ${hostile}` };
const hop = (layer: string, state: HopView['state'], says: string, more: Partial<HopView> = {}): HopView => ({ layer, where: hostile, state, says, details: [`about ${layer}`], lines: [], excluded: [], ...more });
const drawn = (...hops: readonly HopView[]): string => lanes([{ title: `tcp://10.9.0.50:443${hostile}`, verdict: 'dropped', hops }], []).text;

describe('lanes', () => {
  const failing = drawn(hop('client', 'ok', 'asks'), hop('firewall', 'failed', 'a rule drops it', { lines: [{ line, shows: 'the rule' }], excluded: [{ what: 'L2-01 a foreign MAC', because: 'the MAC is its own', line }] }), hop('router', 'ahead', 'not asked'));
  test('hops in order, the failing one open and said in words', () => {
    expect([...failing.matchAll(/class="layer">(\w+)/g)].map(([, name]) => name)).toEqual(['client', 'firewall', 'router']);
    expect(failing).toMatch(/<li class="hop failed">.*FAILS HERE.*<div class="failing failed">.*about firewall/s);
    expect(failing).toMatch(/<details><summary>more<\/summary><p>about router/);
    expect(failing).toContain('not reached');
  });
  test('the failing hop shows its line, marked, and what it only looks like, with the line that excludes it', () => {
    expect(failing).toMatch(/<tr class="hit"><td class="n">\u25b6 7<\/td><td><mark>10\.9\.0\.50 dev eth0/);
    expect(failing).toMatch(/<details open><summary>What looks like it, and is not so<\/summary>.*<strong>Not<\/strong> L2-01 a foreign MAC: the MAC is its own<br><code>lb1\/ip\.txt:7<\/code>/s);
  });
  test('where nothing fails, the first hop that leaves the question open is the open one', () => {
    const open = drawn(hop('client', 'ok', 'asks'), hop('firewall', 'unknown', 'rules are missing'), hop('router', 'unknown', 'so is it'));
    expect(open.match(/<div class="failing/g)).toHaveLength(1);
    expect(open).toMatch(/<div class="failing unknown">.*cannot tell:.*firewall.*rules are missing/s);
    expect(drawn(hop('client', 'ok', 'asks'))).not.toContain('class="failing');
  });
  test('nothing of the evidence becomes markup', () => { expect(failing).not.toContain('<script'); });
});
