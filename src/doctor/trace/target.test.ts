import fc from 'fast-check';
import { expect, test } from 'vitest';
import { endpointText, parseTarget } from './target.ts';

test.each([
  ['https://Shop.Example.com./a/b?x=1#y', { scheme: 'https', host: 'shop.example.com', port: 443, path: '/a/b', sni: 'shop.example.com', address: null }],
  ['http://shop.example.com', { scheme: 'http', port: 80, path: '/', sni: null }],
  ['tcp://10.1.26.252:10051', { scheme: 'tcp', address: '10.1.26.252', port: 10051 }],
  ['10.0.0.1:10051', { scheme: 'tcp', port: 10051 }],
  ['shop.example.com', { scheme: 'https', port: 443 }],
  ['https://[2001:DB8::1]:8443/', { scheme: 'https', address: '2001:db8::1', host: '2001:db8::1', port: 8443, sni: null }],
  ['tcp://***.24.69.222:6443', { scheme: 'tcp', address: '***.24.69.222', port: 6443 }],
])('%s', (text, wanted) => {
  const parsed = parseTarget(text);
  expect(parsed.ok ? parsed.target : parsed.message).toMatchObject(wanted);
});

test.each(['tcp://10.0.0.1', 'ftp://a/', 'https://a b/', '', 'https://a:99999/', 'https://a:0/', 'https://<script>/'])('refused: %s', (text) => {
  expect(parseTarget(text).ok).toBe(false);
});

test('whether the port was written', () => {
  expect(parseTarget('https://a.test/')).toMatchObject({ portGiven: false });
  expect(parseTarget('https://a.test:443/')).toMatchObject({ portGiven: true });
});

test('any text is answered', () => {
  fc.assert(fc.property(fc.string({ maxLength: 300 }), (text) => { expect(typeof parseTarget(text).ok).toBe('boolean'); }));
});

test('endpoints', () => {
  expect([endpointText('10.0.0.1', 80), endpointText('::1', 80)]).toEqual(['10.0.0.1:80', '[::1]:80']);
});
