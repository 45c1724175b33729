import type { Known, SourceLine } from '../evidence.ts';
import { absent, known, unknown } from '../evidence.ts';
import type { RecordIndex } from './record-index.ts';

/** Kernel settings of all hosts. */
export interface Sysctls {
  /** The running value as text. */
  value(host: string, key: string): Known<string>;
  /** The running value as a number; a text that is none is unknown. */
  number(host: string, key: string): Known<number>;
  /** What counts for one interface: the larger of `all` and the interface (arp_ignore, rp_filter, proxy_arp, promote_secondaries, log_martians). */
  effective(host: string, dev: string, name: string): Known<number>;
  /** Values that files in /etc/sysctl.d ask for. */
  configured(host: string, key: string): readonly { readonly value: string; readonly line: SourceLine }[];
}

export function createSysctls(index: RecordIndex): Sysctls {
  const running = new Map<string, { value: string; line: SourceLine; contradicted: boolean }>();
  const files = new Map<string, { value: string; line: SourceLine }[]>();
  for (const { host, record, read } of index.of('sysctl')) {
    const key = `${host}\0${record.key}`;
    if (record.from === 'configured') {
      files.set(key, [...(files.get(key) ?? []), { value: record.value, line: record.source }]);
      continue;
    }
    const before = running.get(key);
    // Counters among the settings (nf_conntrack_count) differ between samples; a setting that differs in one sample does so because two hosts were mixed.
    const contradicted = before !== undefined && before.value !== record.value && !record.key.endsWith('_count') && read.capture.sample === 1 && host === '';
    running.set(key, { value: record.value, line: record.source, contradicted: contradicted || before?.contradicted === true });
  }
  const whole = (host: string): boolean => index.read(host, 'sysctl').some((read) => read.complete && /\bsysctl\s+(?:-\w*a|-A|-X)/.test(read.capture.command));
  const value = (host: string, key: string): Known<string> => {
    const found = running.get(`${host}\0${key}`);
    if (found?.contradicted === true) return unknown(`${key} has several values in the evidence`, [{ host, command: `sysctl ${key}` }]);
    if (found !== undefined) return known(found.value, [found.line]);
    if (whole(host)) return absent([]);
    return unknown(`${key} was not captured`, [{ host, command: `sysctl ${key}` }]);
  };
  const number = (host: string, key: string): Known<number> => {
    const found = value(host, key);
    if (found.state !== 'known') return found;
    const text = found.value.split(/\s+/)[0] ?? '';
    return /^-?\d+$/.test(text) ? known(Number(text), found.lines) : unknown(`${key} is "${text}", not a number`, [{ host, command: `sysctl ${key}` }]);
  };
  return {
    value, number,
    effective: (host, dev, name) => {
      const all = number(host, `net.ipv4.conf.all.${name}`);
      // sysctl prints a dot in an interface's name as a slash.
      const slashed = dev.replaceAll('.', '/');
      const plain = number(host, `net.ipv4.conf.${slashed}.${name}`);
      const own = plain.state === 'known' || slashed === dev ? plain : number(host, `net.ipv4.conf.${dev}.${name}`);
      if (all.state === 'known' && own.state === 'known') return known(Math.max(all.value, own.value), [...all.lines, ...own.lines]);
      // One of them above 0 is enough to know that the larger is.
      if (all.state === 'known' && all.value > 0) return all;
      if (own.state === 'known' && own.value > 0) return own;
      const commands = [all, own].flatMap((each) => (each.state === 'unknown' ? each.settle : []));
      return unknown(`net.ipv4.conf.all.${name} and conf.${dev}.${name} were not both captured`, commands);
    },
    configured: (host, key) => files.get(`${host}\0${key}`) ?? [],
  };
}
