import { finding } from '../findings/finding.ts';
import type { Facets } from '../model/facets.ts';
import { hostName } from '../model/record-index.ts';
import { about, analyzer, fault, nothing, proof } from './analyzer.ts';
import type { Answer } from './analyzer.ts';

type View = Pick<Facets, 'edges'>;

/** RO-07, RO-08, RO-09 at an nginx (ingress-nginx and others): what its error log says of the servers behind it. */
export const roNginx = analyzer({
  name: 'ro-nginx',
  asks: 'Do the servers behind nginx take connections, and answer?',
  codes: ['RO-07', 'RO-08', 'RO-09'],
  reads: ['edges'],
  *analyze(view: View): Generator<Answer> {
    const groups = Map.groupBy(view.edges.nginxErrors.filter(({ record }) => /^upstream-/.test(record.error)), ({ host, record }) => `${host}\0${record.detail}`);
    for (const group of groups.values()) {
      for (const error of ['upstream-refused', 'upstream-timeout', 'upstream-closed'] as const) yield* told(view, group.filter(({ record }) => record.error === error));
    }
    // An error log that was read and has nothing about servers.
    const quiet = view.edges.nginxErrors.find(({ host }) => !view.edges.nginxErrors.some((other) => other.host === host && /^upstream-/.test(other.record.error)));
    if (quiet !== undefined) for (const code of ['RO-07', 'RO-08', 'RO-09'] as const) yield nothing(code, `nginx on ${hostName(quiet.host)}`, [quiet.record.source]);
  },
});

function* told(view: View, group: readonly View['edges']['nginxErrors'][number][]): Generator<Answer> {
  const [first, second] = group;
  if (first === undefined) return;
  const { host, record } = first;
  const server = record.detail === '' ? 'A server' : record.detail;
  const base = { host, about: [about.host(host), about.name(server)], proofs: [proof(host, record.source, 'nginx says so'), ...(second === undefined ? [] : [proof(host, second.record.source, 'and again')])] as const, ...(group.length < 3 ? { severity: 'note' as const } : {}) };
  const args = { server, count: String(group.length), host: hostName(host) };
  const connecting = /while connecting to upstream/.test(record.source.text);
  if (record.error === 'upstream-refused' || (record.error === 'upstream-timeout' && connecting)) { yield fault(finding('RO-07', { ...base, args: { ...args, how: record.error === 'upstream-refused' ? 'refuses connections' : 'does not answer connections' } })); return; }
  if (record.error === 'upstream-closed') { yield fault(finding('RO-09', { ...base, args })); return; }
  const set = view.edges.nginxDirectives.find((found) => found.host === host && found.record.name === 'proxy_read_timeout');
  const seconds = Number(/^(\d+)s?$/.exec(set?.record.args[0] ?? '60')?.[1] ?? NaN);
  yield fault(finding('RO-08', { ...base, args: { ...args, time: Number.isNaN(seconds) ? `${set?.record.args[0] ?? ''} in` : String(seconds * 1000) }, proofs: [...base.proofs, ...(set === undefined ? [] : [proof(host, set.record.source, 'how long it waits')])] }));
}
