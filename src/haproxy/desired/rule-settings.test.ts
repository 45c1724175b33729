import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { describe, expect, test } from 'vitest';
import { rule } from '../../../test/support/table-objects.ts';
import type { RuleSettings } from '../../table/routing-table.ts';
import { digestOf } from '../naming.ts';
import { allowEntries, allowListId } from './allow-list.ts';
import { encodeActions } from './header-actions.ts';
import { isUncommon, settingsEntries } from './rule-settings.ts';

const context = { forwardedHeaders: 'append' } as const;
const stored = (settings: Partial<RuleSettings>, termination: 'none' | 'passthrough' = 'none'): unknown => {
  const { id, entries } = settingsEntries(rule({ termination, settings }), context);
  const text = entries.find(([map, key]) => map === 'settings' && key === id)?.[2];
  return text === undefined ? null : JSON.parse(text);
};

describe('settings of a rule', () => {
  test('nothing wished, nothing stored', () => {
    expect(settingsEntries(rule(), context)).toEqual({ id: '-', entries: [] });
    expect(isUncommon(rule(), context)).toBe(false);
  });
  test('a rule without stickiness is uncommon although it stores nothing', () => {
    const one = rule({ settings: { cookie: null } });
    expect(settingsEntries(one, context).id).toBe('-');
    expect(isUncommon(one, context)).toBe(true);
  });
  test.each<[Partial<RuleSettings>, unknown]>([
    [{ timeoutServer: 5 }, { server: 5 }], [{ timeoutTunnel: 7 }, { tunnel: 7 }], [{ hsts: 'max-age="1"' }, { hsts: 'max-age="1"' }], [{ forwardedHeaders: 'never' }, { forwarded: 'never' }], [{ forwardedHeaders: 'append' }, null],
    [{ rewrite: { prefix: '/a', target: '/' } }, { rewrite: { p: Buffer.from('/a?').toString('base64'), t: '-' } }], [{ rewrite: { prefix: '', target: '/x' } }, { rewrite: { p: Buffer.from('?').toString('base64'), t: Buffer.from('/x').toString('base64') } }],
    [{ allowList: [] }, { allow: allowListId([]) }], [{ requestHeaders: [{ type: 'Delete', name: 'a' }] }, { request: digestOf('D61') }], [{ responseHeaders: [{ type: 'Set', name: 'a', value: 'b' }] }, { response: digestOf('S61=t62') }],
    [{ requestHeaders: [{ type: 'Set', name: '', value: 'b' }] }, null],
  ])('%j is stored as %j', (settings, text) => { expect(stored(settings)).toEqual(text); });
  test('limits: those that are set, and a key of the rule\'s own', () => {
    expect(stored({ rateLimit: { concurrentTcp: 0, rateTcp: null, rateHttp: 9 } })).toMatchObject({ rate: { c: 0, h: 9 } });
    const [one, other] = ['a/a', 'b/b'].map((id) => settingsEntries(rule({ id, settings: { rateLimit: { concurrentTcp: 1, rateTcp: null, rateHttp: null } } }), context).id);
    expect(one).not.toBe(other);
  });
  test('of a passthrough rule only what can be judged of a connection', () => {
    const all: Partial<RuleSettings> = { timeoutServer: 5, timeoutTunnel: 6, allowList: ['10.0.0.0/8'], hsts: null };
    expect(stored(all, 'passthrough')).toEqual({ allow: allowListId(['10.0.0.0/8']) });
    expect(settingsEntries(rule({ termination: 'passthrough', settings: { timeoutTunnel: 6 } }), context).id).toBe('-');
  });
  test('equal settings share their entries, whichever rule has them', () => {
    const settings = { hsts: 'max-age=1', allowList: ['10.0.0.0/8'] };
    expect(settingsEntries(rule({ id: 'a/a', settings }), context)).toEqual(settingsEntries(rule({ id: 'b/b', settings }), context));
  });
  test('header actions stand beside, once where both sides have the same', () => {
    const actions = [{ type: 'Delete', name: 'a' }] as const;
    const { entries } = settingsEntries(rule({ settings: { requestHeaders: actions, responseHeaders: actions } }), context);
    expect(entries.filter(([, , value]) => value === 'D61')).toEqual([['settings', digestOf('D61'), 'D61']]);
    expect(entries).toHaveLength(2);
  });
  // 16384 is HAProxy's buffer while it reads its configuration, whatever `tune.bufsize` says: it cuts longer lines of a map file into several.
  test.each([[[20, 380], [0, 0]], [[0, 0], [20, 380]], [[20, 190], [20, 190]], [[1, 7998], [0, 0]]])('the most that a route may ask for fits a line of a map: %j, %j', ([requests = 0, size = 0], [responses = 0, other = 0]) => {
    const actions = (count: number, length: number): RuleSettings['requestHeaders'] => Array.from({ length: count }, (_, index) => ({ type: 'Set', name: String.fromCharCode(97 + index), value: '"'.repeat(length) }) as const);
    const largest = settingsEntries(rule({ settings: {
      timeoutServer: 2_147_483_647, timeoutTunnel: 2_147_483_647, hsts: `max-age=${'1'.repeat(504)}`, allowList: ['10.0.0.0/8'], rateLimit: { concurrentTcp: 2_147_483_647, rateTcp: 2_147_483_647, rateHttp: 2_147_483_647 },
      rewrite: { prefix: `/${'p'.repeat(4095)}`, target: `/${'t'.repeat(4095)}` }, forwardedHeaders: 'if-none', requestHeaders: actions(requests, size), responseHeaders: actions(responses, other),
    } }), context);
    for (const [, key, value] of largest.entries) expect(`${key} ${value}\n`.length).toBeLessThan(16_384);
  });
});

describe('allow lists', () => {
  const bytesOf = (address: string): string => ipaddr.parse(address).toByteArray().map((byte) => byte.toString(16).padStart(2, '0')).join('').toUpperCase();
  /** As the look-up of a longest prefix does it, with what HAProxy's `src,hex` and its length say. */
  const admits = (list: readonly string[], address: string): boolean => {
    const digits = bytesOf(address);
    const text = `${allowListId(list)}:${digits.length}:${digits}`;
    return allowEntries(list).some(([, key]) => text.startsWith(key));
  };
  const anyV4 = fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 })).map(([address, bits]) => ipaddr.IPv4.networkAddressFromCIDR(`${address}/${bits}`).toString() + `/${bits}`);
  const anyV6 = fc.tuple(fc.uint8Array({ minLength: 16, maxLength: 16 }), fc.integer({ min: 0, max: 128 })).map(([bytes, bits]) => ipaddr.IPv6.networkAddressFromCIDR(`${ipaddr.fromByteArray([...bytes]).toString()}/${bits}`).toString() + `/${bits}`);
  const anyCidr = fc.oneof(anyV4, anyV6);

  test('property: an address is admitted exactly when a network holds it', () => {
    fc.assert(fc.property(fc.array(anyCidr, { maxLength: 4 }), fc.array(fc.tuple(fc.nat({ max: 3 }), fc.uint8Array({ minLength: 16, maxLength: 16 }), fc.integer({ min: 0, max: 128 })), { minLength: 4 }), (list, probes) => {
      for (const [pick, noise, flip] of probes) {
        // Near a border: the network's own bits, one of them turned, then noise.
        const [network, bits] = ipaddr.parseCIDR(list[pick % Math.max(1, list.length)] ?? '10.0.0.0/8');
        const bytes = network.toByteArray().map((byte, index) => {
          const own = Math.min(8, Math.max(0, bits - index * 8));
          const mixed = (byte & (0xff << (8 - own)) & 0xff) | ((noise[index] ?? 0) & (0xff >> own));
          return Math.floor(flip / 8) === index ? mixed ^ (0x80 >> (flip % 8)) : mixed;
        });
        const address = ipaddr.fromByteArray(bytes);
        const held = list.some((cidr) => {
          const [other, length] = ipaddr.parseCIDR(cidr);
          return other.kind() === address.kind() && address.match(other, length);
        });
        expect({ list, address: address.toString(), admitted: admits(list, address.toString()) }).toEqual({ list, address: address.toString(), admitted: held });
      }
    }), { numRuns: 500 });
  });
  test.each([['0.0.0.0/0', 1], ['10.0.0.0/8', 1], ['10.0.0.0/13', 8], ['128.0.0.0/1', 8], ['10.0.0.1/32', 1], ['10.0.0.0/31', 2], ['::/0', 1], ['2001:db8::/45', 8]])('%s is %d keys at most', (cidr, keys) => { expect(allowEntries([cidr])).toHaveLength(keys); });
  test('the order of a list does not name another one', () => { expect(allowListId(['10.0.0.0/8', '::/0'])).toBe(allowListId(['::/0', '10.0.0.0/8'])); });
  test('nobody is on an empty list', () => { expect(allowEntries([])).toEqual([]); });
});

describe('header actions', () => {
  const set = (value: string): string => encodeActions([{ type: 'Set', name: 'x', value }]).slice('S78='.length);
  test.each([
    ['plain', 't706c61696e'], ['50%%', 't353025'], ['%%%%', 't2525'], ['%[req.hdr(X-A)]', 'h582d41'], ['a%[res.hdr(b),lower,base64]c', 't61+h62~lower~base64+t63'], ['%[ssl_c_der,base64]', 'd~base64'],
    ['%{+Q}[req.hdr(a)]', 'h61~Q'], ['%{+E,-X}[req.hdr(a)]', 'h61~E'], ['%{Q}[req.hdr(a)]', 'h61~Q'], ['%{-Q}[req.hdr(a)]', 'h61'], ['+,~=|', 't2b2c7e3d7c'], ['é', 'tc3a9'], ['%%[req.hdr(a)]', 't255b7265712e6864722861295d'],
  ])('%s becomes %s', (value, text) => { expect(set(value)).toBe(text); });
  test('what has no name or value is skipped; order stays', () => {
    expect(encodeActions([{ type: 'Set', name: '', value: 'x' }, { type: 'Set', name: 'a', value: '' }, { type: 'Delete', name: '' }, { type: 'Delete', name: 'b' }, { type: 'Set', name: 'a', value: '1' }])).toBe('D62,S61=t31');
  });
  test('property: whatever is written, the text has no syntax but its own', () => {
    fc.assert(fc.property(fc.array(fc.record({ type: fc.constant('Set' as const), name: fc.string({ minLength: 1 }), value: fc.string({ minLength: 1 }) })), (actions) => {
      expect(encodeActions(actions)).toMatch(/^(?:S[0-9a-f]+=(?:(?:t|h)[0-9a-f]*|d)(?:~(?:lower|base64|Q|E))*(?:\+(?:(?:t|h)[0-9a-f]*|d)(?:~(?:lower|base64|Q|E))*)*(?:,|$))*$/);
    }));
  });
});
