import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface RouteWish {
  readonly index: number;
  readonly host?: string;
  /** `spec.tls`, as lines of YAML indented by four. */
  readonly tls?: string;
  /** Service; default: the route's own. */
  readonly service?: number;
  readonly weights?: readonly (readonly [service: number, weight: number])[];
}

export const hostOf = (index: number): string => `app-${index}.apps.example.com`;
const namespaceOf = (index: number): string => `team-${index % 50}`;

export const routeText = ({ index, host = hostOf(index), tls, service = index, weights }: RouteWish): string => {
  const [first, ...others] = weights ?? [[service, 100] as const];
  return `apiVersion: route.openshift.io/v1
kind: Route
metadata:
  name: app-${index}
  namespace: ${namespaceOf(index)}
  creationTimestamp: "2024-01-01T00:00:00Z"
spec:
  host: ${host}
  to:
    kind: Service
    name: app-${first![0]}
    weight: ${first![1]}
${others.length === 0 ? '' : `  alternateBackends:\n${others.map(([name, weight]) => `  - kind: Service\n    name: app-${name}\n    weight: ${weight}\n`).join('')}`}${tls === undefined ? '' : `  tls:\n${tls}`}`;
};

export const serviceText = (index: number): string => `apiVersion: v1
kind: Service
metadata:
  name: app-${index}
  namespace: ${namespaceOf(index)}
spec:
  ports:
  - name: http
    port: 80
    targetPort: 8080
`;

/** `number`: which of the service's slices. */
export const sliceText = (index: number, port: number, addresses: readonly string[], number = 1): string => `apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata:
  name: app-${index}-${number}
  namespace: ${namespaceOf(index)}
  labels:
    kubernetes.io/service-name: app-${index}
addressType: IPv4
ports:
- name: http
  port: ${port}
endpoints:
${addresses.map((address) => `- addresses: [${address}]\n`).join('')}`;

export const joinDocuments = (...documents: readonly string[]): string => documents.join('---\n');

export interface DirectoryWish {
  readonly path: string;
  readonly routes: number;
  readonly ports: readonly number[];
  /** Members of each route: 127.0.0.1, 127.0.0.2. */
  readonly members: 1 | 2;
  readonly tlsOf?: (index: number) => string | undefined;
}

const both = ['127.0.0.1', '127.0.0.2'] as const;

/** Routes, services and slices over a hundred files (fewer for fewer routes). */
export const writeDirectory = ({ path, routes, ports, members, tlsOf }: DirectoryWish): void => {
  mkdirSync(path, { recursive: true });
  const each = Math.max(1, Math.ceil(routes / 100));
  for (let file = 0; file * each < routes; file += 1) {
    const documents: string[] = [];
    for (let index = file * each; index < Math.min(routes, (file + 1) * each); index += 1) {
      const tls = tlsOf?.(index);
      documents.push(routeText({ index, ...(tls === undefined ? {} : { tls }) }), serviceText(index), sliceText(index, ports[index % ports.length]!, both.slice(0, members)));
    }
    writeFileSync(join(path, `routes-${file}.yaml`), joinDocuments(...documents));
  }
};

/** A few routes that share all members among them: each has its part of the ports. */
export const writeWideDirectory = ({ path, routes, ports }: Pick<DirectoryWish, 'path' | 'routes' | 'ports'>): void => {
  mkdirSync(path, { recursive: true });
  const each = ports.length / routes;
  const documents = Array.from({ length: routes }, (_, index) => [
    routeText({ index }), serviceText(index),
    ...ports.slice(index * each, (index + 1) * each).map((port, place) => sliceText(index, port, ['127.0.0.1'], place + 1)),
  ]);
  writeFileSync(join(path, 'routes.yaml'), joinDocuments(...documents.flat()));
};

/** Writes beside and renames, as a careful tool does. `at`: performance.now() just before the rename. */
export const replaceFile = (directory: string, name: string, text: string): { readonly at: number } => {
  const beside = `${directory}.next`;
  writeFileSync(beside, text);
  const at = performance.now();
  renameSync(beside, join(directory, name));
  return { at };
};

export const removeFile = (directory: string, name: string): void => { rmSync(join(directory, name)); };
