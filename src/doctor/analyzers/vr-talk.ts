import type { SourceLine } from '../evidence.ts';
import { finding } from '../findings/finding.ts';
import type { Proof } from '../findings/finding.ts';
import type { Facets } from '../model/facets.ts';
import { hostName } from '../model/record-index.ts';
import { groupsOf, membersOf } from '../model/vrrp-groups.ts';
import type { VrrpMember } from '../model/vrrp-groups.ts';
import { about, analyzer, couldNotLook, fault, nothing, proof } from './analyzer.ts';
import type { Answer } from './analyzer.ts';
import type { RecordOf } from '../parsers/parsers.ts';

type View = Pick<Facets, 'vrrp' | 'holders'>;
type Event = RecordOf<'vrrp-event'>;

/** VR-04, VR-05: advertisements that arrive and are not accepted. */
export const vrTalk = analyzer({
  name: 'vr-talk',
  asks: 'Do the members of a VRRP group accept each other\'s advertisements?',
  codes: ['VR-04', 'VR-05'],
  reads: ['vrrp', 'holders'],
  *analyze(view): Generator<Answer> {
    const members = membersOf(view.vrrp);
    const told = new Set<string>();
    for (const member of members) yield* refusedByLog(view, member, told);
    yield* collisions(view, members, told);
    for (const group of groupsOf(view.vrrp)) {
      const configured = group.members.filter((member) => member.config !== null);
      const [first] = configured;
      if (first === undefined || configured.length < 2) continue;
      const differing = configured.slice(1).flatMap((other) => { const why = difference(view, first, other); return why === null ? [] : [{ other, why }]; })[0];
      if (differing === undefined) { if (!group.members.some((member) => told.has(member.host))) yield nothing('VR-05', group.instance, configured.map((member) => member.line)); continue; }
      if (group.members.some((member) => told.has(`VR-05 ${member.host}`))) continue;
      yield mismatch(first, differing.other.host, [proof(first.host, first.line, 'one way'), proof(differing.other.host, differing.other.line, 'the other way')], differing.why);
    }
  },
});

/** What keepalived itself wrote about advertisements that it threw away. */
function* refusedByLog(view: View, member: VrrpMember, told: Set<string>): Generator<Answer> {
  // What was refused before the configuration was read anew may have been mended by that.
  const all = view.vrrp.events(member.host);
  const events = all.slice(all.findLastIndex(({ event }) => event === 'started' || event === 'reloaded') + 1).filter((event) => event.instance === member.instance || event.instance === null);
  const listed = events.filter((event) => event.event === 'address-mismatch');
  const [odd] = listed;
  const partners = groupsOf(view.vrrp).find((group) => group.members.some((each) => each.host === member.host && each.instance === member.instance))?.members.filter((each) => each.host !== member.host) ?? [];
  // Of two members, one that takes the other's advertisements again has nothing against them any more.
  const accepted = partners.length === 1 ? events.findLastIndex(({ event }) => event === 'higher-advert' || event === 'lower-advert') : -1;
  const other = events.slice(accepted + 1).find((event) => event.event === 'auth-mismatch' || event.event === 'interval-mismatch' || event.event === 'version-mismatch');
  if (odd !== undefined) {
    told.add(member.host);
    const unlike = partners.find((each) => each.config !== null && member.config !== null && each.vips.join() !== member.vips.join());
    yield collision(member, odd.source, unlike === undefined ? 'another group on this network uses the same id' : `${hostName(unlike.host)} lists ${unlike.vips.join(', ')}, this host ${member.vips.join(', ')}`, unlike === undefined ? [] : [proof(unlike.host, unlike.line, 'the other list')], other?.source ?? null, unlike?.host ?? null);
  }
  if (other !== undefined) {
    told.add(member.host);
    told.add(`VR-05 ${member.host}`);
    yield mismatch(member, partners[0]?.host ?? null, [proof(member.host, other.source, 'refused')], reasons[other.event] ?? 'an advertisement was refused');
  }
  const bogus = events.find((event) => event.event === 'bogus');
  if (bogus !== undefined && odd === undefined && other === undefined) {
    yield couldNotLook('VR-04', `${member.instance} on ${hostName(member.host)}`, 'keepalived calls a packet bogus without saying why', [{ host: member.host, command: 'tcpdump -c 5 -vvni any ip proto 112   # sender, vrid, addresses' }]);
  }
}

const reasons: Partial<Readonly<Record<Event['event'], string>>> = {
  'auth-mismatch': 'the password or its type differs', 'interval-mismatch': 'the advertisement interval differs', 'version-mismatch': 'the protocol version differs',
};

/** Two configurations with one id on one network and no common address. */
function* collisions(view: View, members: readonly VrrpMember[], told: Set<string>): Generator<Answer> {
  for (const [at, member] of members.entries()) {
    for (const other of members.slice(at + 1)) {
      if (member.vrid === null || member.vrid !== other.vrid || member.vips.length === 0 || other.vips.length === 0 || member.vips.some((vip) => other.vips.includes(vip))) continue;
      const subject = `id ${String(member.vrid)} on ${hostName(member.host)} and ${hostName(other.host)}`;
      const shared = sameNetwork(view, member, other);
      if (shared === null) { yield couldNotLook('VR-04', subject, 'it is not known whether both are on one network', [{ host: member.host, command: 'ip address show' }, { host: other.host, command: 'ip address show' }]); continue; }
      if (!shared) { yield nothing('VR-04', subject, [member.line, other.line]); continue; }
      if (told.has(member.host) || told.has(other.host)) continue;
      told.add(member.host);
      yield collision(member, member.line, `${other.instance} on ${hostName(other.host)} uses it for ${other.vips.join(', ')}`, [proof(other.host, other.line, 'the other group')], null, other.host);
    }
  }
}

function sameNetwork(view: View, a: VrrpMember, b: VrrpMember): boolean | null {
  const networks = (member: VrrpMember): string[] => view.holders.onHost(member.host).filter((held) => held.held.dev === member.config?.interface && held.held.length < 32 && !held.held.address.includes(':')).map((held) => `${held.held.address.split('.').slice(0, Math.max(1, Math.floor(held.held.length / 8))).join('.')}/${String(held.held.length)}`);
  const left = networks(a);
  const right = networks(b);
  if (a.host === b.host && a.config !== null && b.config !== null) return a.config.interface === b.config.interface;
  return left.length === 0 || right.length === 0 ? null : left.some((each) => right.includes(each));
}

function collision(member: VrrpMember, line: SourceLine, why: string, more: readonly Proof[], password: SourceLine | null, other: string | null): Answer {
  return fault(finding('VR-04', {
    host: member.host, about: [about.host(member.host), ...(other === null ? [] : [about.host(other)]), ...member.vips.map(about.address)],
    args: { host: hostName(member.host), vrid: member.vrid === null ? 'of this instance' : String(member.vrid), why },
    proofs: [proof(member.host, line, 'other addresses under this id'), ...more, ...(member.config === null ? [] : [proof(member.host, member.config.source, 'this host\'s own instance')])],
    rulesOut: password === null ? [{ code: 'VR-05', what: 'Passwords or intervals that differ', because: 'the log names addresses', line }] : [],
  }));
}

function mismatch(member: VrrpMember, other: string | null, shown: readonly [Proof, ...Proof[]], why: string): Answer {
  return fault(finding('VR-05', {
    host: member.host, about: [about.host(member.host), ...(other === null ? [] : [about.host(other)]), ...member.vips.map(about.address)],
    args: { first: hostName(member.host), second: other === null ? 'the other member' : hostName(other), instance: member.instance, why }, proofs: shown,
  }));
}

/** The first setting by which one would refuse the other. Passwords are compared, never shown. */
function difference(view: View, a: VrrpMember, b: VrrpMember): string | null {
  if (a.config === null || b.config === null) return null;
  if (a.config.unicast !== b.config.unicast) return `${hostName(a.config.unicast ? a.host : b.host)} uses unicast_peer, ${hostName(a.config.unicast ? b.host : a.host)} multicast`;
  if ((a.config.authType ?? '') !== (b.config.authType ?? '')) return `auth_type is ${a.config.authType ?? 'not set'} and ${b.config.authType ?? 'not set'}`;
  if (a.config.authPass !== b.config.authPass && comparable(a.config.authPass, b.config.authPass)) return 'auth_pass differs';
  const version = (member: VrrpMember): string => view.vrrp.option(member.host, member.instance, 'version')?.value ?? view.vrrp.option(member.host, member.instance, 'vrrp_version')?.value ?? '2';
  if (version(a) !== version(b)) return `the protocol version is ${version(a)} and ${version(b)}`;
  // Version 3 takes the master's interval over; version 2 throws the packet away.
  if (version(a) === '2' && (a.config.advertInterval ?? 1) !== (b.config.advertInterval ?? 1)) return `advert_int is ${String(a.config.advertInterval ?? 1)} and ${String(b.config.advertInterval ?? 1)}`;
  return null;
}

/** Collected passwords are hashes; those made with different keys (`hidden-KEY-HASH`) prove nothing by being different. */
function comparable(a: string | null, b: string | null): boolean {
  const key = (text: string | null): string | null => /^hidden-(?:([0-9a-f]{3})-)?[0-9a-f]{6}$/.exec(text ?? '')?.[1] ?? null;
  const hidden = (text: string): boolean => text.startsWith('hidden-');
  if (a === null || b === null) return true;
  if (!hidden(a) || !hidden(b)) return !hidden(a) && !hidden(b);
  return key(a) !== null && key(a) === key(b);
}
