import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyHost, anyRequestPath, anyRules } from '../../test/support/any-rules.ts';
import { covers, decide } from '../../test/support/matching-model.ts';
import type { Request, Verdict } from '../../test/support/matching-model.ts';
import { member, rule, table } from '../../test/support/table-objects.ts';
import { explain, normalHost } from './explain.ts';
import type { ExplainRequest, Explanation } from './explain.ts';
import { parentDomain } from './host-group.ts';
import { compareRules } from './order.ts';
import type { RefusedName, Rule } from './routing-table.ts';

const ask = (rules: readonly Rule[], request: Partial<ExplainRequest> = {}, more: Parameters<typeof table>[0] = {}): Explanation =>
  explain(table({ ...more, rules: [...rules].sort(compareRules) }), { scheme: 'http', host: 'www.example.com', path: '/', ...request });

const whyOf = (explanation: Explanation, id: string): string => explanation.candidates.find((one) => one.rule.id === id)?.why ?? 'no candidate';

describe('the answer', () => {
  test('a rule serves, with its members', () => {
    const answer = ask([rule()]).answer;
    expect(answer).toMatchObject({ does: 'serve', rule: { id: 'shop/web' }, members: [{ id: 'm-shop-web' }] });
  });
  test('without members Fairway answers itself', () => {
    expect(ask([rule({ pool: { members: [] } })]).answer).toMatchObject({ does: 'answer', status: 503, reason: 'no-endpoints', rule: { id: 'shop/web' } });
  });
  test('redirects go to the host without port', () => {
    expect(ask([rule({ termination: 'edge', insecure: 'redirect' })], { host: 'WWW.example.com:8080', path: '/a' }).answer).toMatchObject({ does: 'redirect', location: 'https://www.example.com/a' });
  });
  test('passthrough: the connection goes on as it is, whatever the path', () => {
    const explanation = ask([rule({ termination: 'passthrough' })], { scheme: 'https', path: '/x' });
    expect(explanation).toMatchObject({ answer: { does: 'pass-through' }, listeners: ['sni'], certificate: null, lookups: [{ map: 'sni', key: 'www.example.com' }] });
  });
  test('TLS only, over clear text', () => {
    expect(ask([rule({ termination: 'edge' })]).answer).toMatchObject({ does: 'answer', status: 503, reason: 'tls-only', rule: { id: 'shop/web' } });
  });
  test('no such path, no such host', () => {
    expect(ask([rule({ path: '/a' })]).answer).toEqual({ does: 'answer', status: 503, reason: 'no-route-for-path', rule: null });
    expect(ask([rule({ path: '/a' })], { host: 'other.test' }).answer).toEqual({ does: 'answer', status: 503, reason: 'no-route-for-host', rule: null });
  });
  test('somebody asked for it and was refused', () => {
    const refused: RefusedName[] = [{ host: 'www.example.com', wildcard: false, path: '/a', reason: 'HostAlreadyClaimed' }, { host: 'example.com', wildcard: true, path: '', reason: 'RouteNotAdmitted' }];
    const explanation = ask([], { path: '/a/x' }, { refused });
    expect(explanation.answer).toMatchObject({ reason: 'route-not-admitted' });
    expect(explanation.refused.map(({ reason }) => reason)).toEqual(['HostAlreadyClaimed', 'RouteNotAdmitted']);
    expect(ask([], { path: '/b' }, { refused }).refused.map(({ reason }) => reason)).toEqual(['RouteNotAdmitted']);
  });
  test.each([['www.example.com:8443', 'www.example.com'], ['WWW.Example.com.', 'www.example.com'], ['a.test.:80', 'a.test'], ['a.test', 'a.test'], ['[::1]:80', '[::1]'], ['[::1]', '[::1]']])('host %s is looked up as %s', (host, found) => { expect(normalHost(host)).toBe(found); });
});

describe('listeners', () => {
  test('port 443 looks at the SNI first only while a passthrough rule exists', () => {
    const edge = rule({ termination: 'edge' });
    expect(ask([edge], { scheme: 'https' }).listeners).toEqual(['tls']);
    expect(ask([edge, rule({ id: 'p', host: 'p.test', termination: 'passthrough' })], { scheme: 'https' }).listeners).toEqual(['sni', 'tls']);
    expect(ask([edge]).listeners).toEqual(['plain']);
  });
});

describe('certificates', () => {
  const certificates = [{ host: '*.example.com', pem: 'wild', rule: 'shop/w' }, { host: 'www.example.com', pem: 'own', rule: 'shop/web' }];
  const edge = [rule({ termination: 'edge' }), rule({ id: 'o', host: 'other.example.com', termination: 'edge' }), rule({ id: 'p', host: 'p.example.com', termination: 'edge' }), rule({ id: 'd', host: 'd.test', termination: 'edge' })];
  const https = (request: Partial<ExplainRequest>): Explanation => ask(edge, { scheme: 'https', ...request }, { certificates });
  test('that of the exact name before a wildcard, else the default one; by SNI, not by Host', () => {
    expect(https({}).certificate).toEqual({ host: 'www.example.com', rule: 'shop/web' });
    expect(https({ host: 'other.example.com' }).certificate).toEqual({ host: '*.example.com', rule: 'shop/w' });
    expect(https({ host: 'd.test' }).certificate).toEqual({ host: null, rule: null });
    expect(https({ sni: null }).certificate).toEqual({ host: null, rule: null });
    expect(https({ sni: 'other.example.com' }).certificate).toEqual({ host: '*.example.com', rule: 'shop/w' });
  });
  test('HTTP/2 connections are re-used only within one certificate', () => {
    expect(https({ httpVersion: '2', sni: 'other.example.com', host: 'p.example.com' }).answer).toMatchObject({ does: 'serve', rule: { id: 'p' } });
    const other = https({ httpVersion: '2', sni: 'other.example.com' });
    expect(other.answer).toMatchObject({ does: 'answer', status: 421, reason: 'misdirected-request' });
    expect(other.candidates.map(({ won }) => won)).toEqual([false]);
    expect(https({ sni: 'other.example.com' }).answer).toMatchObject({ does: 'serve' });
  });
});

describe('reasons', () => {
  const rules = [
    rule({ id: 'root' }), rule({ id: 'sub', path: '/a' }), rule({ id: 'slash', path: '/a/' }), rule({ id: 'far', path: '/far' }),
    rule({ id: 'tls', path: '/a/t', termination: 'edge' }), rule({ id: 'odd', path: '/a b' }), rule({ id: 'wild', host: 'example.com', wildcard: true }),
  ];
  test('each candidate says why it won or lost, in the order asked', () => {
    const explanation = ask(rules, { path: '/a/t' });
    expect(explanation.candidates.map((one) => one.rule.id)).toEqual(['odd', 'tls', 'far', 'slash', 'sub', 'root', 'wild']);
    expect(whyOf(explanation, 'slash')).toBe('exact host; longest path that covers the request (/a/)');
    expect(whyOf(explanation, 'tls')).toMatch(/TLS only/);
    expect(whyOf(explanation, 'far')).toMatch(/does not cover/);
    expect(whyOf(explanation, 'odd')).toMatch(/no request can have/);
    expect(whyOf(explanation, 'sub')).toBe('a longer path goes first (slash: /a/)');
    expect(whyOf(explanation, 'root')).toMatch(/a longer path goes first/);
    expect(whyOf(explanation, 'wild')).toMatch(/exact host goes before a wildcard/);
  });
  test('a path with a slash at its end does not answer without it', () => {
    expect(whyOf(ask(rules, { path: '/a' }), 'slash')).toMatch(/ends in a slash/);
  });
  test('of "" and "/" the older one: age is the reason, not length', () => {
    const explanation = ask([rule({ id: 'young', path: '', created: 2 }), rule({ id: 'old', path: '/', created: 1 })]);
    expect(explanation.answer).toMatchObject({ rule: { id: 'old' } });
    expect(whyOf(explanation, 'young')).toBe('the older object goes first (old)');
  });
  test('port 80 and passthrough; clear text and TLS', () => {
    expect(whyOf(ask([rule({ id: 'wild', host: 'example.com', wildcard: true }), rule({ termination: 'passthrough' })]), 'shop/web')).toMatch(/port 80 has nothing/);
    expect(whyOf(ask([rule()], { scheme: 'https' }), 'shop/web')).toMatch(/clear text only/);
  });
  test('a redirect that is not the most specific rule is not made', () => {
    const explanation = ask([rule({ id: 'root', termination: 'edge', insecure: 'redirect' }), rule({ id: 'sub', path: '/a', termination: 'edge' }), rule({ id: 'wild', host: 'example.com', wildcard: true })], { path: '/a' });
    expect(explanation.answer).toMatchObject({ does: 'serve', rule: { id: 'wild' } });
    expect(whyOf(explanation, 'root')).toBe('only the most specific rule redirects, and that is sub');
  });
  test('the SNI chose: the rules of that name are the candidates, and it is said that the Host was not asked', () => {
    const explanation = ask([rule({ id: 'pass', host: 'p.test', termination: 'passthrough' }), rule({ termination: 'edge' })], { scheme: 'https', sni: 'p.test' });
    expect(explanation.answer).toMatchObject({ does: 'pass-through', rule: { id: 'pass' } });
    expect(explanation.candidates.find(({ won }) => won)?.rule.id).toBe('pass');
    expect(whyOf(explanation, 'shop/web')).toMatch(/SNI/);
  });
  test('edge rules beside a passthrough rule of the same host never see a connection with its name', () => {
    const explanation = ask([rule({ id: 'pass', termination: 'passthrough' }), rule({ path: '/a', termination: 'edge' })], { scheme: 'https', path: '/a' });
    expect(explanation.answer).toMatchObject({ rule: { id: 'pass' } });
    expect(whyOf(explanation, 'shop/web')).toMatch(/SNI/);
  });
});

const anyRequest = fc.tuple(fc.constantFrom('http', 'https' as const), anyHost, anyRequestPath, fc.option(anyHost, { nil: null, freq: 4 }), fc.integer({ min: 0, max: 3 }))
  .map(([scheme, host, path, sni, dice]): Request => ({ scheme, host, path, sni: scheme === 'http' ? null : dice === 0 ? sni : host }));

const verdictOf = ({ answer }: Explanation, rules: readonly Rule[]): Verdict => {
  switch (answer.does) {
    case 'serve': case 'pass-through': return { does: 'serve', rule: answer.rule.id };
    case 'redirect': return { does: 'redirect', rule: answer.rule.id };
    case 'answer': {
      if (answer.rule === null) return { does: 'nothing' };
      expect(rules).toContain(answer.rule);
      return { does: answer.reason === 'no-endpoints' ? 'serve' : answer.reason === 'tls-only' ? 'tls-only' : 'misdirected', rule: answer.rule.id };
    }
  }
};

/** A reason that compares must be true of the two that it compares. */
const checkReason = ({ rule: loser, why }: Explanation['candidates'][number], winner: Rule, { host, path }: Request): void => {
  const length = (one: Rule): number => (/^\/*$/.test(one.path) ? 0 : one.path.length);
  const facts = { why, same: loser.host === winner.host && loser.wildcard === winner.wildcard, covered: covers(loser, host, path) };
  if (/older/.test(why)) expect({ ...facts, length: length(loser) }).toEqual({ why, same: true, covered: true, length: length(winner) });
  else if (/longer path/.test(why)) expect({ ...facts, shorter: length(loser) < length(winner) }).toEqual({ why, same: true, covered: true, shorter: true });
  else if (/exact host/.test(why)) expect({ why, loser: loser.wildcard, winner: winner.wildcard }).toEqual({ why, loser: true, winner: false });
  else if (/cover the request|ends in a slash|no request can/.test(why)) expect(facts).toMatchObject({ why, covered: false });
  else expect(why).toMatch(/TLS only|clear text only|SNI|only the most specific rule redirects/);
};

test('property: it says what regular expressions tried one after the other find, and has a reason for every rule that could be meant', () => {
  fc.assert(fc.property(anyRules(), fc.array(anyRequest, { minLength: 8, maxLength: 8 }), (rules, requests) => {
    for (const request of requests) {
      const explanation = ask(rules, request);
      const is = verdictOf(explanation, rules);
      expect({ request, is }).toEqual({ request, is: decide(rules, request) });

      const { candidates } = explanation;
      const names = request.sni === null || request.sni === request.host ? [request.host] : [request.host, request.sni];
      const meant = rules.filter(({ host, wildcard }) => names.some((name) => (wildcard ? parentDomain(name) === host : name === host)));
      for (const one of meant.filter(({ host, wildcard }) => (wildcard ? parentDomain(request.host) === host : request.host === host))) expect(candidates.map((each) => each.rule.id)).toContain(one.id);
      for (const one of candidates) {
        expect(meant).toContain(one.rule);
        expect(one.why).toMatch(/^\S.{10,}$/s);
        if (!one.won && is.does !== 'nothing') checkReason(one, rules.find(({ id }) => id === is.rule)!, request);
      }
      expect(new Set(candidates.map((one) => one.rule.id)).size).toBe(candidates.length);
      expect(candidates.filter(({ won }) => won).map((one) => one.rule.id)).toEqual(is.does === 'nothing' ? [] : [is.rule]);
    }
  }), { numRuns: 800 });
});

test('members are those of the rule, in its order', () => {
  const members = [member('b'), member('a', { weight: 0 })];
  expect(ask([rule({ pool: { members } })]).answer).toMatchObject({ members });
});
