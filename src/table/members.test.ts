import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { service, slice, viewOf } from '../../test/support/admission-objects.ts';
import { claim } from '../../test/support/table-objects.ts';
import type { Claim } from '../admission/claim.ts';
import type { Endpoint, EndpointPort, EndpointSlice } from '../resources/endpoint-slice.ts';
import type { Resource } from '../resources/kinds.ts';
import { membersOf } from './members.ts';
import type { MemberWishes } from './members.ts';
import type { Member } from './routing-table.ts';

const port = (number: number | null, name = '', changes: Partial<EndpointPort> = {}): EndpointPort => ({ name, port: number, protocol: 'TCP', appProtocol: '', ...changes });
const endpoint = (address: string, changes: Partial<Endpoint> = {}): Endpoint => ({ addresses: [address], ready: true, pod: '', hostname: '', ...changes });
const part = (name: string, changes: Partial<EndpointSlice>, of = 'web'): EndpointSlice => {
  const made = slice('shop', of, changes);
  return { ...made, metadata: { ...made.metadata, name } };
};
const two = (of: string, ...addresses: readonly string[]): EndpointSlice =>
  slice('shop', of, { ports: [port(8080, 'http')], endpoints: addresses.map((address) => endpoint(address)) });

const members = (objects: readonly Resource[], wish: Claim = claim(), wishes: Partial<MemberWishes> = {}): readonly Member[] =>
  membersOf(wish, viewOf(objects), { verifyServiceName: false, allowLocalAddresses: true, ...wishes });
const places = (all: readonly Member[]): readonly string[] => all.map(({ address, port: number }) => `${address}:${number}`);
const weights = (all: readonly Member[]): readonly string[] => all.map(({ address, weight }) => `${address}=${weight}`);

describe('identity of a member', () => {
  test('with a pod, and without: the digest of its label, which the cookie carries', () => {
    const [withPod] = members([slice('shop', 'web')]);
    expect(withPod).toMatchObject({ label: 'pod:p1:web:http:10.1.0.1:8080', pod: 'p1', service: 'web' });
    expect(withPod?.id).toBe(createHash('md5').update('pod:p1:web:http:10.1.0.1:8080').digest('hex'));
    const [without] = members([slice('shop', 'web', { ports: [port(8080)], endpoints: [endpoint('10.1.0.1')] })]);
    expect(without?.label).toBe('ept:web::10.1.0.1:8080');
  });
  test('IPv6 stands in the label without brackets', () => {
    const [one] = members([slice('shop', 'web', { addressType: 'IPv6', endpoints: [endpoint('2001:db8::7')] })]);
    expect(one).toMatchObject({ label: 'ept:web:http:2001:db8::7:8080', address: '2001:db8::7' });
  });
  test('the same in two slices is one member, and counts once', () => {
    const all = members([part('a', { endpoints: [endpoint('10.0.0.1')] }), part('b', { endpoints: [endpoint('10.0.0.1')] })]);
    expect(places(all)).toEqual(['10.0.0.1:8080']);
    expect(all[0]).toMatchObject({ weight: 1, checked: false });
  });
  test('counted once also for the weights: while an endpoint moves between slices the shares stay', () => {
    const wish = claim({ services: [{ name: 'a', weight: 1 }, { name: 'b', weight: 1 }] });
    const moved = [part('a1', { endpoints: [endpoint('10.0.0.1')] }, 'a'), part('a2', { endpoints: [endpoint('10.0.0.1')] }, 'a'), two('b', '10.0.0.2')];
    expect(weights(members(moved, wish))).toEqual(['10.0.0.1=1', '10.0.0.2=1']);
  });
});

describe('which endpoints serve', () => {
  const mixed = slice('shop', 'web', { ports: [port(8443, 'https'), port(8080, 'http')], endpoints: [endpoint('10.0.0.2'), endpoint('10.0.0.1')] });
  test('no target port: every port of every endpoint, ports outer, addresses inner, both ascending', () => {
    expect(places(members([mixed]))).toEqual(['10.0.0.1:8080', '10.0.0.2:8080', '10.0.0.1:8443', '10.0.0.2:8443']);
  });
  test.each([['a name', 'https', ['10.0.0.1:8443', '10.0.0.2:8443']], ['a number', '8080', ['10.0.0.1:8080', '10.0.0.2:8080']], ['the port of the Service, not of the pods', '80', []], ['part of a name', 'http', ['10.0.0.1:8080', '10.0.0.2:8080']]] as const)('target port: %s', (_, targetPort, found) => {
    expect(places(members([mixed, service('shop', 'web')], claim({ targetPort })))).toEqual(found);
  });
  test('addresses ascend as numbers, not as text', () => {
    expect(places(members([two('web', '10.0.0.10', '10.0.0.9', '9.255.0.1')]))).toEqual(['9.255.0.1:8080', '10.0.0.9:8080', '10.0.0.10:8080']);
  });
  test('slices by name, each in its own order', () => {
    expect(places(members([part('b', { endpoints: [endpoint('10.0.0.1')] }), part('a', { endpoints: [endpoint('10.0.0.2')] })]))).toEqual(['10.0.0.2:8080', '10.0.0.1:8080']);
  });
  test('every address of an endpoint; none that is not ready', () => {
    const one = slice('shop', 'web', { endpoints: [endpoint('x', { addresses: ['10.0.0.4', '10.0.0.3'] }), endpoint('10.0.0.1', { ready: false })] });
    expect(places(members([one]))).toEqual(['10.0.0.3:8080', '10.0.0.4:8080']);
  });
  test.each(['FQDN', '', 'Unknown'])('slices of type "%s" serve nobody', (addressType) => {
    expect(members([slice('shop', 'web', { addressType })])).toEqual([]);
  });
  test.each([port(null), port(0), port(70_000), port(53, '', { protocol: 'UDP' }), port(53, '', { protocol: 'SCTP' })])('no port to connect to: %o', (bad) => {
    expect(members([slice('shop', 'web', { ports: [bad] })])).toEqual([]);
  });
  test.each(['pod.example.com', '10.0.0.1 weight 9', '10.0.0.1\nserver x', '', '010.0.0.1', 'fe80::1%eth0', 'unix@/run/docker.sock'])('what is no address never gets to HAProxy: %j', (address) => {
    expect(places(members([slice('shop', 'web', { endpoints: [endpoint(address), endpoint('10.0.0.1')] })]))).toEqual(['10.0.0.1:8080']);
  });
  test('local addresses: from a directory yes, from the Kubernetes API no', () => {
    const local = two('web', '127.0.0.1', '10.0.0.1', '169.254.169.254');
    expect(places(members([local]))).toEqual(['10.0.0.1:8080', '127.0.0.1:8080', '169.254.169.254:8080']);
    expect(places(members([local], claim(), { allowLocalAddresses: false }))).toEqual(['10.0.0.1:8080']);
  });
  test('services of other namespaces do not help', () => {
    expect(members([slice('other', 'web')])).toEqual([]);
  });
});

describe('weights', () => {
  const services = [{ name: 'b', weight: 75 }, { name: 'a', weight: 25 }];
  test('services in ascending order, their shares over their members', () => {
    expect(weights(members([two('a', '10.0.0.1', '10.0.0.2'), two('b', '10.0.1.1')], claim({ services })))).toEqual(['10.0.0.1=1', '10.0.0.2=1', '10.0.1.1=6']);
  });
  test('a service without endpoints vanishes', () => {
    expect(weights(members([two('a', '10.0.0.1', '10.0.0.2')], claim({ services })))).toEqual(['10.0.0.1=1', '10.0.0.2=1']);
  });
  test('a repeated name counts once, with its last weight', () => {
    const wish = claim({ services: [{ name: 'a', weight: 10 }, { name: 'b', weight: 20 }, { name: 'a', weight: 60 }] });
    expect(weights(members([two('a', '10.0.0.1'), two('b', '10.0.1.1')], wish))).toEqual(['10.0.0.1=3', '10.0.1.1=1']);
  });
  test('weight 0: stays for the sessions it has in HTTP pools, leaves TCP pools', () => {
    const objects = [two('a', '10.0.0.1'), two('b', '10.0.1.1')];
    const wish = { services: [{ name: 'a', weight: 0 }, { name: 'b', weight: 5 }] };
    expect(weights(members(objects, claim(wish)))).toEqual(['10.0.0.1=0', '10.0.1.1=1']);
    expect(weights(members(objects, claim({ ...wish, termination: 'passthrough' })))).toEqual(['10.0.1.1=1']);
    expect(members(objects, claim({ services: [{ name: 'a', weight: 0 }], termination: 'passthrough' }))).toEqual([]);
  });
});

describe('health checks', () => {
  const checked = (all: readonly Member[]): readonly boolean[] => all.map((one) => one.checked);
  test('a single member is never checked, so never marked down; two are', () => {
    expect(checked(members([two('web', '10.0.0.1')]))).toEqual([false]);
    expect(checked(members([two('web', '10.0.0.1', '10.0.0.2')]))).toEqual([true, true]);
  });
  test('members of weight 0 are no reason to check', () => {
    const objects = [two('a', '10.0.0.1'), two('b', '10.0.1.1', '10.0.1.2')];
    expect(checked(members(objects, claim({ services: [{ name: 'a', weight: 1 }, { name: 'b', weight: 0 }] })))).toEqual([false, false, false]);
    expect(checked(members(objects, claim({ services: [{ name: 'a', weight: 0 }, { name: 'b', weight: 1 }] })))).toEqual([true, true, true]);
  });
  test('only endpoints of the port that the route names count', () => {
    const one = slice('shop', 'web', { ports: [port(80, 'http'), port(443, 'https')], endpoints: [endpoint('10.0.0.1')] });
    expect(checked(members([one], claim({ targetPort: 'http' })))).toEqual([false]);
    expect(checked(members([one]))).toEqual([true, true]);
  });
});

describe('towards the member', () => {
  const h2c = slice('shop', 'web', { ports: [port(8080, 'a', { appProtocol: 'kubernetes.io/h2c' }), port(8081, 'b', { appProtocol: 'h2c' }), port(8082, 'c', { appProtocol: 'http' })] });
  test.each([['none', ['h2c', 'h2c', 'http']], ['edge', ['h2c', 'h2c', 'http']], ['reencrypt', ['http', 'http', 'http']], ['passthrough', ['http', 'http', 'http']]] as const)('h2c where TLS does not negotiate: %s', (termination, protocols) => {
    expect(members([h2c], claim({ termination })).map(({ protocol }) => protocol)).toEqual(protocols);
  });
  test('the name that its certificate must carry is that of its own service', () => {
    const wish = claim({ termination: 'reencrypt', services: [{ name: 'a', weight: 1 }, { name: 'b', weight: 1 }] });
    const all = members([two('a', '10.0.0.1'), two('b', '10.0.1.1')], wish, { verifyServiceName: true });
    expect(all.map(({ verifyHost }) => verifyHost)).toEqual(['a.shop.svc', 'b.shop.svc']);
    expect(members([two('a', '10.0.0.1')], wish)[0]?.verifyHost).toBeNull();
  });
});

describe('idled services', () => {
  const idled = (changes: Partial<ReturnType<typeof service>> = {}): ReturnType<typeof service> => {
    const made = service('shop', 'web', { ports: [{ name: 'http', port: 80, targetPort: 8080, protocol: 'TCP' }, { name: 'dns', port: 53, targetPort: 53, protocol: 'UDP' }, { name: 'https', port: 443, targetPort: 8443, protocol: 'TCP' }], ...changes });
    return { ...made, metadata: { ...made.metadata, annotations: { 'idling.alpha.openshift.io/idled-at': '2026-01-01T00:00:00Z' } } };
  };
  test('stand in with their own address and ports, unchecked', () => {
    const all = members([idled()]);
    expect(places(all)).toEqual(['172.30.0.9:80', '172.30.0.9:443']);
    expect(all[0]).toMatchObject({ label: 'ept:web:http:172.30.0.9:80', checked: false, weight: 1 });
    expect(all.some(({ checked }) => checked)).toBe(false);
  });
  test.each([['http', ['172.30.0.9:80']], ['443', ['172.30.0.9:443']], ['8080', []]] as const)('the target port names a port of the Service: %s', (targetPort, found) => {
    expect(places(members([idled()], claim({ targetPort })))).toEqual(found);
  });
  test('a headless one has no address to stand in with', () => {
    expect(members([idled({ clusterIP: 'None' })])).toEqual([]);
    expect(members([idled({ clusterIP: '' })])).toEqual([]);
  });
  test('with ready endpoints the pods serve, idled or not', () => {
    expect(places(members([idled(), slice('shop', 'web')]))).toEqual(['10.1.0.1:8080']);
    expect(places(members([idled(), slice('shop', 'web')], claim({ targetPort: 'https' })))).toEqual([]);
  });
  test('a Service that is not idled, or has no slice, or is an ExternalName, has nobody', () => {
    expect(members([service('shop', 'web')])).toEqual([]);
    expect(members([service('shop', 'web', { type: 'ExternalName', clusterIP: '' })])).toEqual([]);
    expect(members([])).toEqual([]);
  });
});
