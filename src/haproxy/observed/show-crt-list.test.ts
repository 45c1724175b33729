import { expect, it } from 'vitest';
import { parseShowCrtList } from './show-crt-list.ts';

it('reads file, line, options and filters of HAProxy 2.6.12, without the NUL byte that it prints', () => {
  const text = '# /etc/fairway/crt.list\na1.pem:1\n/etc/x:y/a1.pem:2 [] a.test !b.a.test\na1.pem:3 a3.test *.w.test\na2.pem:12 [alpn h2,http/1.1\0] a.test\na2.pem:13 [verify none ssl-min-ver TLSv1.2] a.test\n\n';
  expect(parseShowCrtList(text)).toEqual([
    { file: 'a1.pem', line: 1, options: '', filters: [] },
    { file: '/etc/x:y/a1.pem', line: 2, options: '', filters: ['a.test', '!b.a.test'] },
    { file: 'a1.pem', line: 3, options: '', filters: ['a3.test', '*.w.test'] },
    { file: 'a2.pem', line: 12, options: 'alpn h2,http/1.1', filters: ['a.test'] },
    { file: 'a2.pem', line: 13, options: 'verify none ssl-min-ver TLSv1.2', filters: ['a.test'] },
  ]);
});

it('reads no entries from an empty list and from a refusal', () => {
  expect(parseShowCrtList('# /etc/fairway/crt.list\n\n')).toEqual([]);
  expect(parseShowCrtList("didn't find the specified filename\n\n")).toEqual([]);
});
