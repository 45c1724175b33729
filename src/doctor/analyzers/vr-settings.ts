import { address } from '../address.ts';
import { finding } from '../findings/finding.ts';
import type { Lowered, Proof } from '../findings/finding.ts';
import type { Facets } from '../model/facets.ts';
import { hostName } from '../model/record-index.ts';
import { groupsOf, membersOf } from '../model/vrrp-groups.ts';
import type { VrrpMember } from '../model/vrrp-groups.ts';
import { about, analyzer, fault, nothing, proof } from './analyzer.ts';
import type { Answer } from './analyzer.ts';
import type { Statement } from '../parsers/keepalived-config.ts';

type View = Pick<Facets, 'vrrp' | 'holders'>;

/** VR-08, VR-09: what the configuration itself does wrong. */
export const vrSettings = analyzer({
  name: 'vr-settings',
  asks: 'Can the VRRP configuration do what it means?',
  codes: ['VR-08', 'VR-09'],
  reads: ['vrrp', 'holders'],
  *analyze(view): Generator<Answer> {
    const members = membersOf(view.vrrp);
    for (const member of members) {
      yield* checks(view, member);
      const own = [...contradictions(view, member)];
      yield* own;
      const group = groupsOf(view.vrrp).find((each) => each.members.some((other) => other.host === member.host && other.instance === member.instance));
      const partner = group?.members.find((other) => other.host !== member.host && other.config !== null);
      const two = partner === undefined || (partner.host < member.host) ? [] : [...between(member, partner)];
      yield* two;
      if (member.config !== null && own.length + two.length === 0) yield nothing('VR-09', `${member.instance} on ${hostName(member.host)}`, [member.config.source]);
    }
  },
});

function said(member: VrrpMember, line: Proof, what: string, remedy: string, lowered: readonly Lowered[] = [], more: readonly Proof[] = []): Answer {
  return fault(finding('VR-09', { host: member.host, about: [about.host(member.host), ...member.vips.map(about.address)], args: { host: hostName(member.host), instance: member.instance, what, remedy }, proofs: [line, ...more], lowered }));
}

function* contradictions(view: View, member: VrrpMember): Generator<Answer> {
  const { config, host } = member;
  if (config !== null) {
    if (config.nopreempt && config.state?.toUpperCase() === 'MASTER') yield said(member, proof(host, config.options.get('nopreempt')?.source ?? config.source, 'ignored'), 'nopreempt has no effect with state MASTER', 'Write state BACKUP on all members; the priority decides who starts as master.', [], [proof(host, config.options.get('state')?.source ?? config.source, 'because of this')]);
    if (config.unicast && config.unicastPeers.length === 0) yield said(member, proof(host, config.options.get('unicast_peer')?.source ?? config.source, 'empty'), 'unicast_peer lists nobody, so it hears and tells nobody', 'List the addresses of the other members in unicast_peer.');
    for (const tracked of config.trackScripts) {
      const known = scripts(view, host).some((script) => script.args[0] === tracked.name);
      if (!known && scripts(view, host).length + view.vrrp.blocks.filter((found) => found.host === host).length > 0 && !includes(view, host)) yield said(member, proof(host, tracked.source, 'not defined'), `it tracks the script ${tracked.name}, which is not defined`, `Define vrrp_script ${tracked.name}, before the instance.`);
    }
  }
  yield* neverSucceeded(view, member);
  const state = view.vrrp.stateOf(host, member.instance);
  for (const vip of member.vips) {
    const held = view.holders.of(vip).find((each) => each.host === host && each.place === 'wire');
    if (held === undefined || state?.state !== 'BACKUP' || view.vrrp.isMoving(host, member.instance)) continue;
    yield said(member, proof(host, held.line, 'the address is there'), `it is BACKUP and yet has ${vip} on ${held.held.dev}: something else configured the address`, 'Take the address out of the network configuration (netplan, ifcfg, cloud-init): only keepalived may set it.', [{ by: 0.2, because: 'state and addresses may have been captured at different times' }], [proof(host, state.line, 'the instance is backup')]);
  }
}

function* neverSucceeded(view: View, member: VrrpMember): Generator<Answer> {
  for (const tracked of member.config?.trackScripts ?? []) {
    const events = view.vrrp.events(member.host).filter((event) => event.text.includes(tracked.name));
    const failed = events.filter((event) => event.event === 'script-failed' || event.event === 'script-timeout');
    const last = failed.at(-1);
    if (last === undefined || events.some((event) => event.event === 'script-succeeded')) continue;
    const succeeded = failed.length < 2;
    yield said(member, proof(member.host, last.source, 'failed'), `the script ${tracked.name} has never succeeded in this log`, 'Run the script by hand as the user that keepalived uses (script_user), and mend it.', succeeded ? [{ by: 0.3, because: 'it failed once only in this log' }] : [], [proof(member.host, tracked.source, 'tracked here')]);
  }
}

/** What contradicts only when two members are looked at together. */
function* between(member: VrrpMember, partner: VrrpMember): Generator<Answer> {
  const a = member.config;
  const b = partner.config;
  if (a === null || b === null) return;
  const starts = [a, b].filter((config) => config.state?.toUpperCase() === 'MASTER');
  const line = proof(member.host, a.options.get('priority')?.source ?? a.source, 'here');
  const other = proof(partner.host, b.options.get('priority')?.source ?? b.source, 'and there');
  const preferred = a.state?.toUpperCase() === 'MASTER' ? { mine: a.priority ?? 100, theirs: b.priority ?? 100 } : { mine: b.priority ?? 100, theirs: a.priority ?? 100 };
  if (starts.length === 2) yield said(member, proof(member.host, a.options.get('state')?.source ?? a.source, 'MASTER'), `${hostName(partner.host)} starts as MASTER as well`, 'Write state BACKUP on all members but one, or on all.', [], [proof(partner.host, b.options.get('state')?.source ?? b.source, 'MASTER too')]);
  else if (starts.length === 1 && preferred.mine <= preferred.theirs) yield said(member, line, `the member that is meant to be master does not have the higher priority (${String(preferred.mine)} against ${String(preferred.theirs)})`, 'Give the preferred master the higher priority.', [], [other]);
}

function* checks(view: View, member: VrrpMember): Generator<Answer> {
  for (const tracked of member.config?.trackScripts ?? []) {
    const block = scripts(view, member.host).find((script) => script.args[0] === tracked.name);
    const statement = block?.children.find((child) => child.keyword === 'script');
    if (statement === undefined) continue;
    const command = statement.args.join(' ');
    const target = remoteTarget(command, (name) => isOwn(view, member, name));
    const subject = `${tracked.name} on ${hostName(member.host)}`;
    if (target === null) { yield nothing('VR-08', subject, [statement.source]); continue; }
    yield fault(finding('VR-08', {
      host: member.host, about: [about.host(member.host), ...member.vips.map(about.address)],
      args: { host: hostName(member.host), target, script: tracked.name, port: /:(\d+)/.exec(command)?.[1] ?? '80' },
      proofs: [proof(member.host, statement.source, 'what it asks'), proof(member.host, tracked.source, 'what depends on it')],
    }));
  }
}

function scripts(view: View, host: string): readonly { readonly args: readonly string[]; readonly children: readonly Statement[] }[] {
  return view.vrrp.blocks.filter((found) => found.host === host && found.record.keyword === 'vrrp_script').map((found) => found.record);
}

function includes(view: View, host: string): boolean {
  return view.vrrp.blocks.some((found) => found.host === host && found.record.keyword === 'include');
}

/** The host a command asks over the network, when it is not this one. A ping of the gateway tests the host's own link and is left alone. */
function remoteTarget(command: string, own: (name: string) => boolean): string | null {
  if (!/\b(?:curl|wget|nc|ncat|openssl|kubectl|oc)\b/.test(command)) return null;
  const url = /https?:\/\/(\[[^\]]+\]|[^\s/:'"]+)/.exec(command)?.[1] ?? /\b(?:nc|ncat)\b(?:\s+-\S+(?:\s+\d+)?)*\s+([\w.:-]+)\s+\d+/.exec(command)?.[1] ?? /-connect\s+(\[[^\]]+\]|[\w.-]+):/.exec(command)?.[1];
  return url === undefined || own(url) ? null : url;
}

function isOwn(view: View, member: VrrpMember, name: string): boolean {
  const token = address(name);
  if (token === null) return name === 'localhost' || name === member.host || name.split('.')[0] === member.host || name.includes('$');
  if (token.startsWith('127.') || token === '::1') return true;
  if (member.vips.includes(token)) return false;
  return view.holders.of(token).some((held) => held.host === member.host);
}
