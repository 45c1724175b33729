import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyHost, anyRequestPath, anyRules } from '../../test/support/any-rules.ts';
import { decide } from '../../test/support/matching-model.ts';
import type { Request, Verdict } from '../../test/support/matching-model.ts';
import { rule } from '../../test/support/table-objects.ts';
import type { Answer, HostGroup, PathAnswer } from './host-group.ts';
import { createGrouper, parentDomain, pathEnd, pathKeys } from './host-group.ts';
import { compareRules } from './order.ts';
import type { Rule } from './routing-table.ts';

const group = (rules: readonly Rule[]): ReadonlyMap<string, HostGroup> => createGrouper()([...rules].sort(compareRules));

/** What a longest-prefix map finds. */
const longest = (answers: readonly PathAnswer[], path: string): Answer | null => {
  const text = `${path}${pathEnd}`;
  let best: PathAnswer | null = null;
  for (const one of answers) if (text.startsWith(one[0]) && one[0].length > (best?.[0].length ?? -1)) best = one;
  return best === null ? null : best[1];
};

const verdictOf = (answer: Answer | null): Verdict => {
  if (answer === null) return { does: 'nothing' };
  switch (answer.does) {
    case 'close': case 'ask-wildcard': return { does: 'tls-only', rule: answer.rule.id };
    case 'terminate': throw new Error('only for the SNI');
    default: return { does: answer.does, rule: answer.rule.id };
  }
};

/** The look-ups of the frontends, in their order. */
const ask = (rules: readonly Rule[], { scheme, host, path, sni }: Request): Verdict => {
  const groups = group(rules);
  const above = (name: string): HostGroup | undefined => groups.get(`*.${parentDomain(name) ?? ''}`);
  const [own, wildcard] = [groups.get(host), above(host)];
  if (scheme === 'http') {
    const answer = longest(own?.plain ?? [], path);
    if (answer?.does === 'ask-wildcard') return verdictOf(longest(wildcard?.plainFallback ?? [], path) ?? answer);
    return verdictOf(answer ?? longest(wildcard?.plain ?? [], path));
  }
  const bySni = sni === null ? null : groups.get(sni)?.sni ?? above(sni)?.sni ?? null;
  if (bySni?.does === 'serve') return { does: 'serve', rule: bySni.rule.id };
  const answer = longest(own?.tls ?? [], path) ?? longest(wildcard?.tls ?? [], path);
  return verdictOf(answer?.does === 'misdirected' && own?.sni?.does === 'terminate' ? null : answer);
};

describe('paths', () => {
  const finds = (path: string, requested: string): boolean => pathKeys(path).some((key) => `${requested}${pathEnd}`.startsWith(key));
  test.each([
    ['/sub', '/sub', true], ['/sub', '/sub/', true], ['/sub', '/sub/x', true], ['/sub', '/subpar', false], ['/sub/', '/sub', false], ['/sub/', '/sub/x', true],
    ['', '/', true], ['/', '/x', true], ['//', '/x', true], ['/sub', '//sub', false], ['/sub', '/%73ub', false], ['/sub', '/sub%2fx', false], ['/sub', '/sub/../other', true],
    ['/sub', '/SUB', false], ['/foo/', '/foo/!x', true], ['/foo/', '/foo/%20y', true],
  ])('"%s" covers "%s": %s', (path, requested, covers) => { expect(finds(path, requested)).toBe(covers); });
  test.each(['/a b', '/é', '/a?b', '/a#b', '/a\tb', '/a\n'])('no request can have %j, so it gets no key', (path) => { expect(pathKeys(path)).toEqual([]); });
});

describe('port 80', () => {
  const at = (rules: readonly Rule[], path = '/', host = 'www.example.com'): Verdict => ask(rules, { scheme: 'http', host, path, sni: null });
  test.each([['edge', 'allow', 'serve'], ['edge', 'redirect', 'redirect'], ['edge', 'none', 'tls-only'], ['reencrypt', 'allow', 'serve'], ['reencrypt', 'redirect', 'redirect'], ['reencrypt', 'none', 'tls-only'], ['passthrough', 'redirect', 'redirect'], ['passthrough', 'none', 'tls-only'], ['none', 'none', 'serve']] as const)('%s with %s: %s', (termination, insecure, does) => {
    expect(at([rule({ termination, insecure })])).toEqual({ does, rule: 'shop/web' });
  });
  test('a redirect counts only for the most specific rule', () => {
    const rules = [rule({ id: 'root', termination: 'edge', insecure: 'redirect' }), rule({ id: 'sub', path: '/a', termination: 'edge' }), rule({ id: 'open', path: '/o' })];
    expect(at(rules, '/x')).toEqual({ does: 'redirect', rule: 'root' });
    expect(at(rules, '/a/x')).toEqual({ does: 'tls-only', rule: 'sub' });
    expect(at(rules, '/o')).toEqual({ does: 'serve', rule: 'open' });
  });
  test('TLS only: a less specific rule serves clear text, of the same host or of the wildcard above', () => {
    const secret = rule({ id: 'secret', path: '/a', termination: 'edge' });
    expect(at([secret, rule({ id: 'root' })], '/a')).toEqual({ does: 'serve', rule: 'root' });
    expect(at([secret, rule({ id: 'wild', host: 'example.com', wildcard: true })], '/a')).toEqual({ does: 'serve', rule: 'wild' });
    expect(at([secret, rule({ id: 'wild', host: 'example.com', wildcard: true, termination: 'edge', insecure: 'redirect' })], '/a')).toEqual({ does: 'tls-only', rule: 'secret' });
  });
  test('an exact host with a path leaves the rest to the wildcard, redirects included', () => {
    const rules = [rule({ id: 'exact', path: '/a' }), rule({ id: 'wild', host: 'example.com', wildcard: true, termination: 'edge', insecure: 'redirect' })];
    expect(at(rules, '/b')).toEqual({ does: 'redirect', rule: 'wild' });
    expect(at(rules, '/a')).toEqual({ does: 'serve', rule: 'exact' });
  });
  test('a wildcard covers exactly one label, which may be empty', () => {
    const rules = [rule({ id: 'wild', host: 'example.com', wildcard: true })];
    for (const host of ['a.example.com', '.example.com']) expect(at(rules, '/', host)).toEqual({ does: 'serve', rule: 'wild' });
    for (const host of ['a.b.example.com', 'example.com', 'aexample.com', 'com']) expect(at(rules, '/', host)).toEqual({ does: 'nothing' });
  });
});

describe('port 443', () => {
  const at = (rules: readonly Rule[], host: string, path = '/', sni: string | null = host): Verdict => ask(rules, { scheme: 'https', host, path, sni });
  const wild = rule({ id: 'wild', host: 'example.com', wildcard: true, termination: 'passthrough' });
  test('clear text rules do not answer', () => { expect(at([rule()], 'www.example.com')).toEqual({ does: 'nothing' }); });
  test('a passthrough wildcard does not capture the name of a more specific rule', () => {
    for (const termination of ['edge', 'reencrypt'] as const) expect(at([wild, rule({ termination })], 'www.example.com')).toEqual({ does: 'serve', rule: 'shop/web' });
    expect(at([wild, rule({ termination: 'edge' })], 'other.example.com')).toEqual({ does: 'serve', rule: 'wild' });
    expect(at([wild, rule()], 'www.example.com')).toEqual({ does: 'serve', rule: 'wild' });
  });
  test('a passthrough host inside of a terminating wildcard passes', () => {
    const rules = [rule({ id: 'edge', host: 'example.com', wildcard: true, termination: 'edge' }), rule({ termination: 'passthrough' })];
    expect(at(rules, 'www.example.com')).toEqual({ does: 'serve', rule: 'shop/web' });
    expect(at(rules, 'a.example.com')).toEqual({ does: 'serve', rule: 'edge' });
  });
  test('over a connection that was terminated, a passthrough host is misdirected and never served by the wildcard', () => {
    const rules = [rule({ id: 'edge', host: 'example.com', wildcard: true, termination: 'edge' }), rule({ termination: 'passthrough' })];
    for (const sni of ['a.example.com', null]) expect(at(rules, 'www.example.com', '/', sni)).toEqual({ does: 'misdirected', rule: 'shop/web' });
  });
  test('a path that a terminating host does not have is nobody\'s, although the wildcard above passes', () => {
    const rules = [rule({ termination: 'edge', path: '/shop' }), rule({ id: 'wild', host: 'example.com', wildcard: true, termination: 'passthrough' })];
    expect(at(rules, 'www.example.com', '/shop/1')).toEqual({ does: 'serve', rule: 'shop/web' });
    for (const sni of ['www.example.com', null]) expect(at(rules, 'www.example.com', '/other', sni)).toEqual({ does: 'nothing' });
    expect(at(rules, 'other.example.com', '/other', null)).toEqual({ does: 'misdirected', rule: 'wild' });
  });
});

const anyRequest = fc.record<Request>({ scheme: fc.constantFrom('http', 'https'), host: anyHost, path: anyRequestPath, sni: fc.option(anyHost, { nil: null, freq: 4 }) });
/** Mostly the SNI is the host. */
const anyLikelyRequest = fc.tuple(anyRequest, fc.integer({ min: 0, max: 3 })).map(([request, dice]): Request => (dice === 0 ? request : { ...request, sni: request.host }));

test('property: longest-prefix look-ups in host groups agree with regular expressions tried one after the other', () => {
  fc.assert(fc.property(anyRules(), fc.array(anyLikelyRequest, { minLength: 10, maxLength: 10 }), (rules, requests) => {
    for (const request of requests) expect({ request, is: ask(rules, request) }).toEqual({ request, is: decide(rules, request) });
  }), { numRuns: 1500 });
});

describe('grouping again', () => {
  test('a group stays the same object while its rules and the wildcard above it do', () => {
    const grouper = createGrouper();
    const [a, b, wild] = [rule({ id: 'a', host: 'a.test', termination: 'edge' }), rule({ id: 'b', host: 'b.test' }), rule({ id: 'w', host: 'test', wildcard: true })];
    const first = grouper([a, b]);
    const second = grouper([a, { ...b }]);
    expect(second.get('a.test')).toBe(first.get('a.test'));
    expect(second.get('b.test')).not.toBe(first.get('b.test'));
    const third = grouper([a, b, wild]);
    expect(third.get('a.test')?.plain.map(([, { does }]) => does)).toEqual(['ask-wildcard']);
    expect(grouper([a, b]).get('a.test')?.plain.map(([, { does }]) => does)).toEqual(['close']);
  });
  test('property: whatever was grouped before, the answer is that of a fresh one', () => {
    fc.assert(fc.property(fc.array(anyRules(), { minLength: 2, maxLength: 4 }), (tables) => {
      const grouper = createGrouper();
      for (const rules of tables) {
        const sorted = [...rules].sort(compareRules);
        expect(grouper(sorted)).toEqual(createGrouper()(sorted));
      }
    }), { numRuns: 150 });
  });
});
