import type { Address } from '../address.ts';
import { address } from '../address.ts';
import type { SourceLine } from '../evidence.ts';
import type { RecordOf } from '../parsers/parsers.ts';
import type { Found, RecordIndex } from './record-index.ts';

/** keepalived on all hosts: what it was told, what it logged, what it says of itself. */
export interface Vrrp {
  readonly configs: readonly Found<'vrrp-config'>[];
  readonly blocks: readonly Found<'keepalived-block'>[];
  readonly data: readonly Found<'vrrp-data'>[];
  /** Log events of one host in the order of the log. */
  events(host: string): readonly RecordOf<'vrrp-event'>[];
  readonly hosts: readonly string[];
  /** Options that either stand in the instance or, as a default, in global_defs. Null when not written. */
  option(host: string, instance: string, name: string): { readonly value: string; readonly line: SourceLine } | null;
  /** The state an instance was last known to be in: from the data dump, else from the last log line. */
  stateOf(host: string, instance: string): { readonly state: string; readonly line: SourceLine } | null;
  /** Whether the log ends in the middle of a series of changes (four within ten seconds; an election at the start is three): what was captured a moment before it fits another state. */
  isMoving(host: string, instance: string): boolean;
}

const states: readonly string[] = ['master', 'backup', 'fault'];

export function createVrrp(index: RecordIndex): Vrrp {
  const configs = index.of('vrrp-config');
  const blocks = index.of('keepalived-block');
  const data = index.of('vrrp-data');
  const events = (host: string): RecordOf<'vrrp-event'>[] => index.of('vrrp-event').filter((found) => found.host === host).map((found) => found.record);
  return {
    configs, blocks, data, events,
    hosts: index.hosts.filter((host) => configs.some((found) => found.host === host) || data.some((found) => found.host === host) || events(host).length > 0),
    option: (host, instance, name) => {
      const own = configs.find((found) => found.host === host && found.record.name === instance)?.record.options.get(name);
      if (own) return { value: own.args[0] ?? 'true', line: own.source };
      for (const { record } of blocks.filter((found) => found.host === host && found.record.keyword === 'global_defs')) {
        const general = record.children.find((child) => child.keyword === name || child.keyword === `vrrp_${name}`);
        if (general) return { value: general.args[0] ?? 'true', line: general.source };
      }
      return null;
    },
    stateOf: (host, instance) => {
      const dumped = data.find((found) => found.host === host && found.record.instance === instance)?.record.values.get('state');
      if (dumped) return { state: dumped.value.toUpperCase(), line: dumped.source };
      const last = events(host).filter((event) => event.instance === instance && states.includes(event.event)).at(-1);
      return last === undefined ? null : { state: last.event.toUpperCase(), line: last.source };
    },
    isMoving: (host, instance) => {
      const [first, , , last] = events(host).filter((event) => event.instance === instance && states.includes(event.event)).slice(-4);
      const [from, to] = [first?.at ?? null, last?.at ?? null];
      return from !== null && to !== null && from.absolute === to.absolute && to.ms - from.ms <= 10_000;
    },
  };
}

/** `10.0.0.100/32 dev eth0 scope global` as the data dump writes it. */
export function addressOfVipText(text: string): Address | null {
  return address((text.split(/[\s/]/)[0] ?? ''));
}
