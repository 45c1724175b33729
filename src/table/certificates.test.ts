import { describe, expect, test } from 'vitest';
import { options, route, service, slice, viewOf } from '../../test/support/admission-objects.ts';
import { claim } from '../../test/support/table-objects.ts';
import { createAdmission } from '../admission/admit.ts';
import type { Route } from '../resources/route.ts';
import { certificatesOf, likelyCertificate } from './certificates.ts';

const material = { faults: [], remarks: [], served: 'key and certificate', destinationCa: null };
const tls = { certificate: 'given', key: 'given' };

describe('the certificate that a route will most likely be served with', () => {
  test.each<[string, Route, boolean]>([
    ['edge', route({ host: 'a.test', tls }), true],
    ['re-encrypt', route({ host: 'a.test', tls: { ...tls, termination: 'reencrypt' } }), true],
    ['passthrough', route({ host: 'a.test', tls: { ...tls, termination: 'passthrough' } }), false],
    ['no host', route({ host: '', tls }), false],
    ['a host that is none', route({ host: 'a b.test', tls }), false],
    ['a line break in the host', route({ host: 'a.test\nb.test', tls }), false],
    ['a wildcard', route({ host: 'a.test', wildcardPolicy: 'Subdomain', tls }), false],
    ['a field of the wrong type', route({ host: 'a.test', tls, problems: [{ path: 'spec.to', message: '', hint: '' }] }), false],
  ])('%s', (_, one, expected) => {
    expect(likelyCertificate(one, material)).toEqual(expected ? { host: 'a.test', pem: material.served } : null);
    // What is told beforehand is what admission comes to, when nothing else stands in the way.
    const { claims } = createAdmission({ ...options(), judgeTls: () => material })(viewOf([one, service('shop', 'web'), slice('shop', 'web')]));
    if (expected) expect(certificatesOf(claims).map(({ host, pem }) => ({ host, pem }))).toEqual([likelyCertificate(one, material)]);
  });

  test('none where nothing can be served', () => {
    expect(likelyCertificate(route({ host: 'a.test', tls }), { served: null })).toBeNull();
  });
});

describe('one certificate per host', () => {
  const own = (name: string, path: string, created: number) => claim({ name, host: 'a.test', path, created, certificate: { pem: name } });

  test('that of the root path, else of the oldest; wildcards are hosts of their own', () => {
    const wild = claim({ name: 'wild', host: 'a.test', wildcard: true, certificate: { pem: 'wild' } });
    expect(certificatesOf([own('deep', '/deep', 1), own('root', '', 5), wild, claim({ name: 'none', host: 'b.test' })])).toEqual([
      { host: '*.a.test', pem: 'wild', rule: 'shop/wild' }, { host: 'a.test', pem: 'root', rule: 'shop/root' },
    ]);
    expect(certificatesOf([own('young', '/young', 5), own('old', '/old', 1)]).map(({ pem }) => pem)).toEqual(['old']);
  });
});
