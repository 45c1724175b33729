import { networkInterfaces } from 'node:os';
import { conclude } from '../doctor/trace/conclude.ts';
import type { Way } from '../doctor/trace/conclude.ts';
import { endpointText } from '../doctor/trace/target.ts';
import type { Target } from '../doctor/trace/target.ts';
import { detail, hop } from '../doctor/trace/trace.ts';
import type { Hop, Trace } from '../doctor/trace/trace.ts';
import type { RuleStatus, StatusView } from '../status/status-view.ts';
import type { ExplainReport } from './explain-report.ts';
import { memberHop } from './trace-member.ts';
import { probeHttp, probeTcp, probeTls, resolveName } from './trace-probe.ts';

export interface LiveWish {
  readonly target: Target;
  /** Whether the target names its port; otherwise Fairway's own listener is asked. */
  readonly portGiven: boolean;
  readonly from: string | null;
  readonly to: string | null;
  readonly explained: ExplainReport;
  readonly status: StatusView;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Members beyond this number are named and not probed. */
const mostProbed = 64;

/**
 * One request through the running router, each part asked for real: name, address, listener, rule (and whether HAProxy agrees),
 * certificate, every member, and at last the request itself.
 */
export async function traceRouter(wish: LiveWish): Promise<Trace> {
  const { explained, status, from } = wish;
  const port = wish.portGiven ? wish.target.port : explained.listeners[0]?.port ?? wish.target.port;
  const target: Target = { ...wish.target, port };
  const dns = await dnsHop(target, wish.to);
  const address = dns.address ?? '127.0.0.1';
  const listener = await listenerHop(address, port, dns.address === null);
  const trunk: Hop[] = [
    hop('client', '', 'ok', from ?? 'this host: every probe is sent from here'), dns.hop, vipHop(address, dns.address === null),
    listener, otherClientHop(from, target), routerHop(explained),
  ];
  const rule = explained.answer.route === null ? null : status.rules.find((each) => each.route === explained.answer.route) ?? null;
  const serves = explained.answer.does === 'serve' || explained.answer.does === 'pass-through';
  const reached = listener.state === 'ok';
  trunk.push(await tlsHop(wish, target, address, reached));
  const members = serves && rule !== null ? await waysOf(rule, target, explained) : [];
  const last = reached ? await answerHop(target, address, explained) : hop('return', '', 'unknown', 'the request itself was not sent');
  if (members.length === 0) trunk.push(hop('member', '', 'skipped', 'no member is asked'), last);
  // Behind the members: where all of them are dead, that is the reason, and not the 503 that comes of it.
  const ways = members.map((way) => ({ ...way, hops: [...way.hops, last] }));
  return conclude({
    target, client: from, hosts: [], captures: 0, trunk, ways, findings: [], redispatches: true,
    seen: dns.address !== null && last.state === 'ok' ? last.says : null, failed: null,
  });
}

async function dnsHop(target: Target, to: string | null): Promise<{ readonly hop: Hop; readonly address: string | null }> {
  if (target.address !== null) return { hop: hop('dns', '', 'skipped', 'address given'), address: target.address };
  if (to !== null) return { hop: hop('dns', '', 'skipped', `taken to be ${to}, as said`), address: to };
  const answer = await resolveName(target.host);
  const settle = [{ host: '', command: `dig ${target.host}   # on the client` }];
  switch (answer.kind) {
    case 'addresses': return { hop: hop('dns', '', 'ok', `${target.host} is ${answer.addresses.join(', ')}${answer.addresses.length > 1 ? `; ${answer.addresses[0] ?? ''} is asked, the others with --to` : ''}`), address: answer.addresses[0] ?? null };
    case 'nothing': return { hop: hop('dns', '', 'refused', `${target.host} does not exist for this host: ${answer.message}; what follows is asked at 127.0.0.1`, { settle }), address: null };
    case 'failed': return { hop: hop('dns', '', 'unknown', `the name server did not tell an address for ${target.host}: ${answer.message}; what follows is asked at 127.0.0.1`, { settle }), address: null };
  }
}

function vipHop(address: string, guessed: boolean): Hop {
  const own = Object.entries(networkInterfaces()).find(([, list]) => (list ?? []).some((each) => each.address === address));
  if (guessed) return hop('vip', '', 'skipped', 'no address to look for');
  if (own !== undefined || address.startsWith('127.')) return hop('vip', '', 'ok', `${address} is an address of this host${own === undefined ? '' : ` (${own[0]})`}`);
  return hop('vip', '', 'unknown', `${address} is no address of this host: something in front, or another router, has it`, { settle: [{ host: '', command: `ip neigh show ${address}; arping -b -c 3 ${address}` }] });
}

async function listenerHop(address: string, port: number, guessed: boolean): Promise<Hop> {
  const answer = await probeTcp(address, port);
  const place = endpointText(address, port);
  const settle = [{ host: '', command: `ss -ltnp 'sport = :${String(port)}'; iptables-save -c` }];
  if (answer.kind === 'connected') return hop('forward', '', 'ok', `${place} takes connections (${String(answer.milliseconds)} ms)${guessed ? ', asked on this host' : ''}`);
  return hop('forward', '', answer.kind === 'refused' ? 'refused' : 'dropped', `${place}: ${answer.message}`, { settle });
}

/** Probes from here do not show what this host's rules do with somebody else's packets. */
function otherClientHop(from: string | null, target: Target): Hop {
  if (from === null) return hop('conntrack', '', 'skipped', 'no other client named (--from)');
  return hop('conntrack', '', 'unknown', `packets of ${from} were not tried, only this host's`, { settle: [{ host: '', command: `fairway collect -o here.tar.gz && fairway trace ${target.text} --from ${from} --evidence here.tar.gz` }] });
}

function routerHop(explained: ExplainReport): Hop {
  const { answer, candidates, haproxy } = explained;
  const details = candidates.map((each) => detail(`${each.won ? 'WON' : 'lost'}: ${each.route} ${each.host}${each.path} (${each.termination}): ${each.why}`, each.file === null ? null : { file: each.file, line: each.line ?? 1, text: '' }));
  if (haproxy !== null) details.push(detail(`HAProxy ${haproxy.message}`));
  for (const refused of explained.refused) details.push(detail(`asked for by an object that was not admitted: ${refused.host}${refused.path}, ${refused.reason}`));
  const won = candidates.find((each) => each.won);
  const line = won === undefined || won.file === null ? null : { file: won.file, line: won.line ?? 1, text: '' };
  const way = explained.listeners.map((each) => `port ${String(each.port)} (${each.name})`).join(' > ');
  if (answer.does === 'answer') return hop('router', '', 'refused', `${way}: Fairway answers ${String(answer.status ?? '')} itself, ${answer.reason ?? ''}`, { line, details, settle: [{ host: '', command: 'fairway status' }] });
  if (haproxy?.agrees === false) return hop('router', '', 'unknown', `${way}: HAProxy does not do what the table says: ${haproxy.message}`, { line, details, settle: [{ host: '', command: 'fairway status' }] });
  if (haproxy?.agrees === null) return hop('router', '', 'unknown', `${way}: ${answer.route ?? ''}, but HAProxy does not answer`, { line, details });
  if (answer.does === 'redirect') return hop('router', '', 'ok', `${way} > ${answer.route ?? ''}: 302 redirect to ${answer.location ?? ''}`, { line, details });
  return hop('router', '', 'ok', `${way} > ${answer.route ?? ''}${answer.does === 'pass-through' ? ', TLS passed through by SNI' : ''}${haproxy === null ? '' : '; HAProxy agrees'}`, { line, details });
}

async function tlsHop({ explained, now }: LiveWish, target: Target, address: string, reached: boolean): Promise<Hop> {
  if (target.scheme !== 'https') return hop('tls', '', 'skipped', 'clear text');
  const whose = explained.certificate === null ? 'the member\'s own certificate' : explained.certificate.host === null ? 'the default certificate' : `the certificate for ${explained.certificate.host} of ${explained.certificate.route ?? ''}`;
  if (!reached) return hop('tls', '', 'unknown', `${whose}; not asked`);
  const answer = await probeTls(address, target.port, target.sni, now);
  if (answer.kind === 'failed') return hop('tls', '', 'refused', `the handshake failed: ${answer.message} (${whose})`);
  const details = [detail(whose), ...(answer.trusted === null ? [] : [detail(`this host does not trust it: ${answer.trusted}`)])];
  const facts = `${answer.protocol}, ${answer.cipher}, certificate for ${answer.subject}, until ${answer.notAfter}`;
  if (answer.expired) return hop('tls', '', 'refused', `the certificate has expired: clients refuse it (${facts})`, { details });
  if (!answer.namesHost) return hop('tls', '', 'refused', `the certificate does not name ${target.host}: clients refuse it (${facts}; ${whose})`, { details });
  return hop('tls', '', 'ok', `${facts}${answer.trusted === null ? '' : '; not trusted by this host'}`, { details });
}

async function waysOf(rule: RuleStatus, target: Target, explained: ExplainReport): Promise<Way[]> {
  return Promise.all(rule.members.map(async (member, at): Promise<Way> => ({
    name: endpointText(member.address, member.port),
    hops: [await memberHop(member, rule, target, explained, at < mostProbed)],
  })));
}

/** The request itself, all the way and back. */
async function answerHop(target: Target, address: string, explained: ExplainReport): Promise<Hop> {
  const answer = await probeHttp({ address, port: target.port, tls: target.scheme === 'https', host: explained.request.host, servername: target.sni, path: target.path });
  if (answer.kind === 'failed') return hop('return', '', explained.answer.does === 'pass-through' ? 'unknown' : 'dropped', `the request itself: ${answer.message}`);
  if (answer.reason !== null && answer.status >= 400) return hop('return', '', 'refused', `the request was answered ${String(answer.status)} by the router: ${answer.reason}`);
  if (answer.status === 502 || answer.status === 503 || answer.status === 504) return hop('return', '', 'refused', `the request was answered ${String(answer.status)}, by the router for its member or by the member itself`);
  return hop('return', '', 'ok', `the request was answered ${String(answer.status)}${answer.location === null ? '' : `, to ${answer.location}`}`);
}
