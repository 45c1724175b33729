import { describe, expect, test } from 'vitest';
import { metadata, notesOf, options, route, service, slice, verdictOn, viewOf } from '../../../test/support/admission-objects.ts';
import type { EndpointSlice } from '../../resources/endpoint-slice.ts';
import type { Resource } from '../../resources/kinds.ts';
import { createAdmission } from '../admit.ts';

const sliceNotes = (changes: Partial<EndpointSlice>, allowLocalAddresses = true): string[] => {
  const one = slice('shop', 'web', changes);
  return notesOf(createAdmission(options({ allowLocalAddresses }))(viewOf([one])).verdicts[0]!);
};
const at = (...addresses: string[]): Pick<EndpointSlice, 'endpoints'> => ({ endpoints: addresses.map((address) => ({ addresses: [address], ready: true, pod: '', hostname: '' })) });
const port = (changes: Partial<EndpointSlice['ports'][number]>): Pick<EndpointSlice, 'ports'> => ({ ports: [{ name: 'http', port: 8080, protocol: 'TCP', appProtocol: '', ...changes }] });

describe('slices', () => {
  test.each([{}, at('10.0.0.1', '10.0.0.2'), { addressType: 'IPv6', ...at('2001:db8::1') }, { endpoints: [] }, at('127.0.0.1'), { ports: [] }])('%j', (changes) => expect(sliceNotes(changes)).toEqual([]));
  test('addresses that are none serve nobody', () => {
    expect(sliceNotes(at('10.0.0.1', 'pod.local', '10.0.0.1; add server'))).toEqual(['~address-not-ip endpoints[1].addresses[0]', '~address-not-ip endpoints[2].addresses[0]']);
    expect(sliceNotes(at(...Array.from({ length: 1000 }, (_, index) => `x${index}`)))).toHaveLength(11);
  });
  test.each(['FQDN', '', 'ipv4', 'IPv4\n'])('addressType %j', (addressType) => expect(sliceNotes({ addressType })).toEqual(['~address-type-unserved addressType']));
  test('local addresses, where they are not allowed', () => {
    expect(sliceNotes(at('127.0.0.1', '10.0.0.1'), false)).toEqual(['~address-local endpoints[0].addresses[0]']);
    expect(sliceNotes(at('169.254.169.254', '::1'), false)).toEqual(['local-address endpoints', '~address-local endpoints[0].addresses[0]', '~address-local endpoints[1].addresses[0]']);
    expect(sliceNotes(at('169.254.169.254', '::1'), true)).toEqual([]);
  });
  test('ports', () => {
    expect(sliceNotes(port({ port: null }))).toEqual(['~port-unserved ports[0]']);
    expect(sliceNotes(port({ port: 70000 }))).toEqual(['~port-unserved ports[0].port']);
    expect(sliceNotes(port({ protocol: 'UDP' }))).toEqual(['~port-unserved ports[0].protocol']);
  });
  test('no label', () => expect(sliceNotes({ serviceName: '' })).toEqual(['~slice-without-service metadata.labels']));
});

describe('what is behind a route', () => {
  const notes = (others: readonly Resource[], targetPort: string | number | null = null) => verdictOn(route({ targetPort }), {}, others).warnings;
  const web = service('shop', 'web');

  test('ready endpoints', () => expect(notes([web, slice('shop', 'web')])).toEqual([]));
  test('no Service is needed', () => expect(notes([slice('shop', 'web')])).toEqual([]));
  test.each<[string, readonly Resource[], string]>([
    ['nothing', [], 'does not exist'],
    ['no slice', [web], 'has no EndpointSlice'],
    ['a slice of another namespace', [web, slice('other', 'web')], 'has no EndpointSlice'],
    ['ExternalName', [service('shop', 'web', { type: 'ExternalName', clusterIP: '' })], 'ExternalName'],
    ['no endpoints', [web, slice('shop', 'web', { endpoints: [] })], 'without endpoints'],
    ['none ready', [web, slice('shop', 'web', { endpoints: [{ addresses: ['10.0.0.1'], ready: false, pod: '', hostname: '' }] })], 'none of them is ready'],
    ['no address', [web, slice('shop', 'web', at('pod.local'))], 'none of them is ready'],
    ['UDP only', [web, slice('shop', 'web', port({ protocol: 'UDP' }))], 'none of their ports is TCP'],
  ])('%s', (_, others, text) => {
    expect(notes(others)).toMatchObject([{ code: 'no-endpoints', path: 'spec.to.name', message: expect.stringContaining(text) as string }]);
  });
  test('an idled service is as it should be', () => {
    const idled = { ...metadata('shop', 'web'), annotations: { 'idling.alpha.openshift.io/idled-at': '2026-01-01' } };
    expect(notes([service('shop', 'web', { metadata: idled })])).toEqual([]);
    expect(notes([service('shop', 'web', { metadata: idled, clusterIP: 'None' })])).toHaveLength(1);
  });
  test.each(['8080', 8080, 'http'])('the port %j exists', (targetPort) => expect(notes([web, slice('shop', 'web')], targetPort)).toEqual([]));
  test('a port that nobody has: which there are', () => {
    expect(notes([web, slice('shop', 'web')], 9090)).toMatchObject([{ code: 'target-port-unmatched', path: 'spec.port.targetPort', message: expect.stringContaining('8080 ("http")') as string }]);
  });
  test('the classic trap: the number of the Service', () => {
    expect(notes([web, slice('shop', 'web')], 80)).toMatchObject([{ code: 'target-port-unmatched', hint: expect.stringContaining('write "http"') as string }]);
    const unnamed = service('shop', 'web', { ports: [{ name: '', port: 80, targetPort: 8080, protocol: 'TCP' }] });
    expect(notes([unnamed, slice('shop', 'web', port({ name: '' }))], 80)).toMatchObject([{ hint: expect.stringContaining('write 8080') as string }]);
  });
  test('each alternate is looked at', () => {
    const verdict = verdictOn(route({ alternateBackends: [{ kind: 'Service', name: 'b', weight: 1 }] }), {}, [web, slice('shop', 'web')]);
    expect(notesOf(verdict)).toEqual(['~no-endpoints spec.alternateBackends[0].name']);
    expect(verdict.claim).not.toBeNull();
  });
});
