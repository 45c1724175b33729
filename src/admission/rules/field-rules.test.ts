import { describe, expect, test } from 'vitest';
import { notesOf, route, verdictOn } from '../../../test/support/admission-objects.ts';
import type { HeaderAction } from '../../resources/route.ts';

const notes = (changes: Parameters<typeof route>[0], options: Parameters<typeof verdictOn>[1] = {}): string[] =>
  notesOf(verdictOn(route(changes), options)).filter((note) => !note.startsWith('~no-endpoints') && !note.startsWith('~target-port-unmatched'));

describe('path', () => {
  test.each(['', '/', '/a', '/a/b.c', '/%41', '/~user', "/it's", '/a;b=c', '/a:b@c', '/(x)', '/a&b', '//a', '/a+b,c!$*', '/..'])('%j is served', (path) => {
    expect(notes({ path })).toEqual([]);
  });
  test.each(['a', 'a/b', '/a b', '/a#b', '/a\nb', '/a\rb', '/a\tb', '/a\u0000', '/a\u007f', '/a"b', '/a\\b', '/\u00a0', '/\u2028', '/\ud800', `/${'a'.repeat(4096)}`, 'http://x/', '?'])('%j is refused', (path) => {
    expect(notes({ path })).toEqual(['path-invalid spec.path']);
  });
  test.each(['/a?b', '/ä', '/a|b', '/{x}', '/<a>', '/a^b', '/`'])('%j never matches', (path) => expect(notes({ path })).toEqual(['~path-never-matches spec.path']));
  test('a last slash surprises', () => {
    expect(notes({ path: '/a/' })).toEqual(['~path-trailing-slash spec.path']);
    expect(notes({ path: '//' })).toEqual([]);
  });
  test('passthrough has none', () => expect(notes({ path: '/a', tls: { termination: 'passthrough' } })).toEqual(['path-with-passthrough spec.path']));
});

describe('backends', () => {
  const to = (name: string, weight: number | null = 100, kind = 'Service') => ({ kind, name, weight });
  test.each([[to('web')], [to('web', 0)], [to('web', 256)], [to('web', null)], [to('web', 1, '')]])('%j', (target) => {
    expect(notes({ to: target }).filter((note) => !note.startsWith('~'))).toEqual([]);
  });
  test.each([
    [to(''), 'backend-invalid spec.to.name'], [to('Web'), 'backend-invalid spec.to.name'], [to('a/b'), 'backend-invalid spec.to.name'], [to('a\nb'), 'backend-invalid spec.to.name'],
    [to('web', 1, 'Pod'), 'backend-invalid spec.to.kind'], [to('web', -1), 'weight-invalid spec.to.weight'], [to('web', 257), 'weight-invalid spec.to.weight'], [to('web', 1.5), 'weight-invalid spec.to.weight'],
  ])('%j is refused', (target, note) => expect(notes({ to: target }).filter((one) => !one.startsWith('~'))).toEqual([note]));
  test('three alternates, not four', () => {
    expect(notes({ alternateBackends: ['a', 'b', 'c'].map((name) => to(name)) })).toEqual([]);
    expect(notes({ alternateBackends: ['a', 'b', 'c', 'd'].map((name) => to(name)) })).toEqual(['backends-too-many spec.alternateBackends']);
    expect(notes({ alternateBackends: [to('a'), to('')] })).toEqual(['backend-invalid spec.alternateBackends[1].name']);
  });
  test('surprises', () => {
    expect(notes({ alternateBackends: [to('web', 5)] })).toEqual(['~backend-duplicate spec.alternateBackends[0].name']);
    expect(notes({ to: to('web', null), alternateBackends: [to('b', 50)] })).toEqual(['~weight-missing spec.to']);
    expect(notes({ to: to('web', null), alternateBackends: [to('b', null)] })).toEqual([]);
    expect(notes({ to: to('web', 0), alternateBackends: [to('b', 0)] })).toEqual(['~weights-all-zero spec.to.weight']);
  });
  test('services of the claim: each once, last weight, missing is 1', () => {
    const { claim } = verdictOn(route({ to: to('web', null), alternateBackends: [to('b', 7), to('web', 9)] }));
    expect(claim?.services).toEqual([{ name: 'web', weight: 9 }, { name: 'b', weight: 7 }]);
    expect(verdictOn(route({ to: to('web', null) })).claim?.services).toEqual([{ name: 'web', weight: 1 }]);
  });
});

describe('target port', () => {
  test.each([1, 65535, 8080, '8080', 'http', 'web-1', 'a'])('%j', (targetPort) => expect(notes({ targetPort })).toEqual([]));
  test.each([0, -1, 65536, 1.5, '', '0', '99999', 'a b', 'a\n', '-a', 'a;b', 'x'.repeat(64)])('%j is refused', (targetPort) => {
    expect(notes({ targetPort })).toEqual(['target-port-invalid spec.port.targetPort']);
  });
  test('is text in the claim', () => expect(verdictOn(route({ targetPort: 8080 })).claim?.targetPort).toBe('8080'));
});

describe('header actions', () => {
  const set = (value: string, name = 'X-A'): HeaderAction => ({ type: 'Set', name, value });
  const request = (...actions: HeaderAction[]): string[] => notes({ requestHeaders: actions });
  const response = (...actions: HeaderAction[]): string[] => notes({ responseHeaders: actions });

  test.each([
    'x', 'a b', ' a ', '%%', '100%%', 'a%%b%%', '%[req.hdr(Host)]', '%[req.hdr(X-a-1),lower]', '%[req.hdr(X),lower,base64]', '%[ssl_c_der]', '%[ssl_c_der,base64]', '%{+Q}[ssl_c_der,base64]',
    '%{-Q,+X,E}[req.hdr(a)]', 'pre %[req.hdr(a)] post %%', 'x%[ssl_c_der]%[ssl_c_der]', `"quoted"`, "it's", 'ü', '\\', '${HOME}', 'x'.repeat(7990), '; add server', '[x]', '{+Q}',
  ])('request value %j', (value) => expect(request(set(value))).toEqual([]));
  test.each([
    '', '%', 'a%', '%a', '%[', '%[]', '%[env(HOME)]', '%[src]', '%[res.hdr(a)]', '%[req.hdr()]', '%[req.hdr(a_b)]', '%[req.hdr(a),upper]', '%[req.hdr(a),]', '%[req.hdr(a) ]', '%[ req.hdr(a)]',
    '%{+Z}[ssl_c_der]', '%{}[ssl_c_der]', '%{+Q[ssl_c_der]', '%{+Q,}[ssl_c_der]', '%[ssl_c_der', '%%%', '%[req.hdr(a)', '%[req.hdr(a)]%', 'a\nb', 'a\rb', 'a\tb', '\u0000', '\u007f', '\u0085', '%ci', '%[lua.x]', '%[ssl_c_der,lower(x)]',
    '%[REQ.hdr(a)]', 'x'.repeat(16385),
  ])('request value %j is refused', (value) => expect(request(set(value))).toEqual(['header-value-invalid spec.httpHeaders.actions.request[0].action.set.value']));
  test('responses read response headers', () => {
    expect(response(set('%[res.hdr(a),lower]'))).toEqual([]);
    expect(response(set('%[req.hdr(a)]'))).toEqual(['header-value-invalid spec.httpHeaders.actions.response[0].action.set.value']);
  });

  test.each(['X-A', 'a', "!#$%&'*+-.^_`|~09azAZ", 'x'.repeat(255), 'Host', 'X-Forwarded-For'])('name %s', (name) => expect(request({ type: 'Delete', name })).toEqual([]));
  test.each(['', 'a b', 'a:b', 'a\n', 'ä', '"a"', 'a(b)', 'a/b', 'x'.repeat(256), 'a,b', '{a}'])('name %j is refused', (name) => {
    expect(request({ type: 'Delete', name })).toEqual(['header-name-invalid spec.httpHeaders.actions.request[0].name']);
  });
  test.each(['Proxy', 'COOKIE', 'set-cookie', 'Strict-Transport-Security'])('%s may not be changed', (name) => {
    expect(response({ type: 'Delete', name })).toEqual(['header-forbidden spec.httpHeaders.actions.response[0].name']);
  });
  test('lists', () => {
    const many = (count: number): HeaderAction[] => Array.from({ length: count }, (_, index) => set('x', `X-${index}`));
    expect(request(...many(20))).toEqual([]);
    expect(request(...many(21))).toEqual(['headers-too-many spec.httpHeaders.actions.request']);
    expect(request(set('1'), set('2'))).toEqual(['header-duplicate spec.httpHeaders.actions.request[1].name']);
    expect(request(set('1', 'X-A'), set('2', 'x-a'))).toEqual([]);
    expect(notes({ requestHeaders: [set('1')], responseHeaders: [set('1')] })).toEqual([]);
    expect(notes({ requestHeaders: [set('x'.repeat(4000), 'X-A'), set('x', 'X-B')], responseHeaders: [set('x'.repeat(3990), 'X-A')] })).toEqual([]);
    expect(notes({ requestHeaders: [set('x'.repeat(4000), 'X-A'), set('x', 'X-B')], responseHeaders: [set('x'.repeat(3991), 'X-A')] })).toEqual(['headers-too-large spec.httpHeaders']);
    expect(notes({ requestHeaders: [set('x'.repeat(16384))] })).toEqual(['headers-too-large spec.httpHeaders']);
    expect(notes({ requestHeaders: [set('1')], tls: { termination: 'passthrough' } })).toEqual(['headers-with-passthrough spec.httpHeaders']);
  });
});

describe('TLS fields', () => {
  test.each(['edge', 'reencrypt', 'passthrough'] as const)('%s', (termination) => {
    expect(notes({ tls: { termination } })).toEqual([]);
    expect(verdictOn(route({ tls: { termination } })).claim).toMatchObject({ termination, insecure: 'none', certificate: null, destinationCa: null });
  });
  test.each(['', 'Edge', 'REENCRYPT', 'none', 'edge ', 'tls'])('%j is no termination', (termination) => {
    expect(notes({ tls: { termination } })).toEqual(['termination-unknown spec.tls.termination']);
    expect(notes({ tls: { termination } }, { extendedValidation: false })).toEqual(['termination-unknown spec.tls.termination']);
  });
  test.each([
    ['edge', '', 'none'], ['edge', 'None', 'none'], ['edge', 'Allow', 'allow'], ['edge', 'Redirect', 'redirect'], ['reencrypt', 'Allow', 'allow'], ['passthrough', 'Redirect', 'redirect'], ['passthrough', 'None', 'none'],
  ])('%s with %j', (termination, policy, insecure) => {
    expect(verdictOn(route({ tls: { termination, insecureEdgeTerminationPolicy: policy } })).claim?.insecure).toBe(insecure);
  });
  test.each([['edge', 'allow'], ['edge', 'Redirect '], ['reencrypt', 'x'], ['passthrough', 'Allow'], ['passthrough', 'redirect']])('%s with %j is refused', (termination, policy) => {
    expect(notes({ tls: { termination, insecureEdgeTerminationPolicy: policy } })).toEqual(['insecure-policy-invalid spec.tls.insecureEdgeTerminationPolicy']);
  });
  test('external certificates are refused, never replaced by the default one', () => {
    const external = (tls: object): readonly string[] => verdictOn(route({ tls: { externalCertificate: 'cert', ...tls } })).refusals.map(({ code }) => code);
    expect(verdictOn(route({ tls: { externalCertificate: 'cert' } })).refusals).toMatchObject([{ code: 'external-certificate-unsupported', reason: 'ExternalCertificateValidationFailed' }]);
    expect(external({ key: 'x' })).toContain('external-certificate-conflict');
    expect(external({ termination: 'passthrough' })).toEqual(['tls-field-misplaced']);
  });
});

describe('shape', () => {
  const problem = (path: string) => [{ path, message: `${path} must be text.`, hint: 'Write text.', line: 42 }];
  test('problems of the decoder refuse the object, with the line it knows, and say enough', () => {
    const verdict = verdictOn(route({ problems: problem('spec.to'), to: { kind: 'Service', name: '', weight: null } }));
    expect(verdict.refusals).toMatchObject([{ code: 'invalid-object', path: 'spec.to', line: 42, message: 'spec.to must be text.', hint: 'Write text.' }]);
    expect(notes({ problems: problem('spec.host'), host: '' })).toEqual(['invalid-object spec.host']);
  });
  test.each(['Web', 'a b', 'a/b', '-a', 'a\nb', ''])('name %j', (name) => expect(notes({ name })).toEqual(['invalid-object metadata.name']));
  test.each(['A', 'a.b', ''])('namespace %j', (namespace) => expect(notes({ namespace })).toEqual(['invalid-object metadata.namespace']));
});
