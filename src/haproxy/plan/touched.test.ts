import { expect, test } from 'vitest';
import type { Step } from './steps.ts';
import { touchedBy } from './touched.ts';

const about = (...steps: readonly (Step extends infer S ? S extends Step ? Omit<S, 'rule'> : never : never)[]): ReturnType<typeof touchedBy> =>
  touchedBy(steps.map((step) => ({ rule: null, ...step })));

test('an entry is touched in its own map only', () => {
  const touched = about({ does: 'map-add', map: 'plain', key: 'a.test/', value: 'v' }, { does: 'map-set', map: 'tls', key: 'b.test/', value: 'v' }, { does: 'map-delete', map: 'hosts', key: 'c.test' });
  expect([touched.entry('plain', 'a.test/'), touched.entry('tls', 'b.test/'), touched.entry('hosts', 'c.test')]).toEqual([true, true, true]);
  expect([touched.entry('tls', 'a.test/'), touched.entry('plain', 'a.test'), touched.entry('hosts', 'a.test/')]).toEqual([false, false, false]);
});

test('a server is touched in its own backend only', () => {
  const server = { name: 'one', address: '127.0.0.1', port: 80, weight: 1, checked: false, keywords: '' };
  const touched = about({ does: 'server-add', backend: 'b.1', server }, { does: 'server-weight', backend: 'b.2', server: 'two', weight: 3 }, { does: 'server-delete', backend: 'b.3', server: 'three' });
  expect([touched.server('b.1', 'one'), touched.server('b.2', 'two'), touched.server('b.3', 'three')]).toEqual([true, true, true]);
  expect([touched.server('b.2', 'one'), touched.server('b.1', 'two')]).toEqual([false, false]);
});

test('a file is touched whatever is done with it', () => {
  const touched = about({ does: 'certificate-new', file: '/c/1.pem', pem: '' }, { does: 'certificate-unlist', file: '/c/2.pem' }, { does: 'ca-delete', file: '/c/ca-3.pem' });
  expect(['/c/1.pem', '/c/2.pem', '/c/ca-3.pem', '/c/4.pem'].map((file) => touched.file(file))).toEqual([true, true, true, false]);
});
