import { finding } from '../findings/finding.ts';
import { hostName } from '../model/record-index.ts';
import { rowsOf, servicesOf } from '../model/lvs-servers.ts';
import { about, analyzer, fault, nothing, proof } from './analyzer.ts';
import type { Answer } from './analyzer.ts';

/** LV-19: a service table and a connection table that cannot be of one moment. */
export const lvSnapshots = analyzer({
  name: 'lv-snapshots',
  asks: 'Were the two tables of LVS taken at one time?',
  codes: ['LV-19'],
  reads: ['lvs'],
  *analyze(view): Generator<Answer> {
    for (const service of servicesOf(view.lvs)) {
      const { director, server } = service;
      if (!view.lvs.connectionHosts.includes(director) || server.vip === null || server.onePacket) continue;
      const counters = server.realServers.flatMap((each) => (each.active === null || each.inactive === null ? [] : [each.active + each.inactive]));
      const [firstServer] = server.realServers;
      if (counters.length === 0 || counters.length < server.realServers.length || firstServer === undefined) continue;
      const counted = counters.reduce((sum, each) => sum + each, 0);
      // A server that was removed takes its counters along, not its connections.
      const rows = rowsOf(view.lvs, service).filter((row) => !row.template && server.realServers.some((each) => each.address === row.realServer));
      const [row] = rows;
      const tooFew = counted === 0 && row !== undefined;
      // A handful of connections may end between two commands; a captured table without any of them may have been filtered.
      const tooMany = counted >= 5 && rows.length === 0 && view.lvs.completeConnectionHosts.includes(director);
      if (!tooFew && !tooMany) { yield nothing('LV-19', service.text, [server.source, ...(row === undefined ? [] : [row.source])]); continue; }
      const named = server.realServers.find((each) => each.address === row?.realServer) ?? firstServer;
      yield fault(finding('LV-19', {
        host: director, about: [about.host(director), about.address(server.vip), about.service(server.vip, server.port ?? server.portText)],
        args: { director: hostName(director), service: service.text, counted: String(counted), shown: String(rows.length) },
        proofs: [proof(director, named.source, 'the counters'), ...(row === undefined ? [] : [proof(director, row.source, 'a connection that they do not count')])],
        settle: [{ host: director, command: 'ipvsadm -ln; ipvsadm -lnc' }],
      }));
    }
  },
});
