import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Capture } from '../../evidence.ts';
import { examine } from '../../doctor.ts';
import { readCaptures } from '../../reading.ts';
import { escaped, html } from './escape.ts';
import { excerpts } from './excerpt.ts';
import { doctorHtml } from './page.ts';
import type { HtmlOptions } from './page.ts';

const capture = (host: string, command: string, text: string): Capture => ({ host, command, takenAt: null, sample: 1, file: `${host}/${command}.txt`, firstLine: 1, lines: text.split('\n'), exitCode: null, big: null });
const address = (mac: string, own: string, extra = ''): string => `2: eth0: <BROADCAST,UP,LOWER_UP> mtu 1500 state UP\n    link/ether ${mac} brd ff:ff:ff:ff:ff:ff\n    inet ${own}/24 scope global eth0${extra}`;
const options: HtmlOptions = { version: '0.0.0', madeAt: '2026-01-01T00:00:00Z', baseline: new Set() };

const hostile = '"><script>alert(1)</script><img src=x onerror=alert(2)> \' onfocus=alert(3) \u001b[2J\u202ePORD';
/** A real server that answers ARP; whatever a person can name has hostile text in it. */
const evidence = [
  capture('client', 'ip neigh show', `${hostile}\n10.9.0.50 dev eth0 lladdr 02:00:00:00:00:21 REACHABLE`),
  capture('lb1', 'ip address show', address('02:00:00:00:00:01', '10.9.0.11', '\n    inet 10.9.0.50/32 scope global eth0')),
  capture('rs1<b>', 'ip address show', `1: lo: <LOOPBACK,UP> mtu 65536 state UNKNOWN\n    inet 10.9.0.50/32 scope global lo\n${address('02:00:00:00:00:21', '10.9.0.21')}`),
  capture('rs1<b>', 'sysctl -a', 'net.ipv4.conf.all.arp_ignore = 0\nnet.ipv4.conf.eth0.arp_ignore = 0'),
  capture('', 'what <i>is</i> this', hostile),
];
const report = await examine(evidence);
const page = doctorHtml(report, options);
const tags = (text: string): readonly string[] => [...text.matchAll(/<([a-z][a-z0-9]*)/gi)].map(([, name = '']) => name.toLowerCase());

describe('escaping', () => {
  test('nothing of the evidence becomes markup', () => {
    expect(report.stories.map((story) => story.root.code)).toContain('L2-03');
    expect(page).toContain('&lt;script&gt;alert(1)');
    expect(tags(page)).not.toContain('script');
    expect(tags(page)).not.toContain('img');
    expect(tags(page)).not.toContain('b');
    expect(page).not.toMatch(/<[^>]*\son\w+=/);
  });
  test('control characters and turned writing are shown, not obeyed', () => {
    expect(page).not.toContain('\u001b');
    expect(page).not.toContain('\u202e');
    expect(page).toContain('\u241b[2J\\u202ePORD');
  });
  test('any text', () => {
    fc.assert(fc.property(fc.array(fc.oneof(fc.integer({ min: 0, max: 0xff }), fc.integer({ min: 0, max: 0xffff })), { maxLength: 40 }), (units) => {
      const text = String.fromCharCode(...units);
      const out = html`<p title="${text}">${text}</p>`.text;
      expect(out.slice('<p title="'.length, -'</p>'.length).replace('">', '')).not.toMatch(/[<>"']/);
      expect(out.isWellFormed()).toBe(true);
    }));
  });
  test('a line of a megabyte is cut, and says so', () => {
    const out = escaped('<'.repeat(1_000_000));
    expect(out.length).toBeLessThan(10_000);
    expect(out).toContain('998000 more');
  });
});

describe('the page', () => {
  test('asks no network, runs nothing', () => {
    expect(page).toContain(`http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'`);
    expect(page).not.toMatch(/<(?:link|script|iframe|img|object|embed|form|base)\b/);
    expect(page).not.toMatch(/url\(|@import|<[^>]*\s(?:src|action|srcset)=/);
    for (const [, target = ''] of page.matchAll(/href="([^"]*)"/g)) expect(target).toMatch(/^#/);
  });
  test('every element is closed, and ids are unique', () => {
    const stack: string[] = [];
    for (const [, slash, name = ''] of page.matchAll(/<(\/?)([a-z][a-z0-9]*)[^>]*>/g)) {
      if (['meta', 'br'].includes(name)) continue;
      if (slash === '/') expect(stack.pop()).toBe(name);
      else stack.push(name);
    }
    expect(stack).toEqual([]);
    const ids = [...page.matchAll(/\sid="([^"]*)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });
  test('the root stands open with its child inside, folded', () => {
    const details = [...page.matchAll(/<details class="finding [a-z]+" id="[0-9a-f]{16}"( open)?>\s*<summary>.*?<span class="code">(\S+)/gs)].map(([, open, code]) => [code, open !== undefined]);
    expect(details.slice(0, 2)).toEqual([['L2-03', true], ['L2-01', false]]);
    expect(details.filter(([, open]) => open === true)).toHaveLength(1);
  });
  test('severity is a word, and the proving line is marked with what it shows', () => {
    expect(page).toMatch(/\u2716 ERROR<\/span>/);
    expect(page).toMatch(/<tr class="hit"><td class="n">\u25b6 2<\/td><td><mark>10\.9\.0\.50 dev eth0 lladdr 02:00:00:00:00:21 REACHABLE/);
  });
  test('what was left out by a baseline is not counted', () => {
    const known = doctorHtml(report, { ...options, baseline: new Set([...page.matchAll(/id="([0-9a-f]{16})"/g)].map(([, id = '']) => id)) });
    expect(known).toContain('\u2716 ERROR: 0');
    expect(known).toContain('known from the baseline');
  });
  test('healthy evidence, and none', async () => {
    expect(doctorHtml(await examine([]), options)).toContain('Nothing was found');
  });
});

describe('excerpts', () => {
  test('only what stands around the line, whatever the length of the file', async () => {
    const lines = Array.from({ length: 5000 }, (_, at) => `10.0.${String(at >> 8)}.${String(at & 255)} dev eth0 lladdr 02:00:00:00:00:01 REACHABLE`);
    const captures = await readCaptures([capture('a', 'ip neigh show', lines.join('\n'))]);
    const at = (line: number): { line: { file: string; line: number; text: string }; shows: string } => ({ line: { file: 'a/ip neigh show.txt', line, text: lines[line - 1] ?? '' }, shows: `line ${String(line)}` });
    const [excerpt] = excerpts([at(4000), at(10), at(4002)], captures);
    expect(excerpt?.rows.map((row) => row?.line ?? null)).toEqual([7, 8, 9, 10, 11, 12, 13, 14, 15, 16, null, 3997, 3998, 3999, 4000, 4001, 4002, 4003, 4004, 4005, 4006, 4007, 4008]);
    expect(excerpt?.rows.filter((row) => row !== null && row.shows !== null).map((row) => row?.line)).toEqual([10, 4000, 4002]);
  });
  test('a line of a file that is not held is shown alone', () => {
    expect(excerpts([{ line: { file: 'big', line: 7, text: 'seven' }, shows: 'this' }], [])).toEqual([{ host: '', command: '', file: 'big', rows: [{ line: 7, text: 'seven', shows: 'this' }] }]);
  });
});
