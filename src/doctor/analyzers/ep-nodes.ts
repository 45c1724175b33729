import { unknown } from '../evidence.ts';
import { finding } from '../findings/finding.ts';
import type { Facets } from '../model/facets.ts';
import { hostName } from '../model/record-index.ts';
import { listOf } from '../model/workloads.ts';
import type { ServiceObject } from '../model/workloads.ts';
import type { KubeObject } from '../model/objects.ts';
import { isObject, textOf } from '../parsers/read-lines.ts';
import { about, analyzer, fault, nothing, proof, unsettled } from './analyzer.ts';
import type { Answer } from './analyzer.ts';

type View = Pick<Facets, 'workloads' | 'objects' | 'vips' | 'holders'>;

/** EP-04, EP-08, EP-09: where endpoints are, and what they are. */
export const epNodes = analyzer({
  name: 'ep-nodes',
  asks: 'Are endpoints where traffic arrives, and real?',
  codes: ['EP-04', 'EP-08', 'EP-09'],
  reads: ['workloads', 'objects', 'vips', 'holders'],
  *analyze(view): Generator<Answer> {
    for (const service of view.workloads.services) yield* local(view, service);
    yield* strange(view);
    yield* lost(view);
  },
});

function specOf(record: KubeObject): Readonly<Record<string, unknown>> {
  return isObject(record.object['spec']) ? record.object['spec'] : {};
}

function* local(view: View, service: ServiceObject): Generator<Answer> {
  if (specOf(service.record)['externalTrafficPolicy'] !== 'Local') return;
  const endpoints = view.workloads.endpoints(service.namespace, service.name);
  const addresses = view.vips.all.filter((vip) => vip.source === 'service' && vip.line.file === service.record.source.file && vip.line.line >= service.record.source.line).map((vip) => vip.address);
  const subject = `${service.namespace}/${service.name}`;
  for (const token of new Set(addresses)) {
    for (const held of view.holders.of(token).filter((each) => each.place === 'wire')) {
      if (endpoints === null) { yield unsettled('EP-04', subject, unknown('its endpoints were not captured', [{ host: '', command: `kubectl -n ${service.namespace} get endpointslices -l kubernetes.io/service-name=${service.name} -o yaml` }])); continue; }
      const here = endpoints.list.find((each) => each.ready && each.node !== null && (each.node === held.host || each.node.split('.')[0] === held.host));
      if (here !== undefined) { yield nothing('EP-04', subject, [here.line]); continue; }
      yield fault(finding('EP-04', {
        host: held.host, about: [about.host(held.host), about.address(token), about.name(subject)], args: { service: subject, namespace: service.namespace, name: service.name, node: hostName(held.host), address: token },
        proofs: [proof('', service.record.lineOf(['spec', 'externalTrafficPolicy']), 'own pods only'), proof(held.host, held.line, 'traffic arrives here'), proof('', endpoints.list[0]?.line ?? endpoints.line, 'the endpoints are elsewhere')],
      }));
    }
  }
}

function* strange(view: View): Generator<Answer> {
  for (const { record, service, endpoints } of view.workloads.slices) {
    const type = textOf(record.object['addressType']);
    const odd = endpoints.find((each) => each.type === 'FQDN' || /^(?:127\.|169\.254\.|::1$|fe[89ab])/i.test(each.address));
    const subject = `${record.namespace}/${service}`;
    if (odd === undefined && type !== 'FQDN') { yield nothing('EP-08', subject, [record.source]); continue; }
    yield fault(finding('EP-08', {
      host: '', about: [about.name(subject)],
      args: { service: subject, namespace: record.namespace, slice: record.name, address: odd?.address ?? 'a host name', why: type === 'FQDN' ? 'a host name, which the router would resolve and follow' : odd?.address.startsWith('169.254.') === true ? 'a link-local address, where clouds keep credentials' : 'an address of the router\'s own host' },
      proofs: [proof('', odd?.line ?? record.lineOf(['addressType']), 'where it leads'), proof('', record.source, 'the slice')],
    }));
  }
}

function* lost(view: View): Generator<Answer> {
  for (const node of view.objects.ofKind('Node')) {
    const status = isObject(node.object['status']) ? node.object['status'] : {};
    const conditions = listOf(status['conditions']);
    const condition = conditions.find((each) => each['type'] === 'Ready');
    if (condition === undefined) continue;
    const up = condition['status'] === 'True' || condition['status'] === true;
    const stale = view.workloads.slices.flatMap((slice) => slice.endpoints.filter((each) => each.node === node.name && each.ready).map((each) => ({ each, service: `${slice.record.namespace}/${slice.service}` })));
    const [first] = stale;
    if (up || first === undefined) { yield nothing('EP-09', node.name, [node.source]); continue; }
    yield fault(finding('EP-09', {
      host: '', about: [about.host(node.name), ...new Set(stale.map((each) => about.name(each.service)))],
      args: { node: node.name, why: textOf(condition['reason']) ?? textOf(condition['message']) ?? 'no reason given', count: String(stale.length), service: [...new Set(stale.map((each) => each.service))].join(', ') },
      proofs: [proof('', node.lineOf(['status', 'conditions', conditions.indexOf(condition)]), 'not ready'), proof('', first.each.line, 'still offered')],
    }));
  }
}
