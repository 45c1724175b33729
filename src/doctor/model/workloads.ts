import { isObject, textOf } from '../parsers/read-lines.ts';
import type { JsonObject } from '../parsers/read-lines.ts';
import type { SourceLine } from '../evidence.ts';
import type { KubeObject } from './objects.ts';
import type { RecordIndex } from './record-index.ts';

export type Labels = ReadonlyMap<string, string>;

export interface ServiceObject {
  readonly record: KubeObject;
  readonly namespace: string;
  readonly name: string;
  /** Null without a selector: somebody else writes its endpoints. */
  readonly selector: Labels | null;
  readonly ports: readonly { readonly name: string | null; readonly port: number | null; readonly targetPort: string | null; readonly line: SourceLine }[];
  /** Routes and ingresses that lead to it. */
  readonly routedBy: readonly SourceLine[];
}

/** A pod, or the template of one. */
export interface PodObject {
  readonly record: KubeObject;
  readonly namespace: string;
  readonly name: string;
  readonly labels: Labels;
  readonly spec: JsonObject;
  /** Path of `spec` inside the object. */
  readonly path: readonly string[];
  readonly isTemplate: boolean;
  readonly node: string | null;
  readonly ready: boolean | null;
  readonly why: string | null;
  readonly startedAt: number | null;
}

export interface Endpoint {
  readonly address: string;
  readonly type: string;
  readonly ready: boolean;
  readonly node: string | null;
  readonly pod: string | null;
  readonly line: SourceLine;
}

export interface Workloads {
  readonly services: readonly ServiceObject[];
  readonly pods: readonly PodObject[];
  /** Null when neither EndpointSlice nor Endpoints of the service was captured. */
  endpoints(namespace: string, service: string): { readonly list: readonly Endpoint[]; readonly line: SourceLine } | null;
  /** Every endpoint of every slice. */
  readonly slices: readonly { readonly record: KubeObject; readonly service: string; readonly endpoints: readonly Endpoint[] }[];
  /** Whether all pods of the namespace were listed: only then can none be said to match. */
  podsListed(namespace: string): boolean;
}

export function createWorkloads(index: RecordIndex): Workloads {
  const found = index.of('kube-object');
  const slices = found.flatMap(({ record }) => {
    if (record.objectKind === 'EndpointSlice') return [{ record, service: labelsOf(record.object).get('kubernetes.io/service-name') ?? record.name, endpoints: ofSlice(record) }];
    return record.objectKind === 'Endpoints' ? [{ record, service: record.name, endpoints: ofEndpoints(record) }] : [];
  });
  const routes = found.flatMap(({ record }) => targets(record).map((service) => ({ key: `${record.namespace}/${service}`, line: record.source })));
  return {
    slices,
    services: found.filter(({ record }) => record.objectKind === 'Service').map(({ record }) => serviceOf(record, routes.filter((route) => route.key === `${record.namespace}/${record.name}`).map((route) => route.line))),
    pods: found.flatMap(({ record }) => podOf(record)),
    endpoints: (namespace, service) => {
      const mine = slices.filter((slice) => slice.record.namespace === namespace && slice.service === service);
      const [first] = mine;
      return first === undefined ? null : { list: mine.flatMap((slice) => slice.endpoints), line: first.record.source };
    },
    podsListed: (namespace) => index.captures.some((read) => read.complete && /\bget\s+(?:[\w,]*,)?(?:pods?|po|all)\b/.test(read.capture.command) && !/\s-l\b|--selector|--field-selector/.test(read.capture.command) && (/\s(?:-A|--all-namespaces)\b/.test(read.capture.command) || new RegExp(`(?:-n|--namespace)[= ]?${namespace.replace(/[^\w-]/g, '')}(?:\\s|$)`).test(read.capture.command))),
  };
}

export function matches(selector: Labels, labels: Labels): boolean {
  return selector.size > 0 && [...selector].every(([key, value]) => labels.get(key) === value);
}

function inner(value: unknown, key: string): JsonObject {
  const found = isObject(value) ? value[key] : undefined;
  return isObject(found) ? found : {};
}

export function listOf(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

export function labelMap(value: unknown): Labels {
  return new Map(isObject(value) ? Object.entries(value).map(([key, each]) => [key, textOf(each) ?? '']) : []);
}

function labelsOf(object: JsonObject): Labels {
  return labelMap(inner(object, 'metadata')['labels']);
}

function serviceOf(record: KubeObject, routedBy: readonly SourceLine[]): ServiceObject {
  const spec = inner(record.object, 'spec');
  const selector = labelMap(spec['selector']);
  return {
    record, namespace: record.namespace, name: record.name, selector: selector.size === 0 ? null : selector, routedBy,
    ports: listOf(spec['ports']).map((port, at) => ({ name: textOf(port['name']), port: Number(port['port']), targetPort: textOf(port['targetPort']) ?? textOf(port['port']), line: record.lineOf(['spec', 'ports', at]) })),
  };
}

function podOf(record: KubeObject): PodObject[] {
  const spec = inner(record.object, 'spec');
  if (record.objectKind === 'Pod') {
    const status = inner(record.object, 'status');
    const condition = listOf(status['conditions']).find((each) => each['type'] === 'Ready');
    const waiting = listOf(status['containerStatuses']).map((each) => textOf(inner(inner(each, 'state'), 'waiting')['reason'])).find((reason) => reason !== null);
    const time = Date.parse(textOf(status['startTime']) ?? textOf(inner(record.object, 'metadata')['creationTimestamp']) ?? '');
    return [{ record, namespace: record.namespace, name: record.name, labels: labelsOf(record.object), spec, path: ['spec'], isTemplate: false, node: textOf(spec['nodeName']), ready: condition === undefined ? null : condition['status'] === 'True' || condition['status'] === true, why: waiting ?? textOf(condition?.['message']) ?? textOf(condition?.['reason']), startedAt: Number.isNaN(time) ? null : time }];
  }
  if (!/^(?:Deployment|DaemonSet|StatefulSet|ReplicaSet|DeploymentConfig)$/.test(record.objectKind)) return [];
  const template = inner(spec, 'template');
  return [{ record, namespace: record.namespace, name: record.name, labels: labelMap(inner(template, 'metadata')['labels']), spec: inner(template, 'spec'), path: ['spec', 'template', 'spec'], isTemplate: true, node: null, ready: null, why: null, startedAt: null }];
}

function ofSlice(record: KubeObject): Endpoint[] {
  const type = textOf(record.object['addressType']) ?? 'IPv4';
  return listOf(record.object['endpoints']).flatMap((each, at) => (Array.isArray(each['addresses']) ? each['addresses'] : []).flatMap((token: unknown, inside) => {
    const address = textOf(token);
    // A condition that is not written means ready (discovery.k8s.io/v1: nil is to be taken as true).
    return address === null ? [] : [{ address, type, ready: inner(each, 'conditions')['ready'] !== false, node: textOf(each['nodeName']), pod: textOf(inner(each, 'targetRef')['name']), line: record.lineOf(['endpoints', at, 'addresses', inside]) }];
  }));
}

function ofEndpoints(record: KubeObject): Endpoint[] {
  return listOf(record.object['subsets']).flatMap((subset, at) => (['addresses', 'notReadyAddresses'] as const).flatMap((key) => listOf(subset[key]).flatMap((each, inside) => {
    const address = textOf(each['ip']);
    return address === null ? [] : [{ address, type: 'IPv4', ready: key === 'addresses', node: textOf(each['nodeName']), pod: textOf(inner(each, 'targetRef')['name']), line: record.lineOf(['subsets', at, key, inside]) }];
  })));
}

/** Services that a Route, Ingress or HTTPRoute leads to, in its own namespace. */
function targets(record: KubeObject): string[] {
  const spec = inner(record.object, 'spec');
  const names: (string | null)[] = [];
  if (record.objectKind === 'Route') names.push(textOf(inner(spec, 'to')['name']), ...listOf(spec['alternateBackends']).map((each) => textOf(each['name'])));
  if (record.objectKind === 'Ingress') {
    names.push(textOf(inner(inner(spec, 'defaultBackend'), 'service')['name']));
    for (const rule of listOf(spec['rules'])) for (const path of listOf(inner(rule, 'http')['paths'])) names.push(textOf(inner(inner(path, 'backend'), 'service')['name']));
  }
  if (record.objectKind === 'HTTPRoute') for (const rule of listOf(spec['rules'])) for (const backend of listOf(rule['backendRefs'])) names.push(textOf(backend['name']));
  return names.filter((name) => name !== null);
}

/** Ports of the node that a pod asks for: its own, or any with the host's network. */
export function hostPorts(pod: PodObject): { readonly port: number; readonly line: SourceLine }[] {
  return listOf(pod.spec['containers']).flatMap((container, at) => listOf(container['ports']).flatMap((each, inside) => {
    const port = Number(textOf(each['hostPort']) ?? (pod.spec['hostNetwork'] === true ? textOf(each['containerPort']) : null) ?? NaN);
    return port > 0 ? [{ port, line: pod.record.lineOf([...pod.path, 'containers', at, 'ports', inside]) }] : [];
  }));
}
