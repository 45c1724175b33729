import { finding } from '../findings/finding.ts';
import type { Facets } from '../model/facets.ts';
import { hostName } from '../model/record-index.ts';
import { listOf, matches } from '../model/workloads.ts';
import type { PodObject, ServiceObject } from '../model/workloads.ts';
import { textOf } from '../parsers/read-lines.ts';
import { about, analyzer, couldNotLook, fault, nothing, proof } from './analyzer.ts';
import type { Answer } from './analyzer.ts';

type View = Pick<Facets, 'workloads' | 'sockets' | 'haproxy'>;

/** EP-01, EP-02, EP-03, EP-06, EP-07: from a service to programs that answer. */
export const epServices = analyzer({
  name: 'ep-services',
  asks: 'Does each service find pods that listen, are ready, and leave in order?',
  codes: ['EP-01', 'EP-02', 'EP-03', 'EP-06', 'EP-07'],
  reads: ['workloads', 'sockets', 'haproxy'],
  *analyze(view): Generator<Answer> {
    for (const service of view.workloads.services) {
      const { selector } = service;
      const pods = selector === null ? [] : view.workloads.pods.filter((pod) => pod.namespace === service.namespace && matches(selector, pod.labels));
      yield* found(view, service, pods);
      yield* ready(view, service, pods);
      for (const pod of pods) yield* listens(view, service, pod);
      const shown = pods.find((pod) => !pod.isTemplate) ?? pods[0];
      if (shown !== undefined) yield* ports(service, shown);
      yield* leaves(view, service, pods);
    }
  },
});

function named(service: ServiceObject): { readonly service: string; readonly namespace: string; readonly name: string } {
  return { service: `${service.namespace}/${service.name}`, namespace: service.namespace, name: service.name };
}

function* found(view: View, service: ServiceObject, pods: readonly PodObject[]): Generator<Answer> {
  const { selector } = service;
  if (selector === null) return;
  const subject = `${service.namespace}/${service.name}`;
  const [first] = pods;
  if (first !== undefined) { yield nothing('EP-02', subject, [first.record.source]); return; }
  const endpoints = view.workloads.endpoints(service.namespace, service.name);
  if (endpoints !== null && endpoints.list.length > 0) { yield nothing('EP-02', subject, [endpoints.line]); return; }
  const text = [...selector].map(([key, value]) => `${key}=${value}`).join(',');
  if (endpoints === null && !view.workloads.podsListed(service.namespace)) { yield couldNotLook('EP-02', subject, 'neither its endpoints nor all pods of the namespace were captured', [{ host: '', command: `kubectl -n ${service.namespace} get pods,endpointslices -o yaml` }]); return; }
  const near = view.workloads.pods.filter((pod) => pod.namespace === service.namespace).map((pod) => ({ pod, hits: [...selector].filter(([key, value]) => pod.labels.get(key) === value || pod.labels.get(key) !== undefined).length })).sort((a, b) => b.hits - a.hits)[0];
  const differing = near === undefined ? undefined : [...selector].find(([key, value]) => near.pod.labels.get(key) !== value);
  yield fault(finding('EP-02', {
    host: '', about: [about.name(subject)],
    args: { ...named(service), selector: text, nearest: near === undefined || near.hits === 0 || differing === undefined ? '' : `; the nearest, ${near.pod.name}, has ${differing[0]}=${near.pod.labels.get(differing[0]) ?? 'nothing'}` },
    proofs: [proof('', service.record.lineOf(['spec', 'selector']), 'the selector'), ...(endpoints === null ? [] : [proof('', endpoints.line, 'no endpoints')]), ...(near === undefined || near.hits === 0 ? [] : [proof('', near.pod.record.lineOf(near.pod.isTemplate ? ['spec', 'template', 'metadata', 'labels'] : ['metadata', 'labels']), 'the nearest')])],
    ...(endpoints === null ? {} : near === undefined ? { lowered: [{ by: 0.15, because: 'no pods are in the evidence; the endpoints are empty for some reason' }] } : {}),
  }));
}

function* ready(view: View, service: ServiceObject, pods: readonly PodObject[]): Generator<Answer> {
  const endpoints = view.workloads.endpoints(service.namespace, service.name);
  if (endpoints === null) return;
  const good = endpoints.list.find((each) => each.ready);
  const [first] = endpoints.list;
  if (good !== undefined) { yield nothing('EP-03', `${service.namespace}/${service.name}`, [good.line]); return; }
  if (first === undefined) return;
  const pod = pods.find((each) => each.ready === false);
  yield fault(finding('EP-03', {
    host: '', about: [about.name(`${service.namespace}/${service.name}`)], args: { ...named(service), count: String(endpoints.list.length), why: pod?.why === null || pod === undefined ? '' : `: ${pod.name} says ${pod.why}` },
    proofs: [proof('', first.line, 'not ready'), proof('', service.record.source, 'the service'), ...(pod === undefined ? [] : [proof('', pod.record.lineOf(['status', 'conditions']), 'the pod\'s own word')])],
    rulesOut: [{ code: 'EP-02', what: 'A selector that finds nothing', because: `${String(endpoints.list.length)} endpoints are there`, line: first.line }],
  }));
}

function* ports(service: ServiceObject, pod: PodObject): Generator<Answer> {
  const declared = listOf(pod.spec['containers']).flatMap((container) => listOf(container['ports']));
  for (const port of service.ports) {
    if (port.targetPort === null) continue;
    const byNumber = /^\d+$/.test(port.targetPort);
    const hit = declared.some((each) => (byNumber ? textOf(each['containerPort']) === port.targetPort : textOf(each['name']) === port.targetPort));
    const subject = `${service.namespace}/${service.name}:${port.targetPort}`;
    if (hit) { yield nothing('EP-01', subject, [port.line]); continue; }
    // The list of ports is for information only: a number that is missing from an empty list proves nothing.
    if (byNumber && declared.length === 0) continue;
    yield fault(finding('EP-01', {
      host: '', about: [about.name(`${service.namespace}/${service.name}`)],
      args: { ...named(service), port: byNumber ? port.targetPort : `"${port.targetPort}"`, pod: pod.name, ports: declared.length === 0 ? 'no named port' : `only ${declared.map((each) => `${textOf(each['name']) ?? ''} ${textOf(each['containerPort']) ?? ''}`.trim()).join(', ')}` },
      proofs: [proof('', port.line, 'where the service sends to'), proof('', pod.record.lineOf([...pod.path, 'containers']), 'what the pod has')],
      ...(byNumber ? { severity: 'warning' as const, lowered: [{ by: 0.25, because: 'a container may listen on ports that it does not declare' }], settle: [{ host: pod.name, command: `kubectl -n ${pod.namespace} exec ${pod.name} -- ss -ltn` }] } : {}),
    }));
  }
}

function* listens(view: View, service: ServiceObject, pod: PodObject): Generator<Answer> {
  if (pod.isTemplate || !view.sockets.hosts.includes(pod.name)) return;
  for (const port of service.ports) {
    const number = Number(port.targetPort);
    const rows = view.sockets.listeners(pod.name).filter((socket) => socket.local.port === number);
    const [first] = rows;
    if (first === undefined) continue;
    const open = rows.find((socket) => socket.local.address === null || !/^(?:127\.|::1$)/.test(socket.local.address));
    if (open !== undefined) { yield nothing('EP-06', `${pod.name}:${String(number)}`, [open.source]); continue; }
    yield fault(finding('EP-06', {
      host: pod.name, about: [about.host(pod.name), about.name(`${service.namespace}/${service.name}`)], args: { pod: pod.name, namespace: pod.namespace, port: String(number), address: first.local.address ?? '127.0.0.1', service: `${service.namespace}/${service.name}` },
      proofs: [proof(hostName(pod.name), first.source, 'loopback only'), proof('', port.line, 'where the service sends to')],
      rulesOut: [{ code: 'EP-01', what: 'Another port', because: 'it is this one', line: first.source }],
    }));
  }
}

/** Failed requests next to the start of a pod. Log lines without a year are compared by day and time alone. */
function* leaves(view: View, service: ServiceObject, pods: readonly PodObject[]): Generator<Answer> {
  const failed = view.haproxy.sessions.filter(({ record }) => /^S[HC]/.test(record.termination) && (record.backend.includes(`${service.namespace}:${service.name}`) || record.backend.includes(`${service.namespace}/${service.name}`)));
  const [first] = failed;
  if (first === undefined) return;
  const subject = `${service.namespace}/${service.name}`;
  const near = (ms: number, absolute: boolean, start: number): boolean => { const at = new Date(start); if (!absolute) at.setUTCFullYear(2000); return Math.abs(at.getTime() - ms) <= 120_000; };
  const fresh = pods.find((pod) => pod.startedAt !== null && failed.some(({ record }) => record.at !== null && near(record.at.ms, record.at.absolute, pod.startedAt ?? 0)));
  const waits = pods.find((pod) => listOf(pod.spec['containers']).some((container) => container['lifecycle'] !== undefined));
  if (fresh === undefined || waits !== undefined) { yield nothing('EP-07', subject, [first.record.source]); return; }
  const during = failed.filter(({ record }) => record.at !== null && near(record.at.ms, record.at.absolute, fresh.startedAt ?? 0));
  const [line] = during;
  if (line === undefined) return;
  yield fault(finding('EP-07', {
    host: line.host, about: [about.host(line.host), about.name(subject)], args: { count: String(during.length), service: subject, termination: line.record.termination, pod: fresh.name, workload: pods.find((pod) => pod.isTemplate)?.name ?? service.name },
    proofs: [proof(line.host, line.record.source, 'a failed request'), proof('', fresh.record.source, 'a pod that had just started'), proof('', fresh.record.lineOf([...fresh.path, 'containers']), 'no preStop')],
    lowered: [{ by: 0.2, because: 'that an old pod ended at that moment is taken from the start of the new one' }],
  }));
}
