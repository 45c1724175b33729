import { describe, expect, test } from 'vitest';
import { address, contains, isMasked, mac, prefix, vrrpGroupOf } from './address.ts';

describe('addresses', () => {
  test('one spelling for one address', () => {
    expect(address('[2001:DB8:0:0::1]')).toBe('2001:db8::1');
    expect(address('fe80::1%eth0')).toBe('fe80::1');
    expect(address('::ffff:10.0.0.1')).toBe('10.0.0.1');
    expect(address('10.0.0.01')).toBe('10.0.0.1');
  });
  test('masked octets stay as they are', () => {
    for (const token of ['***.24.69.222', 'x.x.x.10', '10.xx.3.4']) {
      expect(address(token)).toBe(token);
      expect(isMasked(token)).toBe(true);
    }
    expect(isMasked('10.0.0.1')).toBe(false);
  });
  test('what is no address', () => {
    for (const token of ['', '*', 'eth0', '10', '1.2.3', '1.2.3.400', 'a.b.c.d', 'www.example.com', '::g']) expect(address(token)).toBeNull();
  });
  test('a prefix with a masked address answers unknown', () => {
    const net = prefix('***.24.69.0/24');
    expect(net && contains(net, '10.24.69.3')).toBe('unknown');
    const host = prefix('***.24.69.222');
    expect(host && contains(host, '***.24.69.222')).toBe(true);
    expect(host && contains(host, '10.24.69.3')).toBe(false);
    expect(host && contains(host, '10.24.69.222')).toBe('unknown');
  });
  test('prefix arithmetic', () => {
    const net = prefix('10.1.0.0/255.255.0.0');
    expect(net).toEqual({ address: '10.1.0.0', length: 16 });
    expect(net && contains(net, '10.1.2.3')).toBe(true);
    expect(net && contains(net, '10.2.2.3')).toBe(false);
    expect(net && contains(net, '::1')).toBe(false);
  });
});

describe('MAC addresses', () => {
  test('all spellings', () => {
    expect(mac('B4-05-5D-7D-89-3A')).toBe('b4:05:5d:7d:89:3a');
    expect(mac('b405.5d7d.893a')).toBe('b4:05:5d:7d:89:3a');
    expect(mac('da:e:cb:1:2:3')).toBe('da:0e:cb:01:02:03');
    expect(mac('neutron-openvswi-o38833ad6-c')).toBeNull();
  });
  test('VRRP group', () => {
    expect(vrrpGroupOf('00:00:5e:00:01:33')).toBe(51);
    expect(vrrpGroupOf('38:68:dd:4f:e7:e8')).toBeNull();
  });
});
