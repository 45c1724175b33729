import type { SourceLine } from '../evidence.ts';
import type { Found } from './record-index.ts';
import type { HaproxyState } from './haproxy-state.ts';
import { argument, settingOf } from './haproxy-settings.ts';
import type { Section } from './haproxy-settings.ts';

/** A backend (or listen) of one host with how it chooses servers and who came. */
export interface Balanced {
  readonly host: string;
  readonly section: Section;
  /** `source`, `leastconn`, `roundrobin`, ...; roundrobin is the default. */
  readonly algorithm: string;
  readonly algorithmLine: SourceLine | null;
  readonly servers: readonly { readonly name: string; readonly address: string; readonly weight: number; readonly line: SourceLine }[];
  /** Connections of the log by client, and the servers each went to. */
  readonly clients: ReadonlyMap<string, { readonly count: number; readonly servers: ReadonlySet<string>; readonly line: SourceLine }>;
  readonly sessions: readonly Found<'haproxy-session'>[];
  /** `lbtot` of `show stat` by server. */
  readonly dealt: ReadonlyMap<string, { readonly count: number; readonly line: SourceLine }>;
}

export function balanced(haproxy: HaproxyState): Balanced[] {
  const sessionsOf = Map.groupBy(haproxy.sessions, (found) => `${found.host}\0${found.record.backend}`);
  const statsOf = Map.groupBy(haproxy.stats, (found) => `${found.host}\0${found.record.proxy}`);
  return haproxy.sections.filter(({ record }) => record.section === 'backend' || record.section === 'listen').map((section) => {
    const { host, record } = section;
    const balance = settingOf(haproxy.sections, section, 'balance');
    const key = `${host}\0${record.name}`;
    const sessions = (sessionsOf.get(key) ?? []).filter((found) => found.record.server !== '<NOSRV>');
    const clients = new Map<string, { count: number; servers: Set<string>; line: SourceLine }>();
    for (const { record: session } of sessions) {
      if (session.client === null) continue;
      const entry = clients.get(session.client) ?? { count: 0, servers: new Set<string>(), line: session.source };
      clients.set(session.client, entry);
      entry.count++;
      entry.servers.add(session.server);
    }
    if (clients.size === 0) {
      for (const { record: entry } of haproxy.stickEntries.filter((found) => found.host === host && found.record.table === record.name && /^[\d.*]+$|:/.test(found.record.key))) {
        const server = entry.values.get('server_key') ?? entry.values.get('server_id');
        clients.set(entry.key, { count: Number(entry.values.get('conn_cnt') ?? entry.values.get('conn_rate') ?? 1), servers: new Set(server === undefined ? [] : [server]), line: entry.source });
      }
    }
    const dealt = new Map((statsOf.get(key) ?? []).filter((found) => !['FRONTEND', 'BACKEND'].includes(found.record.server) && found.record.values.has('lbtot')).map((found) => [found.record.server, { count: Number(found.record.values.get('lbtot')), line: found.record.source }] as const));
    return {
      host, section, algorithm: balance?.args[0] ?? 'roundrobin', algorithmLine: balance?.source ?? null, sessions, clients, dealt,
      servers: record.statements.filter((each) => each.keyword === 'server' && !each.args.includes('backup') && !each.args.includes('disabled')).map((each) => ({ name: each.args[0] ?? '', address: each.args[1] ?? '', weight: Number(argument(each, 'weight') ?? 1), line: each.source })),
    };
  });
}
