import { describe, expect, test } from 'vitest';
import { covers, placeKey, takesRequest } from './rule-order.ts';
import type { PlaceKey } from './rule-order.ts';

function key(text: string): PlaceKey {
  const made = placeKey(text);
  if (made === null) throw new Error(`no key: ${text}`);
  return made;
}

describe('keys as OpenShift writes them', () => {
  test.each([
    ['^www\\.example\\.com\\.?(:[0-9]+)?(/.*)?$', { wildcard: false, host: 'www.example.com', path: '', tail: 'segment' }],
    ['^www\\.example\\.com(:[0-9]+)?/api(/.*)?$', { wildcard: false, host: 'www.example.com', path: '/api', tail: 'segment' }],
    ['^[^\\.]*\\.example\\.com\\.?(:[0-9]+)?/a\\.b/(.*)?$', { wildcard: true, host: 'example.com', path: '/a.b/', tail: 'anything' }],
    ['^shop\\.example\\.com$', { wildcard: false, host: 'shop.example.com', path: '', tail: 'segment' }],
  ])('%s', (text, made) => { expect(placeKey(text)).toEqual(made); });
  test.each(['www.example.com/', '^(a|b)\\.example\\.com(/.*)?$', '^www\\.example\\.com(:[0-9]+)?/[a-z]+(/.*)?$', '^.*$'])('%s is left alone', (text) => { expect(placeKey(text)).toBeNull(); });
});

describe('what an earlier key leaves', () => {
  test.each([
    ['^www\\.a\\.de(:[0-9]+)?(/.*)?$', '^www\\.a\\.de(:[0-9]+)?/x(/.*)?$', true],
    ['^www\\.a\\.de(:[0-9]+)?/x(/.*)?$', '^www\\.a\\.de(:[0-9]+)?(/.*)?$', false],
    ['^www\\.a\\.de(:[0-9]+)?/x(/.*)?$', '^www\\.a\\.de(:[0-9]+)?/xy(/.*)?$', false],
    ['^www\\.a\\.de(:[0-9]+)?/x/(.*)?$', '^www\\.a\\.de(:[0-9]+)?/x/!y(/.*)?$', true],
    ['^[^\\.]*\\.a\\.de(:[0-9]+)?(/.*)?$', '^www\\.a\\.de(:[0-9]+)?/x(/.*)?$', true],
    // One label only stands for the star.
    ['^[^\\.]*\\.a\\.de(:[0-9]+)?(/.*)?$', '^w\\.w\\.a\\.de(:[0-9]+)?(/.*)?$', false],
    ['^www\\.a\\.de(:[0-9]+)?(/.*)?$', '^[^\\.]*\\.a\\.de(:[0-9]+)?(/.*)?$', false],
  ])('%s before %s: %s', (first, second, taken) => { expect(covers(key(first), key(second))).toBe(taken); });
  test('requests', () => {
    expect(takesRequest(key('^www\\.a\\.de(:[0-9]+)?/x(/.*)?$'), 'WWW.a.de', '/x/y')).toBe(true);
    expect(takesRequest(key('^www\\.a\\.de(:[0-9]+)?/x(/.*)?$'), 'www.a.de', '/')).toBe(false);
  });
});
