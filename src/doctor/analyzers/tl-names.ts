import { finding } from '../findings/finding.ts';
import type { Facets } from '../model/facets.ts';
import { hostName } from '../model/record-index.ts';
import { isObject, textOf } from '../parsers/read-lines.ts';
import { about, analyzer, fault, nothing, proof } from './analyzer.ts';
import type { Answer } from './analyzer.ts';
import { aboutSession, targetOf } from './tl-protocol.ts';

type View = Pick<Facets, 'edges' | 'haproxy' | 'objects'>;
type Session = Facets['edges']['tlsSessions'][number];

/** TL-02, TL-10, TL-12: which name was sent, and which certificate and server it led to. */
export const tlNames = analyzer({
  name: 'tl-names',
  asks: 'Does the name in the hello lead to its own certificate and server?',
  codes: ['TL-02', 'TL-10', 'TL-12'],
  reads: ['edges', 'haproxy', 'objects'],
  *analyze(view): Generator<Answer> {
    for (const session of view.edges.tlsSessions) yield* byDefault(view, session);
    yield* coalesced(view);
    yield* nameless(view);
  },
});

/** Certificates that controllers make for themselves. */
const wellKnown = /Kubernetes Ingress Controller Fake Certificate|TRAEFIK DEFAULT CERT|Fairway default|ingress-operator@\d+|CN ?= ?(?:localhost|default)\b/i;

function commonName(subject: string): string | null {
  return /CN ?= ?([^,/]+)/.exec(subject)?.[1]?.trim() ?? null;
}

function covers(pattern: string | null, name: string): boolean {
  if (pattern === null) return false;
  return pattern === name || (pattern.startsWith('*.') && name.includes('.') && name.slice(name.indexOf('.') + 1) === pattern.slice(2));
}

function* byDefault(view: View, session: Session): Generator<Answer> {
  const { subject, serial, serverName, target } = session.record;
  if (subject === null) return;
  const nameless = view.edges.tlsSessions.find((other) => other !== session && other.record.serverName === null && other.record.target !== null && other.record.target === target && other.record.subject?.value === subject.value && (serial === null || other.record.serial?.value === serial.value));
  const known = wellKnown.test(subject.value);
  const same = serverName !== null && nameless !== undefined && !covers(commonName(subject.value), serverName);
  if (!known && !same) { if (serverName !== null) yield nothing('TL-02', targetOf(session), [subject.source]); return; }
  // A check without a name gets the default certificate, as it should: only somebody who asked for a name is wronged.
  if (serverName === null) return;
  const route = view.objects.all.find(({ record }) => (record.objectKind === 'Route' && specOf(record.object, 'host') === serverName) || (record.objectKind === 'Ingress' && JSON.stringify(record.object['spec'] ?? {}).includes(`"${serverName}"`)));
  const refused = route === undefined ? null : refusal(route.record.object);
  const anyRoute = view.objects.all.some(({ record }) => ['Route', 'Ingress'].includes(record.objectKind));
  const why = refused !== null ? `its Route is not admitted (${refused})`
    : route !== undefined ? `${route.record.objectKind} ${route.record.namespace}/${route.record.name} has the name, so its certificate is missing or unreadable`
      : anyRoute ? 'no captured Route or Ingress has that name' : 'no certificate for that name is loaded';
  yield fault(finding('TL-02', {
    host: session.host, about: aboutSession(session), args: { target: target ?? serverName, name: serverName, subject: subject.value, why },
    proofs: [proof(session.host, subject.source, known ? 'the certificate of the controller itself' : 'served for this name'), ...(same && nameless.record.subject !== null ? [proof(nameless.host, nameless.record.subject.source, 'served without a name as well')] : []), ...(route === undefined ? [] : [proof(route.host, route.record.source, 'the object with the name')])],
    ...(known ? {} : { lowered: [{ by: 0.15, because: 'the alternative names of the certificate were not captured' }] }),
    ...(anyRoute ? {} : { settle: [{ host: '', command: 'kubectl get ingress,route -A -o yaml' }] }),
  }));
}

function specOf(object: Readonly<Record<string, unknown>>, field: string): string | null {
  return isObject(object['spec']) ? textOf(object['spec'][field]) : null;
}

/** `HostAlreadyClaimed` of a Route whose Admitted condition is False on some router. */
function refusal(object: Readonly<Record<string, unknown>>): string | null {
  const status = isObject(object['status']) && Array.isArray(object['status']['ingress']) ? object['status']['ingress'] : [];
  for (const router of status) {
    const conditions: unknown[] = isObject(router) && Array.isArray(router['conditions']) ? router['conditions'] : [];
    for (const condition of conditions) if (isObject(condition) && condition['type'] === 'Admitted' && condition['status'] === 'False') return textOf(condition['reason']) ?? 'no reason given';
  }
  return null;
}

/** `use_backend be if { req.ssl_sni -i a.example.com }`: the server is chosen by the name in the hello. */
function* coalesced(view: View): Generator<Answer> {
  const speaks = view.edges.tlsSessions.filter(({ record }) => record.alpn?.value === 'h2' && record.serverName !== null && record.serial !== null && record.target !== null);
  const choices = view.haproxy.sections.flatMap(({ host, record }) => record.statements.flatMap((statement) => {
    const at = statement.args.findIndex((word) => /^(?:req\.ssl_sni|req_ssl_sni)/.test(word));
    return statement.keyword === 'use_backend' && at > 0 ? [{ host, backend: statement.args[0] ?? '', names: statement.args.slice(at + 1).filter((word) => word.includes('.')), line: statement.source }] : [];
  }));
  const backendOf = (name: string): (typeof choices)[number] | undefined => choices.find((choice) => choice.names.includes(name));
  for (const [at, one] of speaks.entries()) {
    for (const two of speaks.slice(at + 1)) {
      const [a, b] = [one.record, two.record];
      if (a.target !== b.target || a.serverName === b.serverName || a.serial?.value !== b.serial?.value) continue;
      const [to, toOther] = [backendOf(a.serverName ?? ''), backendOf(b.serverName ?? '')];
      if (to === undefined || toOther === undefined || a.serial === null || b.serial === null || a.alpn === null) continue;
      if (to.backend === toOther.backend) { yield nothing('TL-10', `${a.serverName ?? ''} and ${b.serverName ?? ''}`, [to.line]); continue; }
      yield fault(finding('TL-10', {
        host: to.host, about: [about.name(a.serverName ?? ''), about.name(b.serverName ?? ''), about.host(to.host)],
        args: { first: a.serverName ?? '', second: b.serverName ?? '', host: hostName(to.host), backends: `${to.backend}, ${toOther.backend}`, target: a.target ?? '' },
        proofs: [proof(one.host, a.serial.source, 'the certificate of the one'), proof(two.host, b.serial.source, 'and of the other'), proof(one.host, a.alpn.source, 'HTTP/2'), proof(to.host, to.line, 'the one goes here'), proof(toOther.host, toOther.line, 'the other there')],
      }));
    }
  }
}

function* nameless(view: View): Generator<Answer> {
  for (const host of view.haproxy.hosts) {
    if (!view.haproxy.hasLog(host)) continue;
    const sessions = view.haproxy.sessions.filter((found) => found.host === host);
    const without = sessions.filter(({ record }) => record.backend === 'be_no_sni');
    const [first] = without;
    const named = sessions.find(({ record }) => record.backend === 'be_sni');
    if (first === undefined) { if (named !== undefined) yield nothing('TL-12', hostName(host), [named.record.source]); continue; }
    const clients = [...new Set(without.flatMap(({ record }) => record.client ?? []))];
    yield fault(finding('TL-12', {
      host, about: [about.host(host)], args: { host: hostName(host), count: String(without.length), clients: clients.slice(0, 4).join(', '), backend: first.record.backend },
      proofs: [proof(host, first.record.source, 'no name in the hello'), ...without.slice(1, 3).map(({ record }) => proof(host, record.source, 'and again'))],
    }));
  }
}
