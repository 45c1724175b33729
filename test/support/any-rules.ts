import fc from 'fast-check';
import type { Rule } from '../../src/table/routing-table.ts';
import { rule } from './table-objects.ts';

/** Few names and paths, so that rules meet: each other, and the requests. */
export const anyHost = fc.constantFrom('a.test', 'b.a.test', 'c.b.a.test', 'x.a.test', 'test', 'aatest.test', 'b-a.test');
export const anyPath = fc.constantFrom('', '/', '//', '/a', '/a/', '/a/b', '/a/b/', '/ab', '/a//b', '/a/.', '/a.b', '/a+b(c)', '/A', '/a%2fb', '/a/!x', '/$', '/x|y', '/é', '/a?b', '/a b');
export const anyRequestPath = fc.oneof(
  fc.constantFrom('/', '/a', '/a/', '/a/b', '/a/b/', '/a/bc', '/a/b/c', '/ab', '/abc', '/a//b', '//', '//a', '/a/.', '/a/../b', '/a.b', '/aXb', '/a+b(c)', '/a+b(c)/d', '/A/x', '/a%2fb', '/a%2Fb', '/a/!x', '/a/%20y', '/$', '/$/', '/x|y/z', '/zzz'),
  fc.string({ unit: fc.constantFrom('/', 'a', 'b', '.', '!', '%2f'), maxLength: 8 }).map((text) => `/${text}`),
);

const anyTls = fc.constantFrom('edge', 'reencrypt', 'passthrough', 'none' as const);
const anyPolicy = fc.constantFrom('none', 'allow', 'redirect' as const);

/** Rules as admission lets them be: one holder per host and path text, no path behind passthrough, policy only with TLS. */
export const anyRules = (size = 10): fc.Arbitrary<readonly Rule[]> =>
  fc.uniqueArray(
    fc.record({ host: anyHost, wildcard: fc.boolean(), path: anyPath, termination: anyTls, policy: anyPolicy, created: fc.integer({ min: 0, max: 3 }), empty: fc.boolean() }),
    { maxLength: size, selector: ({ host, wildcard, path, termination }) => `${String(wildcard)} ${host} ${termination === 'passthrough' ? '' : path}` },
  ).map((wishes) => wishes.map(({ host, wildcard, path, termination, policy, created, empty }, index): Rule => rule({
    id: `ns/r${index}`, host, wildcard, path: termination === 'passthrough' ? '' : path, termination, created,
    insecure: termination === 'none' || (termination === 'passthrough' && policy === 'allow') ? 'none' : policy,
    ...(empty ? { pool: { members: [] } } : {}),
  })));
