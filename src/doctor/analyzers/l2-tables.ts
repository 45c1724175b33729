import { finding } from '../findings/finding.ts';
import { hostName } from '../model/record-index.ts';
import { usable } from '../model/neighbours.ts';
import { about, analyzer, couldNotLook, fault, nothing, proof, proofs } from './analyzer.ts';
import type { Answer } from './analyzer.ts';

/** L2-08 and L2-09: tables that are full, and tables that forget. */
export const l2Tables = analyzer({
  name: 'l2-tables',
  asks: 'Have neighbour tables and bridges room and memory enough?',
  codes: ['L2-08', 'L2-09'],
  reads: ['kernel', 'neighbours', 'sysctls', 'bridges', 'holders', 'vips'],
  *analyze(view): Generator<Answer> {
    const overflowed = new Set<string>();
    for (const { host, record } of view.kernel.neighbourOverflows) {
      if (overflowed.has(host)) continue;
      overflowed.add(host);
      const limit = view.sysctls.number(host, 'net.ipv4.neigh.default.gc_thresh3');
      const count = view.neighbours.count(host);
      yield fault(finding('L2-08', {
        host, about: [about.host(host)], args: { host: hostName(host), count: count > 0 ? `now ${String(count)}` : 'number not captured', limit: limit.state === 'known' ? String(limit.value) : 'not captured' },
        proofs: [proof(host, record.source, 'the kernel says so'), ...proofs(host, limit, 'the limit')],
      }));
    }
    for (const host of view.neighbours.hosts) {
      if (overflowed.has(host)) continue;
      const limit = view.sysctls.number(host, 'net.ipv4.neigh.default.gc_thresh3');
      const rows = view.neighbours.rows.filter((each) => each.host === host && !each.row.address.includes(':'));
      const last = rows.at(-1);
      if (limit.state !== 'known' || limit.value <= 0 || last === undefined) continue;
      if (rows.length < limit.value * 0.9) { yield nothing('L2-08', hostName(host), [last.row.source, ...limit.lines]); continue; }
      yield fault(finding('L2-08', {
        host, about: [about.host(host)], severity: 'warning', args: { host: hostName(host), count: String(rows.length), limit: String(limit.value) },
        proofs: [proof(host, last.row.source, `the last of ${String(rows.length)} entries`), ...proofs(host, limit, 'the limit')],
        lowered: [{ by: 0.2, because: 'no overflow was logged in this evidence' }],
      }));
    }
    for (const bridge of view.bridges.hosts) {
      const quiet = view.bridges.quietPorts(bridge);
      const port = quiet[0];
      if (port === undefined) continue;
      for (const vip of view.vips.addresses) {
        const holder = view.holders.of(vip).find((each) => each.place === 'wire' && each.mac !== null && each.host !== bridge);
        if (holder === undefined || holder.mac === null) continue;
        const { mac } = holder;
        const client = view.neighbours.of(vip).find((each) => usable(each.row) && each.row.mac === mac && each.host !== holder.host);
        if (client === undefined) continue;
        const entry = view.bridges.entry(bridge, mac);
        const subject = `${vip} on the bridge of ${hostName(bridge)}`;
        if (entry.state === 'known') { yield nothing('L2-09', subject, entry.lines); continue; }
        if (entry.state === 'unknown') { yield couldNotLook('L2-09', subject, entry.because, entry.settle); continue; }
        yield fault(finding('L2-09', {
          host: bridge, about: [about.host(bridge), about.address(vip), about.host(holder.host)],
          args: { host: hostName(bridge), mac, vip, holder: hostName(holder.host), client: hostName(client.host) },
          proofs: [proof(bridge, port.floodSource ?? port.source, 'unknown addresses are not flooded'), proof(client.host, client.row.source, 'still sent there'), proof(holder.host, holder.line, 'the holder')],
          rulesOut: [{ code: 'L2-05', what: 'The holder is gone', because: 'it has the address', line: holder.line }],
          lowered: [{ by: 0.15, because: 'that the holder is reached through this bridge is taken from the evidence being together' }],
        }));
      }
    }
  },
});
