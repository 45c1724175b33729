import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeObject } from './decode-object.ts';
import type { Decoded } from './decode-object.ts';
import { unwrittenCreation } from './metadata.ts';
import type { Secret } from './secret.ts';

const origin = { file: 'shop.yaml', line: 7 };
const decode = (raw: unknown): Decoded => decodeObject(raw, origin);

type Read = Extract<Decoded, { readonly is: 'resource' }>['resource'] & { readonly unknown: readonly string[]; readonly wrong: readonly string[] };

function known(raw: unknown): Read {
  const decoded = decode(raw);
  if (decoded.is !== 'resource') throw new Error(JSON.stringify(decoded));
  const unknown = decoded.unknown.map((one) => `${one.path} | ${one.hint}`);
  return { ...decoded.resource, unknown, wrong: decoded.resource.problems.map((one) => one.path) };
}

const route = (spec: unknown, metadata: unknown = { name: 'web', namespace: 'shop' }): unknown => ({ apiVersion: 'route.openshift.io/v1', kind: 'Route', metadata, spec });

describe('Route', () => {
  test('every field finds its place', () => {
    const read = known(route({
      host: 'shop.test', subdomain: 'sub', path: '/a',
      to: { kind: 'Service', name: 'web', weight: 3 },
      alternateBackends: [{ kind: 'Service', name: 'web2', weight: 0 }, { name: 'web3' }],
      port: { targetPort: 'http' },
      tls: { termination: 'edge', certificate: 'C', key: 'K', caCertificate: 'A', destinationCACertificate: 'D', insecureEdgeTerminationPolicy: 'Allow', externalCertificate: { name: 'x' } },
      wildcardPolicy: 'Subdomain',
      httpHeaders: { actions: {
        request: [{ name: 'X-A', action: { type: 'Set', set: { value: 'one' } } }],
        response: [{ name: 'Server', action: { type: 'Delete' } }],
      } },
    }));
    expect(read).toMatchObject({
      host: 'shop.test', subdomain: 'sub', path: '/a', targetPort: 'http', wildcardPolicy: 'Subdomain',
      to: { kind: 'Service', name: 'web', weight: 3 },
      alternateBackends: [{ kind: 'Service', name: 'web2', weight: 0 }, { kind: 'Service', name: 'web3', weight: null }],
      tls: { termination: 'edge', certificate: 'C', key: 'K', caCertificate: 'A', destinationCACertificate: 'D', insecureEdgeTerminationPolicy: 'Allow', externalCertificate: 'x' },
      requestHeaders: [{ type: 'Set', name: 'X-A', value: 'one' }], responseHeaders: [{ type: 'Delete', name: 'Server' }],
      unknown: [], wrong: [],
    });
    expect(read.metadata).toMatchObject({ namespace: 'shop', name: 'web', origin });
  });

  test('what is not written has the defaults of the API; null is not written', () => {
    const read = known(route({ to: { name: 'web' }, tls: null, port: null, alternateBackends: null }));
    expect(read).toMatchObject({ host: '', path: '', to: { kind: 'Service', weight: null }, wildcardPolicy: 'None', tls: null, targetPort: null, alternateBackends: [], wrong: [] });
    expect(known(route(undefined))).toMatchObject({ to: { name: '' }, wrong: [] });
  });

  test.each([
    [{ host: 80 }, 'spec.host'],
    [{ host: ['a'] }, 'spec.host'],
    [{ to: 'web' }, 'spec.to'],
    [{ to: { name: 'web', weight: '10' } }, 'spec.to.weight'],
    [{ to: { name: 'web', weight: 1.5 } }, 'spec.to.weight'],
    [{ alternateBackends: { name: 'a' } }, 'spec.alternateBackends'],
    [{ alternateBackends: [{ name: 'a' }, 'b'] }, 'spec.alternateBackends[1]'],
    [{ port: { targetPort: true } }, 'spec.port.targetPort'],
    [{ tls: [] }, 'spec.tls'],
    [{ tls: { key: { a: 1 } } }, 'spec.tls.key'],
    [{ httpHeaders: { actions: { request: [{ name: 'a' }] } } }, 'spec.httpHeaders.actions.request[0].action'],
    [{ httpHeaders: { actions: { request: [{ name: 'a', action: { type: 'Add' } }] } } }, 'spec.httpHeaders.actions.request[0].action.type'],
    [{ httpHeaders: { actions: { response: [{ name: 'a', action: { type: 'Set' } }] } } }, 'spec.httpHeaders.actions.response[0].action.set'],
  ])('%j has one problem, at %s', (spec, path) => expect(known(route(spec)).wrong).toEqual([path]));

  test('a typing mistake is told with the field that was meant', () => {
    const read = known({ ...(route({ Host: 'a', tls: { terminaton: 'edge' } }) as object), specs: {} });
    expect(read.unknown).toEqual(['specs | Did you mean spec?', 'spec.Host | Did you mean host?', 'spec.tls.terminaton | Did you mean termination?']);
    expect(read.wrong).toEqual([]);
  });
});

test('entries of a list that are no entries are told before what is wrong inside the others', () => {
  const read = known(route({ to: { name: 'web' }, alternateBackends: [{ name: 1 }, 'b', { name: [] }] }));
  expect(read.wrong).toEqual(['spec.alternateBackends[1]', 'spec.alternateBackends[0].name', 'spec.alternateBackends[2].name']);
});

describe('Service, EndpointSlice, Namespace', () => {
  test('a Service', () => {
    const read = known({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'web' }, spec: { clusterIP: '10.0.0.1', selector: { a: 'b' }, ports: [{ name: 'http', port: 80, targetPort: 'web' }, { port: 0 }, {}] } });
    expect(read).toMatchObject({ type: 'ClusterIP', clusterIP: '10.0.0.1', ports: [{ name: 'http', port: 80, targetPort: 'web', protocol: 'TCP' }], wrong: ['spec.ports[1].port', 'spec.ports[2].port'], unknown: [] });
    expect(read.metadata.namespace).toBe('default');
  });

  test('an EndpointSlice: a missing condition is ready, a missing port number is all ports', () => {
    const read = known({
      apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', addressType: 'IPv4', metadata: { name: 'web-1', labels: { 'kubernetes.io/service-name': 'web' } },
      ports: [{ name: 'http', port: 8080, appProtocol: 'h2c' }, {}],
      endpoints: [{ addresses: ['10.0.0.1'], targetRef: { kind: 'Pod', name: 'web-a' } }, { addresses: ['10.0.0.2'], conditions: { ready: false } }, { addresses: ['10.0.0.3'], conditions: { ready: null }, targetRef: { kind: 'Node', name: 'n' } }],
    });
    expect(read).toMatchObject({
      serviceName: 'web', addressType: 'IPv4', ports: [{ name: 'http', port: 8080, protocol: 'TCP', appProtocol: 'h2c' }, { name: '', port: null, protocol: 'TCP', appProtocol: '' }], wrong: [],
      endpoints: [{ ready: true, pod: 'web-a' }, { ready: false, pod: '' }, { ready: true, pod: '' }],
    });
  });

  test('a Namespace has no namespace', () => {
    const read = known({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop', namespace: 'odd' } });
    expect(read.metadata.namespace).toBe('');
  });
});

describe('Secret', () => {
  const secret = (fields: object): unknown => ({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'tls' }, ...fields });

  test('base64 is decoded and stringData lies on top', () => {
    const read = known(secret({ type: 'kubernetes.io/tls', data: { 'tls.crt': 'YWJj\nZGVm', 'tls.key': 'eA==' }, stringData: { 'tls.key': 'plain' } }));
    expect({ ...(read as unknown as Secret).data }).toEqual({ 'tls.crt': 'abcdef', 'tls.key': 'plain' });
    expect(read.wrong).toEqual([]);
  });

  test('bad base64 and bad keys are problems that name the key and never the value', () => {
    const decoded = decode(secret({ data: { 'tls.key': 'hunter2!', ok: 'eA==', 'a b': 'eA==' }, stringData: { n: 5 } }));
    const problems = decoded.is === 'resource' ? decoded.resource.problems : [];
    expect(problems.map((one) => one.path)).toEqual(['data[tls.key]', 'data[a b]', 'stringData[n]']);
    expect(JSON.stringify(problems)).not.toContain('hunter2');
  });

  test('bytes that are no text stay whole; `__proto__` is a key like another', () => {
    const raw = JSON.parse('{"__proto__":"eA=="}') as unknown;
    expect(Object.keys((known(secret({ data: raw })) as unknown as Secret).data)).toEqual(['__proto__']);
    expect((known(secret({ data: { bin: Buffer.from([0, 255, 200]).toString('base64') } })) as unknown as Secret).data['bin']).toBe('\u0000\u00ff\u00c8');
  });
});

describe('metadata', () => {
  test('a missing uid and time are the same on every machine, and differ by object', () => {
    const [a, b, c] = [known(route({})), known(route({})), known(route({}, { name: 'other', namespace: 'shop' }))];
    expect(a.metadata.uid).toBe(b.metadata.uid);
    expect(a.metadata.uid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(c.metadata.uid).not.toBe(a.metadata.uid);
    expect(a.metadata.creationTimestamp).toBe(unwrittenCreation);
  });

  test.each([['2024-03-01T10:00:00Z', Date.UTC(2024, 2, 1, 10)], ['2024-03-01T12:00:00+02:00', Date.UTC(2024, 2, 1, 10)], ['2024-03-01T10:00:00.250Z', Date.UTC(2024, 2, 1, 10) + 250]])('%s', (written, time) =>
    expect(known(route({}, { name: 'web', creationTimestamp: written })).metadata.creationTimestamp).toBe(time));

  test.each(['yesterday', '2024-03-01', '2024-13-01T10:00:00Z', 5])('the time %j is a problem', (written) =>
    expect(known(route({}, { name: 'web', creationTimestamp: written })).wrong).toEqual(['metadata.creationTimestamp']));

  test('labels and annotations are maps of text with keys that Kubernetes accepts', () => {
    const raw = JSON.parse('{"name":"web","labels":{"__proto__":"x","a b":"x","ok":"y","constructor":"z"},"annotations":{"a/b/c":"x","n":1,"":"x"}}') as unknown;
    const read = known(route({}, raw));
    expect(read.metadata.labels).toEqual({ ok: 'y', constructor: 'z' });
    expect(Object.getPrototypeOf(read.metadata.labels)).toBe(Object.prototype);
    expect(read.wrong).toEqual(['metadata.labels[__proto__]', 'metadata.labels[a b]', 'metadata.annotations[n]', 'metadata.annotations[a/b/c]', 'metadata.annotations[]']);
  });

  test.each([undefined, '', 'Web', 'a_b', '-a', 'a..b', 'a'.repeat(254), 'a\nb', 5, {}])('the name %j names nothing', (name) => {
    const decoded = decode(route({}, { name }));
    expect(decoded.is).toBe('nameless');
    expect(decoded.is === 'nameless' && decoded.problem.path).toBe('metadata.name');
  });

  test.each(['Shop', 'a.b', 'x'.repeat(64)])('the namespace %j is none', (namespace) => expect(decode(route({}, { name: 'web', namespace })).is).toBe('nameless'));
});

describe('kinds', () => {
  test.each([
    [{ kind: 'Deployment', apiVersion: 'apps/v1', metadata: { name: 'a' } }, 'unknown-kind', 'Fairway reads Namespace, Route, Service, EndpointSlice, Secret; other kinds may stay where they are.'],
    [{ kind: 'Rout', apiVersion: 'v1', metadata: { name: 'a' } }, 'unknown-kind', 'Did you mean Route?'],
    [{ kind: 'constructor', apiVersion: 'v1' }, 'unknown-kind', undefined],
    [{ kind: 'Route', apiVersion: 'route.openshift.io/v2' }, 'unknown-version', 'Write apiVersion: route.openshift.io/v1.'],
    [{ kind: 'EndpointSlice', apiVersion: 'discovery.k8s.io/v1beta1' }, 'unknown-version', 'Write apiVersion: discovery.k8s.io/v1.'],
    [{ metadata: {} }, 'not-an-object', undefined],
    [[], 'not-an-object', undefined],
    ['text', 'not-an-object', undefined],
  ])('%j is %s', (raw, is, hint) => {
    const decoded = decode(raw);
    expect(decoded.is).toBe(is);
    if (decoded.is !== 'resource' && hint !== undefined) expect(decoded.problem.hint).toBe(hint);
  });

  test('any JSON at all, in any place of any kind, gives an answer and printable messages', () => {
    const kinds = fc.constantFrom(['route.openshift.io/v1', 'Route'], ['v1', 'Service'], ['discovery.k8s.io/v1', 'EndpointSlice'], ['v1', 'Secret'], ['v1', 'Namespace']);
    const names = ['metadata', 'spec', 'name', 'labels', 'ports', 'endpoints', 'tls', 'to', 'data', 'port', 'httpHeaders', 'actions', 'request', 'action', '__proto__', 'conditions', 'addresses'];
    const json = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof({ depthSize: 'medium' }, fc.jsonValue(), fc.array(tie('value'), { maxLength: 3 }), fc.dictionary(fc.oneof(fc.constantFrom(...names), fc.string()), tie('value'), { maxKeys: 5 })),
    })).value;
    fc.assert(fc.property(kinds, fc.dictionary(fc.constantFrom(...names), json), fc.boolean(), ([apiVersion, kind], rest, named) => {
      const decoded = decode({ ...rest, ...(named ? { metadata: { name: 'web', labels: rest['labels'] } } : {}), apiVersion, kind });
      const told = decoded.is === 'resource' ? [...decoded.resource.problems, ...decoded.unknown] : [decoded.problem];
      for (const one of told) expect(`${one.path}${one.message}${one.hint}`).toMatch(/^[^\u0000-\u001f\u007f]*$/);
      expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    }), { numRuns: 500 });
  });
});
