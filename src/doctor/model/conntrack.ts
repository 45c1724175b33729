import type { Known, SourceLine } from '../evidence.ts';
import { absent, known, unknown } from '../evidence.ts';
import type { RecordOf } from '../parsers/parsers.ts';
import { growthOf } from './counters.ts';
import type { Growth, Sampled } from './counters.ts';
import type { RecordIndex } from './record-index.ts';
import { createSysctls } from './sysctls.ts';

export type ConntrackTable = RecordOf<'conntrack-table'>;
export type ConntrackRow = RecordOf<'conntrack-row'>;

/** The connection tables of all hosts. */
export interface Conntrack {
  /** Hosts with anything about connection tracking in the evidence. */
  readonly hosts: readonly string[];
  table(host: string): Known<ConntrackTable>;
  /** Rows that were kept: all of a small table, the unanswered and translated ones of a large one. */
  rows(host: string): readonly ConntrackRow[];
  /** Growth of `drop`, `early_drop`, `insert_failed`, `invalid`, `chaintoolong`. */
  growth(host: string, counter: string): Known<Growth>;
  counter(host: string, counter: string): Known<number>;
  count(host: string): Known<number>;
  max(host: string): Known<number>;
  buckets(host: string): Known<number>;
  /** Seconds; by the end of the sysctl's name: `tcp_timeout_close_wait`. */
  timeout(host: string, name: string): Known<number>;
}

export function createConntrack(index: RecordIndex): Conntrack {
  const sysctls = createSysctls(index);
  const stats = new Map<string, Sampled[]>();
  for (const { host, record, read } of index.of('conntrack-stats')) {
    for (const [name, value] of Object.entries(record.counters)) {
      const key = `${host}\0${name}`;
      const sampled: Sampled = { value, sample: read.capture.sample, takenAt: read.capture.takenAt, line: record.source };
      const before = stats.get(key);
      if (before === undefined) stats.set(key, [sampled]);
      else before.push(sampled);
    }
  }
  // Oldest name last: `net.ipv4.netfilter.ip_conntrack_max` of 2.6 kernels, `net.nf_conntrack_max` where it is an alias.
  const first = (host: string, names: readonly string[]): Known<number> => {
    const answers = names.map((name) => sysctls.number(host, name));
    return answers.find((answer) => answer.state === 'known') ?? answers[0] ?? unknown('no name to look for', []);
  };
  const tables = index.of('conntrack-table');
  const rows = Map.groupBy(index.of('conntrack-row'), (found) => found.host);
  const records = new Map([...rows].map(([host, list]) => [host, list.map((found) => found.record)] as const));
  return {
    hosts: index.hosts.filter((host) => tables.some((found) => found.host === host) || index.of('conntrack-stats').some((found) => found.host === host) || index.of('conntrack-full').some((found) => found.host === host) || index.of('sysctl').some((found) => found.host === host && found.record.key.includes('conntrack'))),
    table: (host) => {
      const found = tables.filter((each) => each.host === host).sort((a, b) => b.record.rows - a.record.rows)[0];
      if (found !== undefined) return known(found.record, [found.record.source]);
      if (index.read(host, 'conntrack-table').some((read) => read.complete)) return absent([]);
      return unknown('the connection table was not captured', [{ host, command: 'conntrack -L 2>/dev/null | head -n 200000' }]);
    },
    rows: (host) => records.get(host) ?? [],
    growth: (host, counter) => {
      const list = stats.get(`${host}\0${counter}`);
      const command = { host, command: 'conntrack -S; sleep 10; conntrack -S' };
      return list === undefined ? unknown(`the counter ${counter} was not captured`, [command]) : growthOf(list, `${counter} was captured once only`, command);
    },
    counter: (host, counter) => {
      const last = stats.get(`${host}\0${counter}`)?.at(-1);
      return last === undefined ? unknown(`the counter ${counter} was not captured`, [{ host, command: 'conntrack -S' }]) : known(last.value, [last.line]);
    },
    count: (host) => {
      const setting = first(host, ['net.netfilter.nf_conntrack_count', 'net.ipv4.netfilter.ip_conntrack_count']);
      if (setting.state === 'known') return setting;
      const counted = index.of('conntrack-count').find((found) => found.host === host);
      return counted === undefined ? setting : known(counted.record.entries, [counted.record.source]);
    },
    max: (host) => first(host, ['net.netfilter.nf_conntrack_max', 'net.nf_conntrack_max', 'net.ipv4.netfilter.ip_conntrack_max']),
    buckets: (host) => first(host, ['net.netfilter.nf_conntrack_buckets', 'net.ipv4.netfilter.ip_conntrack_buckets']),
    timeout: (host, name) => first(host, [`net.netfilter.nf_conntrack_${name}`, `net.ipv4.netfilter.ip_conntrack_${name}`]),
  };
}

/** Lines of an answer, none when it is not known. */
export function linesOf(answer: Known<unknown>): readonly SourceLine[] {
  return answer.state === 'unknown' ? [] : answer.lines;
}
