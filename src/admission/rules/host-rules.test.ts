import { describe, expect, test } from 'vitest';
import { notesOf, route, verdictOn } from '../../../test/support/admission-objects.ts';

const at = (changes: Parameters<typeof route>[0], options: Parameters<typeof verdictOn>[1] = {}) => verdictOn(route(changes), options);
const hostOf = (changes: Parameters<typeof route>[0], options: Parameters<typeof verdictOn>[1] = {}): string | undefined => at(changes, options).claim?.host;

describe('host syntax', () => {
  test.each(['a', 'www.example.com', 'a-b.c1', '10.1.2.3', `${'a'.repeat(63)}.example.com`])('%s is admitted', (host) => {
    expect(notesOf(at({ host }))).toEqual([]);
    expect(hostOf({ host })).toBe(host);
  });
  test.each([
    'WWW.example.com', 'www.example.com.', '*.example.com', 'a_b.example.com', '-a.com', 'a-.com', 'a..b', '.a', 'a b', 'a\nb', 'a.com:8080', 'http://a.com',
    `${'a'.repeat(64)}.com`, `${'a.'.repeat(127)}a`, 'münchen.de', "a'b", 'a"b', 'a;b', '%[env(HOME)]', 'a/b', 'a\u0000b',
  ])('%j is InvalidHost', (host) => {
    const { refusals, claim } = at({ host });
    expect(refusals.map(({ code, reason, path }) => [code, reason, path])).toEqual([['host-invalid', 'InvalidHost', 'spec.host']]);
    expect(claim).toBeNull();
  });
  test('the annotation of the API server relaxes nothing here', () => {
    expect(notesOf(at({ host: `${'a'.repeat(64)}.com`, annotations: { 'route.openshift.io/allow-non-dns-compliant-host': 'true' } }))).toEqual(['host-invalid spec.host']);
  });
  test('hints tell what to write', () => {
    expect(at({ host: 'WWW.Example.com' }).refusals[0]?.hint).toContain('www.example.com');
    expect(at({ host: '*.example.com' }).refusals[0]?.hint).toContain('wildcardPolicy: Subdomain');
    expect(at({ host: 'a.com:80' }).refusals[0]?.hint).toContain('port');
  });
  test('no host', () => {
    expect(at({ host: '' }).refusals).toMatchObject([{ code: 'host-missing', reason: 'NoHostValue', path: 'spec.host' }]);
    expect(at({ host: '', subdomain: 'shop' }).refusals).toMatchObject([{ code: 'host-missing', path: 'spec.subdomain' }]);
  });
  test('a hostile host stays on one short line of the message', () => {
    const { message } = at({ host: `a\n2026 ERROR forged ${'x'.repeat(10_000)}` }).refusals[0]!;
    expect(message).not.toContain('\n');
    expect(message.length).toBeLessThan(200);
  });
});

describe('host rewriting', () => {
  const template = '${name}-${namespace}.apps.test';
  test.each([
    ['subdomain in front of the domain', { host: '', subdomain: 'shop' }, { domain: 'apps.test' }, 'shop.apps.test'],
    ['subdomain of two labels', { host: '', subdomain: 'a.b' }, { domain: 'apps.test' }, 'a.b.apps.test'],
    ['the host wins over the subdomain', { host: 'x.test', subdomain: 'shop' }, { domain: 'apps.test' }, 'x.test'],
    ['template for an empty host', { host: '' }, { hostnameTemplate: template }, 'web-shop.apps.test'],
    ['template leaves a host alone', { host: 'x.test' }, { hostnameTemplate: template }, 'x.test'],
    ['subdomain comes before the template', { host: '', subdomain: 's' }, { hostnameTemplate: template, domain: 'd.test' }, 's.d.test'],
    ['override of all', { host: 'x.test' }, { hostnameTemplate: template, overrideHostname: true }, 'web-shop.apps.test'],
    ['override without template', { host: 'x.test' }, { overrideHostname: true }, 'x.test'],
    ['override of a domain', { host: 'a.x.test' }, { hostnameTemplate: template, overrideDomains: ['x.test'] }, 'web-shop.apps.test'],
    ['override of the domain itself', { host: 'x.test' }, { hostnameTemplate: template, overrideDomains: ['X.test'] }, 'web-shop.apps.test'],
    ['not of a name that only ends alike', { host: 'ax.test' }, { hostnameTemplate: template, overrideDomains: ['x.test'] }, 'ax.test'],
    ['an unknown key leaves the host', { host: 'x.test' }, { hostnameTemplate: '${name}-${cluster}.test', overrideHostname: true }, 'x.test'],
  ] as const)('%s', (_, fields, options, expected) => expect(hostOf(fields, options)).toBe(expected));

  test('a template can make an invalid host, which is refused', () => {
    expect(notesOf(at({ host: '', name: 'a.b' }, { hostnameTemplate: '${name}_x.test' }))).toEqual(['host-invalid spec.host']);
  });
  test('authors are told', () => {
    expect(notesOf(at({ host: 'x.test' }, { hostnameTemplate: template, overrideHostname: true }))).toEqual(['~host-rewritten spec.host']);
    expect(notesOf(at({ subdomain: 'a' }))).toEqual(['~host-and-subdomain spec.subdomain']);
    expect(notesOf(at({ subdomain: 'A_' }))).toEqual(['subdomain-invalid spec.subdomain', '~host-and-subdomain spec.subdomain']);
    expect(at({ host: '', subdomain: 'shop' }, { domain: 'apps.test' }).asked).toEqual({ host: 'shop.apps.test', wildcard: false, path: '' });
  });
});

describe('domain lists', () => {
  const denied = { deniedDomains: ['bad.test', 'Worse.test'] };
  test.each(['bad.test', 'a.bad.test', 'a.b.bad.test', 'worse.test'])('%s is denied', (host) => {
    expect(at({ host }, denied).refusals).toMatchObject([{ code: 'domain-denied', reason: 'RouteNotAdmitted' }]);
  });
  test.each(['notbad.test', 'bad.test.example.com', 'test'])('%s is not', (host) => expect(notesOf(at({ host }, denied))).toEqual([]));
  const allowed = { allowedDomains: ['good.test'] };
  test.each(['good.test', 'a.good.test'])('%s is allowed', (host) => expect(notesOf(at({ host }, allowed))).toEqual([]));
  test.each(['notgood.test', 'test', 'other.test'])('%s is not among the allowed', (host) => {
    expect(at({ host }, allowed).refusals).toMatchObject([{ code: 'domain-not-allowed', reason: 'RouteNotAdmitted' }]);
  });
  test('the denied list wins', () => expect(notesOf(at({ host: 'a.x.test' }, { allowedDomains: ['x.test'], deniedDomains: ['a.x.test'] }))).toEqual(['domain-denied spec.host']));
  test('an empty host passes to the next rule', () => expect(notesOf(at({ host: '' }, allowed))).toEqual(['host-missing spec.host']));
  test('the first refusal ends it: domains before syntax', () => expect(notesOf(at({ host: 'A_.bad.test' }, denied))).toEqual(['domain-denied spec.host']));

  const wild = { wildcardPolicy: 'Subdomain' } as const;
  test('a wildcard may not reach out of the allowed domains nor over a denied host', () => {
    expect(notesOf(at({ ...wild, host: 'www.good.test' }, { ...allowed, allowWildcardRoutes: true }))).toEqual([]);
    expect(notesOf(at({ ...wild, host: 'good.test' }, { ...allowed, allowWildcardRoutes: true }))).toEqual(['domain-not-allowed spec.host']);
    expect(notesOf(at({ ...wild, host: 'www.x.test' }, { deniedDomains: ['secret.x.test'], allowWildcardRoutes: true }))).toEqual(['domain-denied spec.host']);
    expect(notesOf(at({ ...wild, host: 'www.x.test' }, { deniedDomains: ['a.secret.x.test'], allowWildcardRoutes: true }))).toEqual([]);
  });
});

describe('wildcard policy', () => {
  test.each(['', 'None'])('%j means one host', (policy) => expect(at({ wildcardPolicy: policy }).claim).toMatchObject({ wildcard: false, host: 'www.example.com' }));
  test('Subdomain needs leave', () => {
    expect(at({ wildcardPolicy: 'Subdomain' }).refusals).toMatchObject([{ code: 'wildcard-not-allowed', reason: 'RouteNotAdmitted' }]);
    const allowed = at({ wildcardPolicy: 'Subdomain' }, { allowWildcardRoutes: true });
    expect(allowed.claim).toMatchObject({ wildcard: true, host: 'example.com' });
    expect(allowed.asked).toEqual({ host: 'example.com', wildcard: true, path: '' });
  });
  test('a single label has no siblings', () => {
    const verdict = at({ host: 'localhost', wildcardPolicy: 'Subdomain' }, { allowWildcardRoutes: true });
    expect(verdict.claim).toMatchObject({ wildcard: false, host: 'localhost' });
    expect(notesOf(verdict)).toEqual(['~wildcard-single-label spec.wildcardPolicy']);
  });
  test.each(['subdomain', 'All', 'none', ' '])('%j is unknown', (policy) => expect(notesOf(at({ wildcardPolicy: policy }))).toEqual(['wildcard-policy-unknown spec.wildcardPolicy']));
});
