import { contains, prefix } from '../address.ts';
import type { SourceLine } from '../evidence.ts';
import { finding } from '../findings/finding.ts';
import type { Facets } from '../model/facets.ts';
import { hostName } from '../model/record-index.ts';
import { isObject, textOf } from '../parsers/read-lines.ts';
import { about, analyzer, fault, nothing, proof } from './analyzer.ts';
import type { Answer } from './analyzer.ts';

type View = Pick<Facets, 'haproxy' | 'edges' | 'objects'>;

interface Complaint { readonly host: string; readonly listener: string; readonly client: string | null; readonly empty: boolean; readonly line: SourceLine }

/** PP-01 to PP-04: is the header sent where it is expected, and only there? */
export const ppHeader = analyzer({
  name: 'pp-header',
  asks: 'Do both ends of a connection agree on the PROXY protocol?',
  codes: ['PP-01', 'PP-02', 'PP-03', 'PP-04'],
  reads: ['haproxy', 'edges', 'objects'],
  *analyze(view): Generator<Answer> {
    yield* missing(view);
    yield* unexpected(view);
  },
});

function complaints(view: View): Complaint[] {
  return [
    ...view.haproxy.connectionErrors.filter(({ record }) => /PROXY protocol header/.test(record.text)).map(({ host, record }) => ({
      host, listener: record.frontend, client: record.client, line: record.source,
      // `Timeout` may be a client that waits for the server to speak, so only a closed connection counts as a mere probe.
      empty: /^Connection (?:closed|error) while waiting/.test(record.text),
    })),
    ...view.edges.nginxErrors.filter(({ record }) => record.error === 'broken-proxy-header').map(({ host, record }) => ({ host, listener: 'nginx', client: record.client, empty: record.detail === '', line: record.source })),
  ];
}

function* missing(view: View): Generator<Answer> {
  const groups: ReadonlyMap<string, readonly Complaint[]> = Map.groupBy(complaints(view), (each) => `${each.host}\0${each.listener}`);
  const networks = inside(view);
  for (const group of groups.values()) {
    const [any] = group;
    if (any === undefined) continue;
    const { host, listener } = any;
    const spoken = group.filter((each) => !each.empty);
    const served = view.haproxy.sessions.find((found) => found.host === host && (found.record.frontend.replace(/~$/, '') === listener || listener === 'nginx') && found.record.termination !== 'PR--');
    const shown = spoken.length > 0 ? spoken : group;
    const [first = any, ...rest] = shown;
    const clients = [...new Set(shown.flatMap((each) => each.client ?? []))];
    const base = { host, about: [about.host(host)], args: { listener, host: hostName(host), clients: clients.slice(0, 3).join(', ') || 'clients', count: String(shown.length) }, proofs: [proof(host, first.line, 'no header came'), ...rest.slice(0, 2).map((each) => proof(host, each.line, 'nor here')), ...(served === undefined ? [] : [proof(host, served.record.source, 'others are served')])] as const };
    if (spoken.length === 0 && clients.length <= 4 && (served !== undefined || listener === 'nginx')) {
      yield fault(finding('PP-03', { ...base, ...(served === undefined ? { lowered: [{ by: 0.2, because: 'no served connection is in the evidence' }] } : {}), rulesOut: [{ code: 'PP-01', what: 'Users without the header', because: 'nothing was sent on these connections', line: first.line }] }));
    } else if (served !== undefined && clients.length > 0 && clients.every((client) => networks.some((each) => contains(each, client) === true)) && !networks.some((each) => served.record.client !== null && contains(each, served.record.client) === true)) {
      yield fault(finding('PP-04', { ...base, rulesOut: [{ code: 'PP-01', what: 'A balancer that sends no header', because: 'a connection from outside is served', line: served.record.source }] }));
    } else {
      yield fault(finding('PP-01', { ...base, ...(served === undefined ? {} : { lowered: [{ by: 0.1, because: 'some connections are served' }] }) }));
    }
  }
  for (const host of view.haproxy.hosts) {
    const session = view.haproxy.sessions.find((found) => found.host === host);
    if (session !== undefined && ![...groups.keys()].some((key) => key.startsWith(`${host}\0`))) yield nothing('PP-01', hostName(host), [session.record.source]);
  }
}

/** Pod networks and addresses of nodes, from captured Node objects. */
function inside(view: View): { readonly address: string; readonly length: number }[] {
  return view.objects.ofKind('Node').flatMap(({ object }) => {
    const spec = isObject(object['spec']) ? object['spec'] : {};
    const status = isObject(object['status']) && Array.isArray(object['status']['addresses']) ? object['status']['addresses'] : [];
    const texts = [textOf(spec['podCIDR']), ...status.map((each: unknown) => (isObject(each) && each['type'] === 'InternalIP' ? textOf(each['address']) : null))];
    return texts.flatMap((text) => (text === null ? [] : prefix(text) ?? []));
  });
}

/** Balancers in the evidence that send the header, by the port they send it to. */
function senders(view: View): { readonly host: string; readonly port: string; readonly line: SourceLine }[] {
  return view.haproxy.sections.flatMap(({ host, record }) => record.statements.flatMap((statement) => {
    const port = /:(\d+)$/.exec(statement.args[1] ?? '')?.[1];
    return statement.keyword === 'server' && port !== undefined && statement.args.some((word) => /^send-proxy/.test(word)) ? [{ host, port, line: statement.source }] : [];
  }));
}

function* unexpected(view: View): Generator<Answer> {
  const asRequest = view.edges.nginxErrors.filter(({ record }) => record.error === 'proxy-line-as-request');
  const [nginx] = asRequest;
  if (nginx !== undefined) {
    const clients = [...new Set(asRequest.flatMap(({ record }) => record.client ?? []))];
    yield fault(finding('PP-02', { host: nginx.host, about: [about.host(nginx.host)], args: { listener: 'nginx', host: hostName(nginx.host), clients: clients.slice(0, 3).join(', ') || 'a client', count: String(asRequest.length) }, proofs: [proof(nginx.host, nginx.record.source, 'the header as a request')] }));
  }
  const from = senders(view);
  const odd: { readonly host: string; readonly listener: string; readonly client: string; readonly line: SourceLine; readonly tls: boolean }[] = [];
  const add = (host: string, frontend: string, client: string | null, line: SourceLine, tls: boolean): void => {
    if (client !== null) odd.push({ host, listener: frontend.replace(/~$/, ''), client, line, tls });
  };
  for (const { host, record } of view.haproxy.sessions) if (record.request === '<BADREQ>' && /^PR/.test(record.termination)) add(host, record.frontend, record.client, record.source, false);
  for (const { host, record } of view.haproxy.connectionErrors) if (/^SSL handshake failure(?!.*:http request)/.test(record.text)) add(host, record.frontend, record.client, record.source, true);
  const understood = new Map<string, View['haproxy']['sessions'][number]>();
  for (const found of view.haproxy.sessions) {
    const key = `${found.host}\0${found.record.client ?? ''}`;
    if (found.record.request !== '<BADREQ>' && !understood.has(key)) understood.set(key, found);
  }
  const groups = Map.groupBy(odd, ({ host, listener, client }) => `${host}\0${listener}\0${client}`);
  for (const group of groups.values()) {
    const [first, second] = group;
    if (first === undefined || second === undefined || group.length < 3) continue;
    const { host, listener, client } = first;
    const served = understood.get(`${host}\0${client}`);
    if (served !== undefined) { yield nothing('PP-02', `${listener} on ${hostName(host)}`, [served.record.source]); continue; }
    const bind = view.haproxy.sections.find((found) => found.host === host && found.record.name === listener)?.record.statements.find((each) => each.keyword === 'bind');
    const port = /:(\d+)$/.exec(bind?.args[0] ?? '')?.[1] ?? null;
    const sender = from.find((each) => each.host !== host && (port === null || each.port === port));
    // Without the balancer's configuration a failed handshake may be anything, and bad requests may be a broken program.
    if (first.tls && (sender === undefined || bind === undefined || bind.args.includes('accept-proxy'))) continue;
    if (bind?.args.includes('accept-proxy') === true) continue;
    // `show errors` keeps the last refused request: its first bytes decide.
    const kept = view.haproxy.refusedMessages.filter((found) => found.host === host && found.record.direction === 'request' && found.record.proxy === listener && found.record.client === client).at(-1)?.record;
    if (kept !== undefined && !kept.proxyHeader) { yield nothing('PP-02', `${listener} on ${hostName(host)}`, [kept.source]); continue; }
    yield fault(finding('PP-02', {
      host, about: [about.host(host)], args: { listener, host: hostName(host), clients: client, count: String(group.length) },
      proofs: [proof(host, first.line, 'not understood'), proof(host, second.line, 'nor this one'), ...(sender === undefined ? [] : [proof(sender.host, sender.line, 'the header is sent')]), ...(bind === undefined ? [] : [proof(host, bind.source, 'and not expected')]), ...(kept === undefined ? [] : [proof(host, kept.source, 'the refused request begins with the header')])],
      ...(sender === undefined && kept === undefined ? { severity: 'warning' as const, lowered: [{ by: 0.4, because: 'the configuration of the sender was not captured' }], settle: [{ host, command: 'echo "show errors" | socat stdio SOCKET   # the first bytes of the request' }] } : {}),
    }));
  }
}
