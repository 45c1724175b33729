import { finding } from '../findings/finding.ts';
import type { Facets } from '../model/facets.ts';
import { hostName } from '../model/record-index.ts';
import { about, analyzer, couldNotLook, fault, nothing, proof } from './analyzer.ts';
import type { Answer } from './analyzer.ts';

type View = Pick<Facets, 'names'>;

/** DNS-09: resolvers that say nothing. */
export const dnsResolvers = analyzer({
  name: 'dns-resolvers',
  asks: 'Do the resolvers of each host answer?',
  codes: ['DNS-09'],
  reads: ['names'],
  *analyze(view): Generator<Answer> {
    for (const [, silences] of Map.groupBy(view.names.silences, ({ host, record }) => `${host}\0${record.server}`)) yield* silent(view, silences);
    const told = new Set<string>();
    for (const { host, record } of view.names.lookups) {
      const key = `${host} ${record.server ?? ''}`;
      if (record.server === null || record.outcome === 'timeout' || told.has(key) || view.names.silences.some((each) => each.host === host && each.record.server === record.server)) continue;
      told.add(key);
      yield nothing('DNS-09', `${record.server} for ${hostName(host)}`, [record.source]);
    }
  },
});

function* silent(view: View, silences: View['names']['silences']): Generator<Answer> {
  const [first, second] = silences;
  if (first === undefined) return;
  const { host, record: { server, how } } = first;
  const own = view.names.resolvers.filter((each) => each.host === host && each.record.keyword === 'nameserver');
  const subject = `${server} for ${hostName(host)}`;
  if (own.length === 0) { yield couldNotLook('DNS-09', subject, 'which resolvers the host uses was not captured', [{ host, command: 'cat /etc/resolv.conf' }]); return; }
  const listed = own.find(({ record }) => record.values.includes(server));
  const answered = view.names.lookups.filter((each) => each.host === host && each.record.outcome !== 'timeout');
  const alive = answered.find(({ record }) => record.server === server);
  if (listed === undefined || alive !== undefined) { yield nothing('DNS-09', subject, [first.record.source, alive?.record.source ?? own[0]?.record.source ?? first.record.source]); return; }
  const other = answered.find(({ record }) => record.server !== null && own.some((each) => each.record.values.includes(record.server ?? '')));
  const name = view.names.lookups.find((each) => each.host === host)?.record.name ?? 'NAME';
  yield fault(finding('DNS-09', {
    host, about: [about.host(host), about.address(server), about.name(name)],
    args: { client: hostName(host), resolver: server, how, name: name === '' ? 'NAME' : name, rest: other === undefined ? '' : `: each lookup waits before ${other.record.server ?? ''} is asked` },
    proofs: [proof(host, first.record.source, 'asked in vain'), ...(second === undefined ? [] : [proof(host, second.record.source, 'and again')]), proof(host, listed.record.source, 'it is one of the host\'s resolvers'), ...(other === undefined ? [] : [proof(host, other.record.source, 'another one answers')])],
    ...(other === undefined ? {} : { severity: 'warning' as const }),
  }));
}
