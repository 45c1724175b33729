import { expect, test } from 'vitest';
import type { Capture } from '../../evidence.ts';
import { indexRecords } from '../../model/record-index.ts';
import { readCaptures } from '../../reading.ts';
import { lookUp, matches } from './map-file.ts';
import type { Method } from './map-file.ts';

const capture = (command: string, text: string): Capture => ({ host: 'r', command, takenAt: null, sample: 1, file: 'r.txt', firstLine: 1, lines: text.split('\n'), exitCode: null, big: null });
const entries = async (command: string, text: string): Promise<Parameters<typeof lookUp>[0]> => indexRecords(await readCaptures([capture(command, text)])).of('haproxy-map-entry');

const plain = await entries('cat /etc/haproxy/a.map', '/a one\n/a/b two\n/a three');
test.each([['beg', '/a/b/c', 'two'], ['beg', '/a', 'one'], ['str', '/a/b', 'two'], ['sub', 'x/a/b', 'one']] as const)('%s of %s', (method: Method, text, wanted) => {
  expect(lookUp(plain, 'r', '/etc/haproxy/a.map', method, text)).toMatchObject({ is: 'found', value: wanted });
});

test('nothing, from a whole capture', () => { expect(lookUp(plain, 'r', '/etc/haproxy/a.map', 'str', '/z')).toEqual({ is: 'nothing', of: 3 }); });
test('a map that was not captured is not an empty one', () => {
  expect(lookUp(plain, 'r', '/etc/haproxy/b.map', 'str', '/a')).toMatchObject({ is: 'unknown' });
  expect(lookUp(plain, 'other', '/etc/haproxy/a.map', 'str', '/a')).toMatchObject({ is: 'unknown' });
});
test('a part of a map says nothing about the rest', async () => {
  const part = await entries('cat /etc/haproxy/a.map | grep two', '/a/b two');
  expect(lookUp(part, 'r', '/etc/haproxy/a.map', 'str', '/a')).toMatchObject({ is: 'unknown' });
});

const router = await entries('cat /var/lib/haproxy/conf/os_edge_reencrypt_be.map', '^shop\\.example\\.com(:[0-9]+)?/cart(/.*)?$ be_edge_http:shop:cart\n^shop\\.example\\.com(:[0-9]+)?(/.*)?$ be_edge_http:shop:all\n^[^\\.]*\\.example\\.com(:[0-9]+)?(/.*)?$ be_edge_http:shop:wild');
test.each([
  ['shop.example.com/cart/1', 'be_edge_http:shop:cart'], ['shop.example.com/carts', 'be_edge_http:shop:all'], ['shop.example.com:8443/', 'be_edge_http:shop:all'], ['other.example.com/', 'be_edge_http:shop:wild'],
])('the OpenShift router\'s expressions, in their order: %s', (text, wanted) => {
  expect(lookUp(router, 'r', '/var/lib/haproxy/conf/os_edge_reencrypt_be.map', 'reg', text)).toMatchObject({ is: 'found', value: wanted });
});

test('expressions that might never end are not tried', () => {
  expect(matches('^(a+)+$', `${'a'.repeat(40)}!`)).toBe('unknown');
  expect(matches('(', 'a')).toBe('unknown');
  expect(matches('^a\\.b(/.*)?$', 'a.b/c')).toBe(true);
});
