import { describe, expect, test } from 'vitest';
import { shellWords } from '../../command-line.ts';
import { holds } from './condition.ts';
import type { Seen } from './sample.ts';

const seen: Seen = { host: 'shop.example.com', port: 443, path: '/a/b', sni: 'shop.example.com', tls: true, terminated: true, client: '10.0.0.9' };
const source = { file: 'haproxy.cfg', line: 1, text: '' };
const acl = (text: string): { keyword: string; args: string[]; source: typeof source } => ({ keyword: 'acl', args: shellWords(text), source });
const statements = [acl('shop hdr(host) -i SHOP.example.com'), acl('shop hdr(host) other.example.com'), acl('deep path_beg /a/'), acl('mine src 10.0.0.0/8'), acl('listed src -f /etc/haproxy/list')];
const ask = (text: string, more: Partial<Seen> = {}): boolean | 'unknown' => holds(shellWords(text), { statements, seen: { ...seen, ...more }, around: { host: '', maps: [] } }).is;

describe('conditions as HAProxy takes them', () => {
  test.each([
    ['', true], ['if shop', true], ['unless shop', false], ['if !shop', false], ['if shop deep', true], ['if shop !deep', false],
    ['if !shop or deep', true], ['if !shop || !deep', false], ['if { path /a/b }', true], ['if !{ path_end .png }', true], ['if mine', true],
    ['if { src 192.168.0.0/16 10.0.0.9 }', true], ['if { ssl_fc }', true], ['if { ssl_fc_sni -m found }', true], ['if { req.ssl_sni -m found }', false],
    ['if { hdr(host),lower -m reg ^shop\\. }', true], ['if { path_dir a }', true], ['if { path_dir c }', false], ['if TRUE', true], ['if HTTP', true],
  ] as const)('%s: %s', (text, wanted) => { expect(ask(text)).toBe(wanted); });

  test('what the evidence does not show is neither true nor false', () => {
    expect(ask('if listed')).toBe('unknown');
    expect(ask('if unheard_of')).toBe('unknown');
    expect(ask('if { hdr(x-team) blue }')).toBe('unknown');
    expect(ask('if mine', { client: null })).toBe('unknown');
    expect(ask('unless listed')).toBe('unknown');
  });
  test('a part that decides leaves no doubt', () => {
    expect(ask('if listed !shop')).toBe(false);
    expect(ask('if listed or shop')).toBe(true);
  });
  test('before TLS is terminated there is no request', () => {
    expect(ask('if shop', { terminated: false })).toBe(false);
    expect(ask('if { req.ssl_sni -m found }', { terminated: false })).toBe(true);
    expect(ask('if { req_ssl_hello_type 1 }', { terminated: false })).toBe(true);
  });
});
