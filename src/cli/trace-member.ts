import { endpointText } from '../doctor/trace/target.ts';
import type { Target } from '../doctor/trace/target.ts';
import { detail, hop } from '../doctor/trace/trace.ts';
import type { Hop } from '../doctor/trace/trace.ts';
import type { MemberStatus, RuleStatus } from '../status/status-view.ts';
import type { ExplainReport } from './explain-report.ts';
import { probeHttp, probeTcp } from './trace-probe.ts';

/** One member, asked as the router would ask it: TCP, then TLS where the route says so, then the request. */
export async function memberHop(member: MemberStatus, rule: RuleStatus, target: Target, explained: ExplainReport, probed: boolean): Promise<Hop> {
  const place = endpointText(member.address, member.port);
  const about = `${place} (${member.service}${member.pod === '' ? '' : `/${member.pod}`})`;
  const details = [detail(`HAProxy says ${member.health}${member.detail === '' ? '' : `: ${member.detail}`}; weight ${String(member.weight)}`)];
  if (member.health === 'maintenance') return hop('member', '', 'skipped', `${about}: in maintenance, takes no requests`, { details });
  if (!probed) return hop('member', '', 'unknown', `${about}: not probed, there are too many`, { details });
  const tcp = await probeTcp(member.address, member.port);
  if (tcp.kind !== 'connected') {
    const settle = [{ host: member.address, command: `ss -ltn 'sport = :${String(member.port)}'` }];
    return hop('member', '', tcp.kind === 'refused' ? 'refused' : 'dropped', `${about}: ${tcp.message}`, { details, settle });
  }
  const tls = rule.termination === 'passthrough' || rule.termination === 'reencrypt';
  const answer = await probeHttp({ address: member.address, port: member.port, tls, host: explained.request.host, servername: tls ? target.sni : null, path: target.path });
  const down = member.health === 'down' ? '; HAProxy holds it for down' : '';
  // It may speak something else than HTTP/1.1 (gRPC in clear text, any protocol behind passthrough): the connection is what counts then.
  if (answer.kind === 'failed') return hop('member', '', down === '' ? 'ok' : 'refused', `${about}: connects in ${String(tcp.milliseconds)} ms${tls ? ', with TLS' : ''}; no HTTP/1.1 answer: ${answer.message}${down}`, { details });
  const says = `${about}: ${tls ? 'TLS, ' : ''}answered ${String(answer.status)}${down}${member.health === 'draining' ? '; draining, keeps its sessions only' : ''}`;
  return hop('member', '', down === '' ? 'ok' : 'refused', says, { details });
}
