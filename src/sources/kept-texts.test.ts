import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { readManifests, resourcesOf } from './read-manifests.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Bytes of everything that is alive. Node keeps texts of more than a megabyte outside of V8's heap. */
const alive = (): number => {
  collect();
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};

/** Bytes of text that nobody needs once it was read. */
const size = 3_000_000;
const blank = ' '.repeat(size);
const comment = `# ${'x'.repeat(size)}\n`;
const long = (text: string): string => `${text}-of-more-than-13`;

const route = `apiVersion: route.openshift.io/v1
kind: Route
metadata:
  name: ${long('name')}
  uid: ${long('uid')}
  labels:
    ${long('key')}: ${long('label')}
    quoted: "${long('quoted')}"
spec:
  host: ${long('host')}.test
  path: '/${long('path')}'
  hosst: ${long('unknown')}
  tls:
    certificate: |
      ${long('first line')}
      ${long('second line')}
    key: |-
      ${long('only line')}
`;
const slice = `apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata:
  name: slice
addressType: FQDN
ports: []
endpoints:
- addresses: [${long('word')}, "${long('quoted')}"]
- addresses:
  - ${long('entry')}
`;
const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'secret' }, stringData: { a: long('plain'), b: `${long('escaped')}\n`, c: long('ü') } };

/** Texts that were read lately are still known, and known texts keep nothing alive: each test has its own. */
let count = 0;

test.each([
  ['a plain document', 'a.yaml', `${route}${comment}`],
  ['one that does not end with a line break', 'a.yaml', `${comment}${route}spare: ${long('last')}`],
  ['lists', 'a.yaml', `${slice}${comment}`],
  ['a document that is not ASCII', 'a.yaml', `${route}${comment}# ä\n`],
  ['anchors and merge keys', 'a.yaml', `${comment}${route.replace('spec:', `spec: &spec\n  wildcardPolicy: &policy ${long('policy')}\n  subdomain: ! ${long('tag')}`)}more: { <<: *spec, to: *policy }\n`],
  ['CRLF', 'a.yaml', `${comment}${route}`.replaceAll('\n', '\r\n')],
  ['a List', 'a.yaml', `apiVersion: v1\nkind: List\nitems:\n- ${route.trimEnd().replaceAll('\n', '\n  ')}\n- ${slice.trimEnd().replaceAll('\n', '\n  ')}\n${comment}`],
  ['a typed list', 'a.json', `{"apiVersion":"v1","kind":"SecretList","items":[${JSON.stringify({ ...secret, kind: undefined, apiVersion: undefined })}]${blank}}`],
  ['JSON', 'a.json', `${JSON.stringify(secret).slice(0, -1)}${blank}}`],
  ['JSON in YAML', 'a.yaml', `${JSON.stringify(secret).slice(0, -1)}${blank}}`],
  ['neighbours', 'a.yaml', `${comment}---\n${route}---\n${comment}`],
])('%s: no text of an object keeps the text of the file in memory', (_name, file, text) => {
  count += 1;
  const bytes = Buffer.from(text.replaceAll('more-than-13', `test-${count}-of-many`));
  readManifests('a.yaml', 'a: {}\n---\na: { b: c }\n');
  const before = alive();
  const manifest = readManifests(file, bytes);
  expect(alive() - before).toBeLessThan(size / 3);
  expect(resourcesOf(manifest).length).toBeGreaterThan(0);
});
