import type { SourceLine } from '../evidence.ts';
import type { Section } from '../model/haproxy-settings.ts';
import type { HaproxyStatement } from '../parsers/haproxy-config.ts';
import { haproxyWay } from './router/haproxy-way.ts';
import type { HaproxyWay } from './router/haproxy-way.ts';
import { detail, hop } from './trace.ts';
import type { Hop } from './trace.ts';
import type { Tracing } from './tracing.ts';

/** A server of the backend that was chosen. */
export interface Server {
  readonly name: string;
  /** `10.128.2.15:8080`. */
  readonly place: string;
  readonly weight: number | null;
  /** Speaks TLS, by its own or the client's. */
  readonly tls: boolean;
  readonly line: SourceLine;
}

export interface Routed {
  readonly hop: Hop;
  readonly servers: readonly Server[];
  readonly backend: string | null;
  readonly way: HaproxyWay | null;
}

/** Which backend of a host's HAProxy takes the request, by its configuration and maps. */
export function routerHop({ view, target, client }: Tracing, host: string): Routed {
  const way = haproxyWay(view.haproxy, host, { host: target.host, port: target.port, path: target.path, sni: target.sni, tls: target.scheme === 'https', terminated: false, client });
  const details = way.looked.map(({ text, line }) => detail(text, line));
  const { decision } = way;
  const none = { servers: [], backend: null, way };
  switch (decision.does) {
    case 'unknown': return { hop: hop('router', host, 'unknown', decision.because, { details, settle: decision.settle }), ...none };
    case 'deny': return { hop: hop('router', host, 'refused', `HAProxy refuses it: ${decision.text}`, { line: decision.line, details }), ...none };
    case 'redirect': return { hop: hop('router', host, 'ok', `HAProxy answers with a redirect: ${decision.text}`, { line: decision.line, details }), ...none };
    case 'nothing': return { hop: hop('router', host, 'refused', decision.text, { line: decision.line, details }), ...none };
    case 'serve': break;
  }
  const { backend, section } = decision;
  // The look-up that named the backend proves most; a static line is the next best.
  const line = [...way.looked].reverse().find((each) => each.line !== null && each.text.includes(backend))?.line ?? way.looked.at(-1)?.line ?? null;
  const path = `${way.through.filter((name) => name !== backend).join(' > ')} > ${backend}`;
  const kind = target.scheme !== 'https' ? '' : way.terminatedBy === null ? ', passed through by SNI' : ', TLS terminated here';
  if (section === null) {
    const settle = [{ host, command: `sed -n '/^backend ${backend}$/,/^backend /p' /etc/haproxy/haproxy.cfg   # OpenShift: /var/lib/haproxy/conf/haproxy.config` }];
    return { hop: hop('router', host, 'ok', `${path}${kind}`, { line, details: [...details, detail(`backend ${backend} itself is not in the evidence`)], settle }), servers: [], backend, way };
  }
  const passed = target.scheme === 'https' && way.terminatedBy === null;
  const servers = serversOf(section).map((each) => (passed ? { ...each, tls: true } : each));
  if (servers.length === 0) {
    return { hop: hop('router', host, 'refused', `${path}: this backend has no server, HAProxy answers 503 itself`, { line: section.record.source, details }), servers: [], backend, way };
  }
  return { hop: hop('router', host, 'ok', `${path}${kind}, ${servers.length === 1 ? '1 server' : `${String(servers.length)} servers`}`, { line, details: [...details, detail(`backend ${backend}`, section.record.source)] }), servers, backend, way };
}

function serversOf(section: Section): Server[] {
  return section.record.statements.filter((each) => each.keyword === 'server' && !each.args.includes('disabled')).map((each) => serverOf(each));
}

function serverOf(statement: HaproxyStatement): Server {
  const weight = statement.args[statement.args.indexOf('weight') + 1];
  return { name: statement.args[0] ?? '', place: statement.args[1] ?? '', weight: statement.args.includes('weight') && /^\d+$/.test(weight ?? '') ? Number(weight) : null, tls: statement.args.includes('ssl'), line: statement.source };
}

/** Who ends TLS, and what a client was seen to get. */
export function tlsHop({ view, target, address }: Tracing, host: string, routed: Routed | null): Hop {
  if (target.scheme !== 'https') return hop('tls', '', 'skipped', target.scheme === 'tcp' ? 'not asked' : 'clear text');
  const sessions = view.edges.tlsSessions.filter(({ record }) => record.serverName === target.sni || (record.target !== null && (record.target.startsWith(`${target.host}:`) || (address !== null && record.target.startsWith(`${address}:`)))));
  const [found] = sessions;
  const settle = [{ host: '', command: `openssl s_client -connect ${address ?? target.host}:${String(target.port)} -servername ${target.host} -alpn h2,http/1.1 </dev/null   # on the client` }];
  const by = routed?.way?.terminatedBy ?? null;
  const who = routed === null || routed.way === null ? 'who ends TLS is not known' : by === null ? `the member ends TLS, ${host === '' ? 'the router' : host} passes it through` : `${host === '' ? 'the router' : host} ends TLS with ${by.args.includes('crt-list') ? `the certificates of ${by.args[by.args.indexOf('crt-list') + 1] ?? ''}` : by.args.includes('crt') ? by.args[by.args.indexOf('crt') + 1] ?? 'its certificate' : 'its certificates'}`;
  if (found === undefined) return hop('tls', host, 'unknown', `${who}; no handshake for ${target.host} was captured`, { line: by?.source ?? null, settle });
  const { record } = found;
  if (record.failure !== null) return hop('tls', host, 'refused', `the handshake failed: ${record.failure.value}`, { line: record.failure.source, details: [detail(who, by?.source ?? null)] });
  const facts = [record.protocol?.value, record.cipher?.value, record.subject === null ? undefined : `certificate ${record.subject.value}`].filter((each) => each !== undefined).join(', ');
  const verified = record.verify === null || /^0\b|ok/i.test(record.verify.value);
  const details = [detail(who, by?.source ?? null), ...(record.verify === null ? [] : [detail(`verification: ${record.verify.value}`, record.verify.source)])];
  return hop('tls', host, 'ok', `${facts === '' ? 'a handshake was seen' : facts}${verified ? '' : '; the client does not trust it'}`, { line: record.subject?.source ?? record.source, details });
}
