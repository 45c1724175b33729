import { address } from '../address.ts';
import { finding } from '../findings/finding.ts';
import type { Proof } from '../findings/finding.ts';
import type { Facets } from '../model/facets.ts';
import { otherListeners, routerPorts } from '../model/router-ports.ts';
import type { Socket } from '../model/sockets.ts';
import { hostName } from '../model/record-index.ts';
import { about, analyzer, couldNotLook, fault, nothing, proof } from './analyzer.ts';
import type { Answer } from './analyzer.ts';
import { hostPorts } from '../model/workloads.ts';

type View = Pick<Facets, 'sockets' | 'haproxy' | 'holders' | 'probes' | 'vips' | 'workloads' | 'firewalls' | 'edges'>;

/** TC-08, TC-09: nobody, or somebody else, where connections arrive. */
export const tcListeners = analyzer({
  name: 'tc-listeners',
  asks: 'Does the right program listen where connections arrive?',
  codes: ['TC-08', 'TC-09'],
  reads: ['sockets', 'haproxy', 'holders', 'probes', 'vips', 'workloads', 'firewalls', 'edges'],
  *analyze(view): Generator<Answer> {
    yield* failures(view);
    yield* elsewhere(view);
    for (const port of routerPorts(view.haproxy)) yield* wrong(view, port);
    yield* foreign(view);
  },
});

function shownEnd(socket: Socket): string {
  return `${socket.local.address ?? '*'}:${String(socket.local.port ?? 0)}`;
}

function* failures(view: View): Generator<Answer> {
  const told = new Set<string>();
  for (const { host, record } of view.sockets.bindFailures) {
    const key = `${host}\0${String(record.port)}\0${record.reason}`;
    if (told.has(key) || record.reason === 'not-allowed') continue;
    told.add(key);
    if (record.reason === 'no-host-port') { yield* scheduler(view, host, proof(host, record.source, 'the scheduler says so')); continue; }
    const port = String(record.port ?? 0);
    const place = `${record.address ?? '*'}:${port}`;
    const program = record.program ?? 'the program';
    if (record.reason === 'not-here') {
      yield fault(finding('TC-08', {
        host, about: [about.host(host), ...(record.address === null ? [] : [about.address(record.address)])],
        args: { what: `${program} cannot listen on ${place} of ${hostName(host)}`, port, why: 'the host does not have that address', cure: 'Let programs bind to an address that comes later (a virtual address): sysctl -w net.ipv4.ip_nonlocal_bind=1; or correct the address.' },
        proofs: [proof(host, record.source, 'it says so')], rulesOut: [{ code: null, what: 'Another program on the port', because: 'the address is what is refused', line: record.source }],
      }));
      continue;
    }
    const owner = view.sockets.listeners(host).find((socket) => socket.protocol === 'tcp' && socket.local.port === record.port && (record.address === null || socket.local.address === null || socket.local.address === record.address));
    // An earlier failure says nothing where the program has the port by now.
    if (owner?.process !== null && owner?.process !== undefined && owner.process === record.program) { yield nothing('TC-08', `${place} on ${hostName(host)}`, [owner.source]); continue; }
    yield fault(finding('TC-08', {
      host, about: [about.host(host), ...(record.address === null ? [] : [about.address(record.address)])],
      args: { what: `${program} cannot listen on ${place} of ${hostName(host)}`, port, why: owner === undefined ? 'another program has the port' : `${owner.process ?? 'another program'} has ${shownEnd(owner)}`, cure: 'Stop the one that should not have the port, or give one of them another port or an address of its own.' },
      proofs: [proof(host, record.source, 'it could not'), ...(owner === undefined ? [] : [proof(host, owner.source, 'who has it')])],
      ...(owner === undefined ? { lowered: [{ by: 0.1, because: 'who has the port was not captured' }], settle: [{ host, command: `ss -ltnp sport = :${port}` }] } : {}),
    }));
  }
}

/** The pods that have a host port which the pod that cannot be scheduled asks for. */
function* scheduler(view: View, host: string, said: Proof): Generator<Answer> {
  const pods = view.workloads.pods.filter((pod) => hostPorts(pod).length > 0);
  const waiting = pods.find((pod) => !pod.isTemplate && pod.node === null);
  const wanted = waiting === undefined ? [] : hostPorts(waiting).map((each) => each.port);
  const taken = pods.flatMap((pod) => (pod === waiting || pod.node === null ? [] : hostPorts(pod).filter((each) => wanted.length === 0 || wanted.includes(each.port)).map((each) => ({ pod, ...each }))));
  const [first] = taken;
  const port = String(wanted[0] ?? first?.port ?? 0);
  yield fault(finding('TC-08', {
    host, about: [about.host(host), ...(waiting === undefined ? [] : [about.name(`${waiting.namespace}/${waiting.name}`)])],
    args: { what: waiting === undefined ? 'A pod cannot have its host port on any node' : `Pod ${waiting.namespace}/${waiting.name} cannot have host port ${port} on any node`, port, why: first === undefined ? 'the scheduler found no node where it is free' : [...new Set(taken.map((each) => `${each.pod.namespace}/${each.pod.name} has it on ${each.pod.node ?? ''}`))].slice(0, 4).join(', '), cure: 'One router for each node: use as many replicas as nodes at most, a rollout that stops the old one first (maxSurge 0), or other host ports for the second one.' },
    proofs: [said, ...taken.slice(0, 3).map((each) => proof(each.pod.node ?? '', each.line, 'it is taken'))],
    ...(first === undefined ? { lowered: [{ by: 0.1, because: 'the pods that have it were not captured' }], settle: [{ host: '', command: 'kubectl get pods -A -o yaml' }] } : {}),
  }));
}

/** The port is listened on, at another address than the one that somebody connects to. */
function* elsewhere(view: View): Generator<Answer> {
  const wanted: { readonly to: string; readonly port: number; readonly by: readonly Proof[]; readonly names: readonly string[] }[] = [];
  for (const { host, record } of view.haproxy.sections.filter((each) => each.record.section === 'backend' || each.record.section === 'listen')) {
    for (const server of record.statements.filter((each) => each.keyword === 'server')) {
      const found = /^(\[[0-9a-f:]+\]|[\d.]+):(\d+)$/i.exec(server.args[1] ?? '');
      const to = address(found?.[1] ?? '');
      if (to !== null) wanted.push({ to, port: Number(found?.[2]), by: [proof(host, server.source, 'where the router connects to')], names: [`${record.name}/${server.args[0] ?? ''}`, record.name] });
    }
  }
  for (const { host, record } of view.probes.allConnects) if (record.outcome === 'refused') wanted.push({ to: record.target, port: record.port, by: [proof(host, record.source, 'refused')], names: [] });
  const told = new Set<string>();
  for (const { to, port, by, names } of wanted) {
    const holding = view.holders.of(to).find((each) => each.place === 'wire');
    // Virtual addresses and real servers of LVS have findings of their own, and so have pods.
    if (holding === undefined || told.has(`${to} ${String(port)}`) || view.vips.of(to).some((vip) => vip.source !== 'probed') || view.workloads.pods.some((pod) => pod.name === holding.host)) continue;
    const socket = view.sockets.listening(holding.host, to, port);
    const subject = `${to}:${String(port)} on ${hostName(holding.host)}`;
    if (socket.state === 'known') { yield nothing('TC-08', subject, socket.lines); continue; }
    const others = view.sockets.listeners(holding.host).filter((each) => each.protocol === 'tcp' && each.local.port === port);
    const [other] = others;
    if (socket.state === 'unknown') { if (by[0]?.shows === 'refused') yield couldNotLook('TC-08', subject, socket.because, socket.settle); continue; }
    if (other === undefined) continue;
    told.add(`${to} ${String(port)}`);
    yield fault(finding('TC-08', {
      host: holding.host, about: [about.host(holding.host), about.address(to), ...names.map((name) => about.name(name))],
      args: { what: `Nobody listens on ${to}:${String(port)} of ${hostName(holding.host)}`, port: String(port), why: `${other.process ?? 'the program'} listens on ${others.map(shownEnd).join(', ')} only`, cure: `Let ${other.process ?? 'the program'} listen on ${to}.` },
      proofs: [proof(holding.host, other.source, 'another address'), ...by, proof(holding.host, holding.line, 'it has the address')],
      rulesOut: [{ code: 'FW-07', what: 'A packet filter that rejects', because: 'no listener could take the connection', line: other.source }],
    }));
  }
}

function* wrong(view: View, port: ReturnType<typeof routerPorts>[number]): Generator<Answer> {
  const { host } = port;
  const subject = `port ${String(port.port)} of ${hostName(host)}`;
  const others = otherListeners(view.sockets, port);
  const place = `${port.address ?? '*'}:${String(port.port)}`;
  const base = { host, about: [about.host(host), ...(port.address === null ? [] : [about.address(port.address)]), ...view.holders.onHost(host).filter((each) => each.place === 'wire').map((each) => about.address(each.held.address))] };
  const [other] = others.foreign;
  if (other !== undefined) {
    yield fault(finding('TC-09', {
      ...base, args: { place, host: hostName(host), port: String(port.port), found: other.process ?? 'another program', expected: 'HAProxy', how: 'the configuration of HAProxy binds to it, and the listener there is not HAProxy' },
      proofs: [proof(host, port.line, 'what should listen'), proof(host, other.source, 'what listens')], lowered: [{ by: 0.1, because: 'the configuration may be one that is not running' }],
    }));
    return;
  }
  const filter = view.firewalls.of(host);
  const rules = filter.state !== 'known' ? [] : filter.value.tables.filter((table) => table.name === 'nat').flatMap((table) => [...table.chains.values()].flatMap((chain) => chain.rules));
  const [own] = others.own;
  const here = new Set(view.holders.onHost(host).map((each) => each.held.address));
  // Before routing, and so before any listener. Rules for one sender or one interface, for other addresses, and those that lead back here take nothing away.
  const taking = own === undefined ? undefined : rules.find(({ source: { text } }) => {
    const target = /-j (?:DNAT|REDIRECT)\b.*--to-(?:destination|ports) (\S+)/.exec(text)?.[1];
    const only = /(?<!! )-d (\S+?)(?:\/32)? /.exec(text)?.[1];
    return target !== undefined && text.includes(` --dport ${String(port.port)} `) && !/(?<!!) -[sio] |-A OUTPUT/.test(text) && (only === undefined || here.has(only)) && target !== String(port.port) && !here.has(target.replace(/:\d+$/, ''));
  });
  if (taking !== undefined) {
    const target = /--to-(?:destination|ports) (\S+)/.exec(taking.source.text)?.[1] ?? 'another place';
    yield fault(finding('TC-09', {
      ...base, args: { place, host: hostName(host), port: String(port.port), found: target, expected: 'HAProxy', how: `a translation rule takes connections to that port before any listener sees them${taking.counter === null ? '' : ` (${String(taking.counter.packets)} packets so far)`}` },
      proofs: [proof(host, taking.source, 'before every listener'), proof(host, port.line, 'what should answer'), ...(own === undefined ? [] : [proof(host, own.source, 'it listens, in vain')])],
      lowered: [{ by: taking.counter !== null && taking.counter.packets > 0 ? 0.05 : 0.15, because: 'whether the chain of the rule is reached by all connections is not worked out here' }],
    }));
    return;
  }
  if (own !== undefined) yield nothing('TC-09', subject, [own.source]);
}

/** Certificates that one product only makes for itself. */
const makers: readonly (readonly [RegExp, string])[] = [
  [/Kubernetes Ingress Controller Fake Certificate/, 'ingress-nginx'], [/TRAEFIK DEFAULT CERT/, 'Traefik'], [/CN ?= ?kube-?apiserver\b|CN ?= ?kubernetes\b/, 'the API server of Kubernetes'], [/CN ?= ?kubernetes-dashboard\b/, 'the dashboard of Kubernetes'],
  [/CN ?= ?[\w.-]+@\d{10}\b(?!.*ingress-operator)/, 'a kubelet or another component with a certificate of its own'],
];

function* foreign(view: View): Generator<Answer> {
  const ports = routerPorts(view.haproxy);
  for (const { host, record } of view.edges.tlsSessions) {
    const found = /^(\[[0-9a-f:]+\]|[\d.*]+):(\d+)$/i.exec(record.target ?? '');
    const to = address(found?.[1] ?? '');
    const subject = record.subject;
    if (to === null || subject === null) continue;
    const holder = view.holders.of(to).find((each) => each.place === 'wire' && ports.some((port) => port.host === each.host && port.port === Number(found?.[2])));
    const bound = ports.find((port) => port.host === holder?.host && port.port === Number(found?.[2]) && (port.address === null || port.address === to));
    if (holder === undefined || bound === undefined) continue;
    const maker = makers.find(([pattern]) => pattern.test(subject.value));
    const place = `${to}:${found?.[2] ?? ''}`;
    if (maker === undefined) { yield nothing('TC-09', place, [subject.source]); continue; }
    yield fault(finding('TC-09', {
      host: holder.host, about: [about.host(holder.host), about.address(to)],
      args: { place, host: hostName(holder.host), port: found?.[2] ?? '', found: maker[1], expected: 'HAProxy', how: `the certificate is "${subject.value}", which only that program makes` },
      proofs: [proof(host, subject.source, 'who answers'), proof(holder.host, bound.line, 'who should'), proof(holder.host, holder.line, 'it has the address')],
      lowered: [{ by: 0.1, because: 'somebody may have loaded that certificate into the router' }],
    }));
    return;
  }
}
