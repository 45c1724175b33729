import { finding } from '../findings/finding.ts';
import type { Facets } from '../model/facets.ts';
import { settingOf } from '../model/haproxy-settings.ts';
import { hostName } from '../model/record-index.ts';
import { isObject, textOf } from '../parsers/read-lines.ts';
import { about, analyzer, fault, nothing, proof } from './analyzer.ts';
import type { Answer } from './analyzer.ts';

type View = Pick<Facets, 'haproxy' | 'objects' | 'hosts'>;

/** RO-02, RO-04, RO-05, RO-13, RO-18, RO-19: the router's own state, and who may change it. */
export const roState = analyzer({
  name: 'ro-state',
  asks: 'Is the router what it is meant to be?',
  codes: ['RO-02', 'RO-04', 'RO-05', 'RO-13', 'RO-18', 'RO-19'],
  reads: ['haproxy', 'objects', 'hosts'],
  *analyze(view): Generator<Answer> {
    yield* admitted(view);
    yield* drift(view);
    yield* replicas(view);
    for (const host of view.hosts.names) yield* workers(view, host);
    yield* flapping(view);
    yield* exposed(view);
  },
});

function* admitted(view: View): Generator<Answer> {
  for (const { host, record } of view.objects.all) {
    if (record.objectKind !== 'Route') continue;
    const status = isObject(record.object['status']) && Array.isArray(record.object['status']['ingress']) ? record.object['status']['ingress'] : [];
    const name = isObject(record.object['spec']) ? textOf(record.object['spec']['host']) ?? '' : '';
    for (const [at, router] of status.entries()) {
      const conditions: unknown[] = isObject(router) && Array.isArray(router['conditions']) ? router['conditions'] : [];
      const index = conditions.findIndex((each) => isObject(each) && each['type'] === 'Admitted');
      const condition = conditions[index];
      if (!isObject(router) || !isObject(condition)) continue;
      const line = record.lineOf(['status', 'ingress', at, 'conditions', index, 'status']);
      const route = `${record.namespace}/${record.name}`;
      if (condition['status'] !== 'False') { yield nothing('RO-02', route, [line]); continue; }
      const reason = [textOf(condition['reason']), textOf(condition['message'])].filter((each) => each !== null).join(': ');
      yield fault(finding('RO-02', { host, about: [about.name(name)], args: { route, name, router: textOf(router['routerName']) ?? 'the router', reason: reason === '' ? 'no reason is given' : reason.replace(/\.$/, '') }, proofs: [proof(host, line, 'Admitted is False'), proof(host, record.source, 'the Route')] }));
    }
  }
}

function* drift(view: View): Generator<Answer> {
  const files = new Map(view.haproxy.mapEntries.filter(({ record }) => record.from === 'file' && !record.key.startsWith('#')).map((found) => [`${found.host}\0${found.record.map}\0${found.record.key}`, found]));
  const told = new Set<string>();
  for (const { host, record } of view.haproxy.mapEntries) {
    const written = files.get(`${host}\0${record.map}\0${record.key}`);
    if (record.from !== 'runtime' || written === undefined || told.has(`${host}\0${record.map}`)) continue;
    if (written.record.value === record.value) { yield nothing('RO-04', `${record.map} ${record.key}`, [record.source, written.record.source]); continue; }
    told.add(`${host}\0${record.map}`);
    yield fault(finding('RO-04', { host, about: [about.host(host), about.name(record.key)], args: { host: hostName(host), what: `the map ${record.map} differs from its file`, key: record.key, compare: `echo "show map ${record.map}" | socat stdio SOCKET | cut -d" " -f2- | diff - ${record.map}`, how: `leads to ${record.value} in the process and to ${written.record.value} in the file` }, proofs: [proof(host, record.source, 'in the process'), proof(host, written.record.source, 'in the file')] }));
  }
}

function* replicas(view: View): Generator<Answer> {
  const entries = view.haproxy.mapEntries.filter(({ record }) => record.from === 'runtime' && record.map !== '');
  const first = new Map<string, (typeof entries)[number]>();
  for (const found of entries) {
    const key = `${found.record.map}\0${found.record.key}`;
    const before = first.get(key);
    if (before === undefined) { first.set(key, found); continue; }
    if (before.host === found.host) continue;
    const [one, two] = [before.record, found.record];
    if (one.value === two.value) { yield nothing('RO-05', one.key, [one.source, two.source]); continue; }
    // Certificates' and timeouts' maps may differ by path on purpose; where a name leads to must not.
    yield fault(finding('RO-05', { host: before.host, about: [about.name(one.key)], args: { key: one.key, map: one.map, first: one.value, one: hostName(before.host), second: two.value, two: hostName(found.host) }, proofs: [proof(before.host, one.source, 'here'), proof(found.host, two.source, 'there')] }));
  }
}

function* workers(view: View, host: string): Generator<Answer> {
  const listed = view.haproxy.processes.filter((found) => found.host === host).map((found) => found.record);
  const old = listed.filter((process) => process.old);
  const [first, ...rest] = old;
  if (first !== undefined) {
    const oldest = old.at(-1) ?? first;
    yield fault(finding('RO-13', { host, about: [about.host(host)], args: { host: hostName(host), count: String(old.length), age: oldest.uptime }, proofs: [proof(host, first.source, 'an old worker'), ...rest.slice(0, 2).map((each) => proof(host, each.source, 'another one'))], ...(old.length === 1 ? { severity: 'note' as const } : {}) }));
    return;
  }
  const [any] = listed;
  if (any !== undefined) { yield nothing('RO-13', hostName(host), [any.source]); return; }
  // `-sf PID ...` stays in the command line of the process that took over; those it took over from must be gone.
  const running = view.hosts.processes(host, /^(?:\S*\/)?haproxy\s/);
  // An HAProxy with another configuration was not taken over from, even when a script that signals by name lists its pid (RO-14).
  const file = (process: (typeof running)[number]): string => /\s-f\s+(\S+)/.exec(process.command)?.[1] ?? '';
  const replaced = new Set(running.flatMap((process) => (/\s-(?:sf|st)((?:\s+\d+)+)/.exec(process.command)?.[1]?.trim().split(/\s+/).map(Number) ?? []).filter((pid) => running.some((other) => other.pid === pid && file(other) === file(process)))));
  const left = running.filter((process) => replaced.has(process.pid));
  const [one, ...others] = left;
  const [process] = running;
  if (one === undefined) { if (process !== undefined) yield nothing('RO-13', hostName(host), [process.source]); return; }
  yield fault(finding('RO-13', { host, about: [about.host(host)], args: { host: hostName(host), count: String(left.length), age: left.map((each) => each.elapsed ?? 'an unknown time').sort((a, b) => b.length - a.length)[0] ?? 'an unknown time' }, proofs: [proof(host, one.source, 'told to finish, still there'), ...others.slice(0, 2).map((each) => proof(host, each.source, 'this one too'))], ...(left.length === 1 ? { severity: 'note' as const } : {}) }));
}

function* flapping(view: View): Generator<Answer> {
  const changes = view.haproxy.events.filter(({ record }) => record.event === 'server-down' || record.event === 'server-up');
  const groups = Map.groupBy(changes, (found) => `${found.host}\0${found.record.proxy ?? ''}/${found.record.server ?? ''}`);
  for (const [key, group] of groups) {
    const name = key.split('\0')[1] ?? '';
    const changes = group.filter((each, at) => at === 0 || each.record.event !== group[at - 1]?.record.event);
    const downs = changes.filter(({ record }) => record.event === 'server-down');
    const [first, second] = downs;
    const up = changes.find(({ record }) => record.event === 'server-up');
    if (first === undefined || second === undefined || up === undefined) { const [any] = group; if (any !== undefined) yield nothing('RO-18', name, [any.record.source]); continue; }
    yield fault(finding('RO-18', {
      host: first.host, about: [about.host(first.host), about.name(name), about.name(first.record.proxy ?? '')], args: { server: name, host: hostName(first.host), count: String(changes.length), reason: /reason: ([^,]+(?:, info: "[^"]*")?)/.exec(first.record.text)?.[1] ?? 'no reason logged' },
      proofs: [proof(first.host, first.record.source, 'down'), proof(up.host, up.record.source, 'up'), proof(second.host, second.record.source, 'down again')],
    }));
  }
}

const local = /^(?:\/|unix@|abns@|fd@|sockpair@|(?:ipv4@|ipv6@|tcp@|tcp4@)?(?:127\.|\[?::1\b|localhost))/;

function* exposed(view: View): Generator<Answer> {
  for (const section of view.haproxy.sections) {
    const { host, record } = section;
    for (const socket of record.statements.filter((each) => each.keyword === 'stats' && each.args[0] === 'socket')) {
      const place = socket.args[1] ?? '';
      const admin = socket.args[socket.args.indexOf('level') + 1] === 'admin' && socket.args.includes('level');
      if (local.test(place) || !admin) { yield nothing('RO-19', `${hostName(host)} ${place}`, [socket.source]); continue; }
      yield fault(finding('RO-19', { host, about: [about.host(host)], args: { what: 'The admin socket', host: hostName(host), place }, proofs: [proof(host, socket.source, 'an admin socket on the network')], lowered: [{ by: 0.1, because: 'a packet filter may close it' }] }));
    }
    if (record.section !== 'frontend' && record.section !== 'listen') continue;
    const page = record.statements.find((each) => each.keyword === 'stats' && ['enable', 'uri'].includes(each.args[0] ?? ''));
    const bind = record.statements.find((each) => each.keyword === 'bind' && !local.test(each.args[0] ?? ''));
    if (page === undefined) continue;
    const guarded = settingOf(view.haproxy.sections, section, 'stats', 'auth') ?? record.statements.find((each) => (each.keyword === 'http-request' && /^(?:auth|deny)$/.test(each.args[0] ?? '')) || (each.keyword === 'stats' && each.args[0] === 'http-request'));
    if (bind === undefined || guarded !== undefined) { yield nothing('RO-19', `${hostName(host)} ${record.name}`, [page.source]); continue; }
    yield fault(finding('RO-19', { host, about: [about.host(host)], severity: 'warning', args: { what: 'The statistics page', host: hostName(host), place: bind.args[0] ?? '' }, proofs: [proof(host, page.source, 'the page'), proof(host, bind.source, 'its address')], lowered: [{ by: 0.1, because: 'a packet filter may close it' }] }));
  }
}
