import type { Known } from '../evidence.ts';
import { finding } from '../findings/finding.ts';
import type { Lowered, RuledOut } from '../findings/finding.ts';
import type { Facets } from '../model/facets.ts';
import { hostName } from '../model/record-index.ts';
import { gatewayTo, hostOf, rowsOf, servicesOf, takes, wasEstablished } from '../model/lvs-servers.ts';
import type { IpvsConnection, Service } from '../model/lvs-servers.ts';
import { about, analyzer, fault, nothing, proof } from './analyzer.ts';
import type { Answer } from './analyzer.ts';
import type { Settle } from '../evidence.ts';

type View = Pick<Facets, 'lvs' | 'holders' | 'routes' | 'sockets'>;

/** The kernel's time-out for SYN_RECV in IPVS (ip_vs_proto_tcp.c: 1 minute). A row that has longer to live was not made with it. */
const synRecvSeconds = 60;
const enough = 2;

/** LV-01: the composite. It says where connections hang and which of the known reasons the evidence excludes; the reasons are findings of their own. */
export const lvSynRecv = analyzer({
  name: 'lv-syn-recv',
  asks: 'Do connections through a director get established?',
  codes: ['LV-01'],
  reads: ['lvs', 'holders', 'routes', 'sockets'],
  *analyze(view): Generator<Answer> {
    for (const service of servicesOf(view.lvs)) {
      if (service.server.protocol !== 'tcp' || !service.server.realServers.some((each) => each.forward === 'route' || each.forward === 'tunnel')) continue;
      const rows = rowsOf(view.lvs, service).filter((row) => !row.template);
      if (rows.length === 0) continue;
      yield judge(view, service, rows);
    }
  },
});

function isHanging(row: IpvsConnection): boolean {
  return row.state === 'SYN_RECV' || row.nearest === 'SYN_RECV';
}

/** Seconds since the last packet of a row: what is left of the kernel's time-out for its state (ip_vs_proto_tcp.c). */
function age(row: IpvsConnection): number {
  const whole = { SYN_RECV: synRecvSeconds, FIN_WAIT: 120, TIME_WAIT: 120, CLOSE_WAIT: 60, LAST_ACK: 30 }[row.state];
  return whole === undefined || row.expires === null ? 0 : whole - row.expires;
}

/** Without the connections that ended before anything began to hang at their server: they say how it was, not how it is. */
function ofNow(all: readonly IpvsConnection[]): IpvsConnection[] {
  const since = new Map<string | null, number>();
  for (const row of all) if (isHanging(row)) since.set(row.realServer, Math.max(since.get(row.realServer) ?? 0, age(row)));
  return all.filter((row) => row.state === 'ESTABLISHED' || !wasEstablished(row) || age(row) <= (since.get(row.realServer) ?? Infinity));
}

function judge(view: View, service: Service, whole: readonly IpvsConnection[]): Answer {
  const all = ofNow(whole);
  const works = all.filter(wasEstablished);
  const working = new Set(works.map((row) => row.realServer));
  // Where some servers work, the question is about those that do not.
  const rows = works.length === 0 ? all : all.filter((row) => !working.has(row.realServer));
  const hanging = rows.filter(isHanging);
  const [first] = hanging;
  const last = hanging.at(-1);
  const clients = new Set(hanging.map((row) => row.client));
  const flood = hanging.length >= 20 && clients.size > hanging.length * 0.9;
  if (first === undefined || last === undefined || hanging.length < enough || hanging.length <= rows.length * 0.8 || flood) return nothing('LV-01', service.text, (works[0] === undefined ? all.slice(0, 1) : works.slice(0, 1)).map((row) => row.source));
  const vip = service.server.vip ?? '';
  const port = String(service.server.port ?? service.server.portText);
  const servers = [...new Set(hanging.flatMap((row) => row.realServer ?? []))];
  const subnets = new Set([...clients].map((client) => (client ?? '').split('.').slice(0, 3).join('.')));
  const scope = [servers.length === 1 ? `all to ${servers[0] ?? ''}${working.size > 0 ? ', the other servers work' : ''}` : `to ${String(servers.length)} servers`, clients.size === 1 ? `from one client, ${first.client ?? ''}` : subnets.size === 1 ? 'from one subnet' : `from ${String(clients.size)} clients`].join(', ');
  const checks = servers.flatMap((server) => reasons(view, service, server));
  const guilty = [...new Set(checks.flatMap((check) => (check.verdict === 'guilty' ? [check.code] : [])))];
  const open = checks.filter((check) => check.verdict === 'open');
  const lowered: Lowered[] = [];
  const misspelt = hanging.find((row) => row.state !== 'SYN_RECV');
  if (misspelt !== undefined) lowered.push({ by: 0.05, because: `"${misspelt.stateText}" was read as SYN_RECV` });
  const long = hanging.find((row) => (row.expires ?? 0) > synRecvSeconds);
  if (long !== undefined) lowered.push({ by: 0.1, because: `a row has ${String(long.expires)} s to live, more than the kernel's ${String(synRecvSeconds)} s for this state: other time-outs, or an edited paste` });
  if (hanging.length < 5) lowered.push({ by: 0.05, because: `${String(hanging.length)} rows only` });
  return fault(finding('LV-01', {
    host: service.director, about: [about.host(service.director), about.address(vip), about.service(vip, port)],
    args: { director: hostName(service.director), vip, port, count: String(hanging.length), total: String(rows.length), scope, next: nextStep(guilty, open.length) },
    proofs: [proof(service.director, first.source, 'it hangs'), proof(service.director, last.source, 'so does this one'), proof(service.director, service.server.source, 'the service'), ...service.server.realServers.filter((each) => each.address === first.realServer).map((each) => proof(service.director, each.source, 'how it is passed on'))],
    rulesOut: [
      ...unique(checks.flatMap((check): RuledOut[] => (check.verdict === 'excluded' ? [{ code: check.code, what: check.what, because: check.because, line: check.line }] : []))),
      ...(clients.size < hanging.length ? [{ code: 'TC-03', what: 'A SYN flood', because: 'the same client tries again', line: last.source }] : []),
    ],
    lowered, settle: [...open.flatMap((check) => check.settle), ...(guilty.length === 0 ? hypervisors(service, first) : [])],
  }));
}

function nextStep(guilty: readonly string[], open: number): string {
  if (guilty.length > 0) return `The reason is in the evidence: ${guilty.join(', ')}.`;
  if (open > 0) return 'Whether the real server has the address and listens on it is not in the evidence; packet filters and anti-spoofing on the way (LV-02, LV-03) are the next suspects.';
  return 'The real servers are in order: what is left is a packet filter or anti-spoofing rule on the way there (LV-02) or back (LV-03).';
}

function hypervisors(service: Service, row: IpvsConnection): Settle[] {
  return [
    { host: '', command: `iptables-save -c   # on the hypervisor of ${hostName(service.director)}, where its packets leave` },
    { host: '', command: `iptables-save -c   # on the hypervisor of ${row.realServer ?? 'the real server'}, where the answers leave` },
  ];
}

interface Check { readonly code: string; readonly what: string; readonly verdict: 'guilty' | 'excluded' | 'open'; readonly because: string; readonly line: RuledOut['line']; readonly settle: readonly Settle[] }

/** The decision tree, from what is cheapest to see. */
function reasons(view: View, service: Service, address: string): Check[] {
  const server = service.server.realServers.find((each) => each.address === address);
  const vip = service.server.vip;
  if (server === undefined || vip === null) return [];
  const checks: Check[] = [];
  const add = (code: string, what: string, answer: Known<unknown>, guilty: Known<unknown>['state'], because: string): void => {
    checks.push({ code, what, verdict: answer.state === 'unknown' ? 'open' : answer.state === guilty ? 'guilty' : 'excluded', because, line: answer.state === 'unknown' ? null : answer.lines[0] ?? null, settle: answer.state === 'unknown' ? answer.settle : [] });
  };
  if (server.port !== null && service.server.port !== null) checks.push({ code: 'LV-07', what: 'Ports that differ', verdict: server.port === service.server.port ? 'excluded' : 'guilty', because: `both are ${String(server.port)}`, line: server.source, settle: [] });
  if (server.forward === 'route') add('LV-08', 'A router between director and real server', gatewayTo(view, service.director, address), 'known', 'the route has no gateway');
  const host = hostOf(view.holders, server);
  if (host === null) return [...checks, { code: 'LV-05', what: 'A real server without the address', verdict: 'open', because: '', line: null, settle: [{ host: '', command: `ip address show; ss -ltn; sysctl net.ipv4.conf.all.arp_ignore   # on ${address}` }] }];
  const has = takes(view, host, vip);
  add('LV-05', 'A real server without the address', has, 'absent', `${hostName(host)} has it`);
  if (has.state === 'known' && service.server.port !== null) add('LV-06', 'Nobody listening on the address', view.sockets.listening(host, vip, service.server.port), 'absent', `${hostName(host)} listens`);
  return checks;
}

function unique(list: readonly RuledOut[]): RuledOut[] {
  const seen = new Set<string>();
  return list.filter((each) => { const key = `${each.code ?? ''} ${each.because}`; return !seen.has(key) && seen.add(key); });
}
