import { address, contains, prefix } from '../address.ts';
import type { Known } from '../evidence.ts';
import { absent, known, unknown } from '../evidence.ts';
import { finding } from '../findings/finding.ts';
import type { Facets } from '../model/facets.ts';
import type { KubeObject } from '../model/objects.ts';
import { labelMap, listOf, matches } from '../model/workloads.ts';
import type { PodObject, ServiceObject } from '../model/workloads.ts';
import { isObject, textOf } from '../parsers/read-lines.ts';
import { about, analyzer, fault, nothing, proof, unsettled } from './analyzer.ts';
import type { Answer } from './analyzer.ts';

type View = Pick<Facets, 'workloads' | 'objects'>;

/** EP-05: may the router reach the pods of the services it routes to? */
export const epPolicies = analyzer({
  name: 'ep-policies',
  asks: 'Do network policies let the router in, to the ports it needs?',
  codes: ['EP-05'],
  reads: ['workloads', 'objects'],
  *analyze(view): Generator<Answer> {
    for (const service of view.workloads.services) if (service.routedBy.length > 0) yield* policies(view, service);
  },
});

function specOf(record: KubeObject): Readonly<Record<string, unknown>> {
  return isObject(record.object['spec']) ? record.object['spec'] : {};
}

const routerNamespaces = /^(?:openshift-ingress|ingress-nginx|ingress|haproxy-controller|haproxy-ingress|fairway(?:-system)?|traefik|istio-ingress)$/;

function routerOf(view: View): PodObject | null {
  return view.workloads.pods.find((pod) => routerNamespaces.test(pod.namespace) && /router|ingress|controller|fairway|traefik|haproxy/.test(pod.name)) ?? null;
}

function* policies(view: View, service: ServiceObject): Generator<Answer> {
  const { selector } = service;
  const router = routerOf(view);
  if (selector === null) return;
  const pod = view.workloads.pods.find((each) => each.namespace === service.namespace && matches(selector, each.labels));
  if (pod === undefined) return;
  const mine = view.objects.ofKind('NetworkPolicy').filter((policy) => policy.namespace === service.namespace && isIngress(policy) && selects(specOf(policy)['podSelector'], pod.labels) === true);
  const [first] = mine;
  if (first === undefined) return;
  const subject = `${service.namespace}/${service.name}`;
  if (router === null) { yield unsettled('EP-05', subject, unknown('the router\'s pods are not in the evidence', [{ host: '', command: 'kubectl get pods -A -o yaml -l app.kubernetes.io/component=controller   # or the namespace of the router' }])); return; }
  const wanted = service.ports.flatMap((port) => portOf(pod, port.targetPort) ?? []);
  const answers = mine.map((policy) => allows(view, policy, router, pod, wanted));
  // A rule that lets the router in, for other ports only.
  const near = mine.flatMap((policy) => otherPorts(view, policy, router, pod, wanted))[0];
  const allowed = answers.find((answer) => answer.state === 'known');
  if (allowed !== undefined) { yield nothing('EP-05', subject, allowed.lines); return; }
  const open = answers.filter((answer) => answer.state === 'unknown');
  if (open.length > 0) { yield unsettled('EP-05', subject, ...open); return; }
  yield fault(finding('EP-05', {
    host: '', about: [about.name(subject)],
    args: { policy: `${first.namespace}/${first.name}`, policyName: first.name, service: subject, namespace: service.namespace, router: `${router.namespace}/${router.name}`, routerNamespace: router.namespace, routerName: router.name, where: near === undefined ? '' : ` on port ${wanted.join(' or ')} (only on ${near.ports})` },
    proofs: [proof('', first.lineOf(['spec', 'podSelector']), 'it selects the pods'), proof('', first.lineOf(['spec', 'ingress']), 'what it allows'), ...(near === undefined ? [] : [proof('', near.line, 'it lets the router in, to other ports')]), proof('', router.record.source, 'the router'), ...service.routedBy.slice(0, 1).map((line) => proof('', line, 'a route leads there'))],
    rulesOut: mine.length > 1 ? [{ code: null, what: 'Another policy that allows it', because: `all ${String(mine.length)} policies were looked at`, line: mine[1]?.source ?? null }] : [],
  }));
}

function isIngress(policy: KubeObject): boolean {
  const types = specOf(policy)['policyTypes'];
  return !Array.isArray(types) || types.includes('Ingress');
}

/** Null: a matchExpressions form that is not evaluated here. */
function selects(value: unknown, labels: ReadonlyMap<string, string>): boolean | null {
  if (!isObject(value)) return null;
  for (const each of listOf(value['matchExpressions'])) {
    const key = textOf(each['key']) ?? '';
    const values = Array.isArray(each['values']) ? each['values'].map((one: unknown) => textOf(one)) : [];
    const own = labels.get(key);
    const holds = each['operator'] === 'In' ? own !== undefined && values.includes(own) : each['operator'] === 'NotIn' ? own === undefined || !values.includes(own) : each['operator'] === 'Exists' ? own !== undefined : each['operator'] === 'DoesNotExist' ? own === undefined : null;
    if (holds === null) return null;
    if (!holds) return false;
  }
  const plain = labelMap(value['matchLabels']);
  return [...plain].every(([key, wanted]) => labels.get(key) === wanted);
}

/** The number behind a target port: itself, or the container port of that name. */
function portOf(pod: PodObject, target: string | null): number | null {
  if (target === null) return null;
  if (/^\d+$/.test(target)) return Number(target);
  const declared = listOf(pod.spec['containers']).flatMap((container) => listOf(container['ports'])).find((each) => each['name'] === target);
  const number = Number(textOf(declared?.['containerPort']) ?? NaN);
  return Number.isNaN(number) ? null : number;
}

/** Whether a rule's list of ports has one of those the service leads to. Null: a name of the policy that the pod does not declare. */
function portFits(rule: Readonly<Record<string, unknown>>, pod: PodObject, wanted: readonly number[]): boolean | null {
  const ports = listOf(rule['ports']);
  if (ports.length === 0 || wanted.length === 0) return true;
  let open = false;
  for (const each of ports) {
    if (each['protocol'] !== undefined && each['protocol'] !== 'TCP') continue;
    const named = textOf(each['port']);
    if (named === null) return true;
    const low = portOf(pod, named);
    const high = Number(textOf(each['endPort']) ?? low ?? NaN);
    if (low === null) open = true;
    else if (wanted.some((port) => port >= low && port <= high)) return true;
  }
  return open ? null : false;
}

function otherPorts(view: View, policy: KubeObject, router: PodObject, pod: PodObject, wanted: readonly number[]): { readonly line: KubeObject['source']; readonly ports: string }[] {
  return listOf(specOf(policy)['ingress']).flatMap((rule, at) => {
    if (portFits(rule, pod, wanted) !== false) return [];
    const { ports: _, ...peers } = rule;
    const only = { ...policy, object: { ...policy.object, spec: { ...specOf(policy), ingress: [peers] } } };
    return allows(view, only, router, pod, wanted).state !== 'known' ? [] : [{ line: policy.lineOf(['spec', 'ingress', at, 'ports']), ports: listOf(rule['ports']).map((each) => textOf(each['port']) ?? textOf(each['protocol']) ?? '?').join(', ') }];
  });
}

/** Whether one policy lets the router's pod in, to a port that the service leads to. */
function allows(view: View, policy: KubeObject, router: PodObject, pod: PodObject, wanted: readonly number[]): Known<true> {
  const rules = listOf(specOf(policy)['ingress']);
  const settle = [{ host: '', command: `kubectl get namespace ${router.namespace} -o yaml` }];
  let open: Known<true> | null = null;
  for (const [at, rule] of rules.entries()) {
    const line = policy.lineOf(['spec', 'ingress', at]);
    const peers = listOf(rule['from']);
    const fits = portFits(rule, pod, wanted);
    if (fits === false) continue;
    if (fits === null) { open = unknown(`which port ${policy.namespace}/${policy.name} means is not declared by ${pod.name}`, [{ host: '', command: `kubectl -n ${pod.namespace} get pod ${pod.name} -o yaml` }]); continue; }
    if (rule['from'] === undefined || peers.length === 0) return known(true, [line]);
    for (const peer of peers) {
      if (isObject(peer['ipBlock'])) {
        const net = prefix(textOf(peer['ipBlock']['cidr']) ?? '');
        const ip = address(textOf(isObject(router.record.object['status']) ? router.record.object['status']['podIP'] : null) ?? '');
        if (net !== null && (net.length === 0 || (ip !== null && contains(net, ip) === true))) return known(true, [line]);
        if (ip === null) open = unknown('the router\'s address was not captured', [{ host: '', command: `kubectl -n ${router.namespace} get pods -o wide` }]);
        continue;
      }
      const inNamespace = peer['namespaceSelector'] === undefined ? router.namespace === policy.namespace : namespaceFits(view, peer['namespaceSelector'], router.namespace);
      const inPods = peer['podSelector'] === undefined ? true : selects(peer['podSelector'], router.labels);
      if (inNamespace === true && inPods === true) return known(true, [line]);
      if (inNamespace !== false && inPods !== false) open = unknown(`the labels of namespace ${router.namespace} were not captured`, settle);
    }
  }
  // A router in the host's network comes with the node's address, which selectors never match; many networks let nodes in regardless.
  if (open === null && router.spec['hostNetwork'] === true) return unknown('the router uses the host\'s network: whether the network lets nodes in is not in the evidence', [{ host: '', command: `kubectl -n ${router.namespace} get pods -o wide` }]);
  return open ?? absent([policy.source]);
}

function namespaceFits(view: View, selector: unknown, namespace: string): boolean | null {
  const object = view.objects.get('Namespace', '', namespace);
  const labels = object === null ? null : labelMap(isObject(object.object['metadata']) ? object.object['metadata']['labels'] : undefined);
  // Every namespace has its name as a label (since 1.21); other labels must be seen.
  const own = new Map([['kubernetes.io/metadata.name', namespace], ...(labels ?? [])]);
  const fits = selects(selector, own);
  if (fits === true || labels !== null) return fits;
  const keys = isObject(selector) ? [...labelMap(selector['matchLabels']).keys(), ...listOf(selector['matchExpressions']).map((each) => textOf(each['key']) ?? '')] : [];
  return keys.every((key) => key === 'kubernetes.io/metadata.name') ? fits : null;
}
