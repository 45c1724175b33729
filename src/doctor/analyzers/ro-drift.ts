import { address } from '../address.ts';
import { finding } from '../findings/finding.ts';
import type { Proof } from '../findings/finding.ts';
import type { Facets } from '../model/facets.ts';
import { hostName } from '../model/record-index.ts';
import { isObject, textOf } from '../parsers/read-lines.ts';
import { about, analyzer, fault, nothing, proof } from './analyzer.ts';
import type { Answer } from './analyzer.ts';

type View = Pick<Facets, 'haproxy' | 'objects' | 'workloads'>;
type Running = View['haproxy']['serverStates'][number];

/** RO-04 once more: servers of the running process against its configuration, and against the endpoints of the cluster. */
export const roDrift = analyzer({
  name: 'ro-drift',
  asks: 'Does the running HAProxy have the servers that its configuration and the cluster name?',
  codes: ['RO-04'],
  reads: ['haproxy', 'objects', 'workloads'],
  *analyze(view): Generator<Answer> {
    const hosts = new Set(view.haproxy.serverStates.map((found) => found.host));
    for (const host of hosts) {
      const running = view.haproxy.serverStates.filter((found) => found.host === host);
      yield* written(view, host, running);
      yield* endpoints(view, host, running);
    }
  },
});

const compare = 'echo "show servers state" | socat stdio SOCKET';

function told(host: string, backend: string, what: string, key: string, how: string, proofs: readonly [Proof, ...Proof[]], lowered: readonly { readonly by: number; readonly because: string }[] = []): Answer {
  return fault(finding('RO-04', { host, about: [about.host(host), about.name(backend)], args: { host: hostName(host), what, key, how, compare }, proofs, lowered }));
}

/** Only backends whose servers are written down: what a controller adds at run time by design is in none of them. */
function* written(view: View, host: string, running: readonly Running[]): Generator<Answer> {
  // The state file brings run-time changes back at a start, so they are no drift.
  const kept = view.haproxy.sections.some((each) => each.host === host && each.record.statements.some((statement) => statement.keyword === 'load-server-state-from-file' && statement.args[0] !== 'none'));
  if (kept) return;
  const states = Map.groupBy(running, (found) => found.record.backend);
  for (const { record } of view.haproxy.sections.filter((each) => each.host === host && ['backend', 'listen'].includes(each.record.section))) {
    const servers = record.statements.filter((each) => each.keyword === 'server');
    const mine = (states.get(record.name) ?? []).map((found) => found.record);
    const [any] = mine;
    if (servers.length === 0 || any === undefined || record.statements.some((each) => each.keyword === 'server-template')) continue;
    const what = 'HAProxy differs from its configuration';
    let same = true;
    for (const state of mine) {
      const name = `${record.name}/${state.server}`;
      const line = servers.find((each) => each.args[0] === state.server);
      if (line === undefined) {
        same = false;
        yield told(host, name, what, name, `is in the process (${state.address ?? '?'}:${String(state.port ?? 0)}) and not in the file, so that it is lost at the next start`, [proof(host, state.source, 'in the process'), proof(host, record.source, 'the backend in the file')]);
        break;
      }
      const found = /^(?:ipv[46]@)?(\[[0-9a-f:]+\]|[\d.]+)(?::(\d+))?$/i.exec(line.args[1] ?? '');
      const to = address(found?.[1] ?? '');
      // Names, and servers that a resolver follows, change their address on purpose.
      if (to === null || state.address === null || line.args.includes('resolvers')) continue;
      const port = found?.[2] === undefined ? state.port : Number(found[2]);
      const hand = (state.administrative & 1) === 1 && !line.args.includes('disabled');
      if (to === state.address && port === state.port && !hand) continue;
      same = false;
      yield told(host, name, what, name, to !== state.address || port !== state.port ? `leads to ${state.address}:${String(state.port ?? 0)} in the process and to ${line.args[1] ?? ''} in the file` : 'is in maintenance by hand, and comes back at the next start', [proof(host, state.source, 'in the process'), proof(host, line.source, 'in the file')]);
      break;
    }
    const missing = servers.find((each) => !mine.some((state) => state.server === each.args[0]));
    if (missing !== undefined) { same = false; yield told(host, record.name, what, `${record.name}/${missing.args[0] ?? ''}`, 'is in the file and not in the process: the file was changed without a reload, or the server was deleted by hand', [proof(host, missing.source, 'in the file'), proof(host, any.source, 'the backend in the process')]); }
    if (same) yield nothing('RO-04', `${record.name} on ${hostName(host)}`, [any.source]);
  }
}

/** OpenShift's names: `be_edge_http:NAMESPACE:ROUTE`. */
function* endpoints(view: View, host: string, running: readonly Running[]): Generator<Answer> {
  const backends = Map.groupBy(running, (found) => found.record.backend);
  for (const [backend, group] of backends) {
    const named = /^be_(?:http|edge_http|secure|tcp):([^:]+):([^:]+)$/.exec(backend);
    const route = named === null ? null : view.objects.get('Route', named[1] ?? '', named[2] ?? '');
    const spec = isObject(route?.object['spec']) ? route.object['spec'] : {};
    const service = isObject(spec['to']) ? textOf(spec['to']['name']) : null;
    const [any] = group;
    if (route === null || service === null || any === undefined || (Array.isArray(spec['alternateBackends']) && spec['alternateBackends'].length > 0)) continue;
    const wanted = view.workloads.endpoints(route.namespace, service);
    if (wanted === null) continue;
    // Slots that a dynamic router holds ready are in maintenance and belong to nobody.
    const used = group.map((found) => found.record).filter((record) => record.address !== null && (record.administrative & 5) === 0 && !record.server.startsWith('_dynamic-pod-'));
    const dynamic = group.map((found) => found.record).filter((record) => record.server.startsWith('_dynamic-pod-') && (record.administrative & 5) === 0);
    const has = new Set([...used, ...dynamic].flatMap((record) => record.address ?? []));
    const ready = wanted.list.filter((each) => each.ready);
    const absent = ready.find((each) => !has.has(each.address));
    const stale = [...used, ...dynamic].find((record) => !wanted.list.some((each) => each.address === record.address));
    const subject = `${backend} on ${hostName(host)}`;
    if (absent === undefined && stale === undefined) { yield nothing('RO-04', subject, [any.record.source, wanted.line]); continue; }
    const late = [{ by: 0.15, because: 'both captures may have been taken in the seconds of a change' }];
    if (stale !== undefined) yield told(host, backend, 'HAProxy differs from the cluster', backend, `still sends to ${stale.address ?? ''}, which is no endpoint of ${route.namespace}/${service}`, [proof(host, stale.source, 'in the process'), proof('', ready[0]?.line ?? wanted.line, 'the endpoints there are')], late);
    else if (absent !== undefined) yield told(host, backend, 'HAProxy differs from the cluster', backend, `does not have ${absent.address}, a ready endpoint of ${route.namespace}/${service}`, [proof('', absent.line, 'ready'), proof(host, any.record.source, 'the servers there are')], late);
  }
}
