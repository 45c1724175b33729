import type { Known } from '../evidence.ts';
import { known, unknown } from '../evidence.ts';
import { joinTables } from './firewall/host-firewall.ts';
import type { HostFirewall } from './firewall/host-firewall.ts';
import type { RecordIndex } from './record-index.ts';

/** The packet filters of all hosts. */
export interface Firewalls {
  /** Hosts with any rule set in the evidence. */
  readonly hosts: readonly string[];
  /** As it was last captured. */
  of(host: string): Known<HostFirewall>;
  /** The first sample, where there are two: its counters against the last ones tell what happens now. */
  earlier(host: string): Known<HostFirewall>;
}

export function createFirewalls(index: RecordIndex): Firewalls {
  const tables = index.of('firewall-table');
  const join = (host: string, which: 'first' | 'last'): Known<HostFirewall> => {
    const mine = tables.filter((found) => found.host === host);
    const command = [{ host, command: 'iptables-save -c; iptables-legacy-save -c; nft list ruleset' }];
    if (mine.length === 0) return unknown('the packet filter was not captured', command);
    const samples = mine.map((found) => found.read.capture.sample);
    const first = Math.min(...samples);
    const last = Math.max(...samples);
    if (which === 'first' && first === last) return unknown('the packet filter was captured once only', command);
    // A rule set that was taken once belongs to both: only iptables-save is taken twice, and iptables-legacy-save and ip6tables-save write the
    // same form. Lines out of a grep are never a sample of the whole.
    const wanted = which === 'first' ? first : last;
    const chosen = mine.filter((found) => found.read.capture.sample === wanted || !found.record.complete || !mine.some((other) => other.read.capture.command === found.read.capture.command && other.read.capture.sample === wanted));
    // A listing without a single table makes no record, and says that there is none.
    const whole = (format: 'iptables-save' | 'nft-ruleset' | 'nft-json', command: RegExp): boolean => index.read(host, format).some((read) => read.complete && command.test(read.capture.command));
    const looked = { legacy: whole('iptables-save', /legacy-save/), nft: whole('nft-ruleset', /list ruleset/) || whole('nft-json', /list ruleset/) };
    const sets = index.of('ip-set').filter((found) => found.host === host);
    return known(joinTables(host, chosen.map((found) => found.record), sets.map((found) => found.record), looked), chosen.map((found) => found.record.source));
  };
  return { hosts: index.hosts.filter((host) => tables.some((found) => found.host === host)), of: (host) => join(host, 'last'), earlier: (host) => join(host, 'first') };
}
