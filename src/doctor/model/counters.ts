import type { Known, SourceLine } from '../evidence.ts';
import { absent, known, unknown } from '../evidence.ts';
import type { RecordIndex } from './record-index.ts';

/** How far a counter went between the first and the last sample. One sample proves nothing about now: counters run since boot. */
export interface Growth {
  readonly first: number;
  readonly last: number;
  readonly by: number;
  /** Seconds between the samples, null when their times are not known. */
  readonly seconds: number | null;
}

/** Counters of the network stack (nstat, /proc/net/netstat). */
export interface Counters {
  growth(host: string, name: string): Known<Growth>;
  /** The last value, whatever it is worth alone. */
  last(host: string, name: string): Known<number>;
}

export interface Sampled { readonly value: number; readonly sample: number; readonly takenAt: number | null; readonly line: SourceLine }

export function createCounters(index: RecordIndex): Counters {
  const values = new Map<string, Sampled[]>();
  for (const { host, record, read } of index.of('counter')) {
    const key = `${host}\0${record.name}`;
    const list = values.get(key) ?? [];
    values.set(key, list);
    list.push({ value: record.value, sample: read.capture.sample, takenAt: read.capture.takenAt, line: record.source });
  }
  const missing = (host: string, name: string): Known<never> => (index.read(host, 'nstat').some((read) => read.complete) ? absent([]) : unknown(`${name} was not captured`, [{ host, command: `nstat -az ${name}; sleep 10; nstat -az ${name}` }]));
  return {
    growth: (host, name) => {
      const list = values.get(`${host}\0${name}`);
      return list === undefined ? missing(host, name) : growthOf(list, `${name} was captured once only`, { host, command: `nstat -az ${name}; sleep 10; nstat -az ${name}` });
    },
    last: (host, name) => {
      const last = values.get(`${host}\0${name}`)?.at(-1);
      return last === undefined ? missing(host, name) : known(last.value, [last.line]);
    },
  };
}

/** Growth over samples of one counter. A counter that fell was reset (reboot, new namespace): nothing can be said. */
export function growthOf(list: readonly Sampled[], once: string, settle: { readonly host: string; readonly command: string }): Known<Growth> {
  const ordered = [...list].sort((a, b) => a.sample - b.sample);
  const first = ordered[0];
  const last = ordered.at(-1);
  if (first === undefined || last === undefined || first.sample === last.sample) return unknown(once, [settle]);
  if (last.value < first.value) return unknown('the counter was reset between the samples', [settle]);
  const seconds = first.takenAt !== null && last.takenAt !== null ? (last.takenAt - first.takenAt) / 1000 : null;
  return known({ first: first.value, last: last.value, by: last.value - first.value, seconds }, [first.line, last.line]);
}
