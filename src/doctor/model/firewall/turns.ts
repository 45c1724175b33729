import type { EvaluationContext } from './evaluate.ts';
import { hookEntries, linkHookEntries } from './hook-order.ts';
import type { HostFirewall } from './host-firewall.ts';
import type { Packet, PacketPath } from './packet.ts';
import type { Surroundings } from './surroundings.ts';
import { assume } from './walk-state.ts';
import type { Ending, Turn, Walk } from './walk-state.ts';

export type TurnContext = Pick<EvaluationContext, 'surroundings'> & { readonly firewall: HostFirewall; readonly packet: Packet };

const ip = (hook: Walk['hook']): Turn => ({ kind: 'hook', hook, layer: 'ip' });
const bridge = (hook: Walk['hook']): Turn => ({ kind: 'hook', hook, layer: 'bridge' });

/** The hooks in the order in which a packet of that path meets them (up to the first decision that depends on what happens). */
export function turnsOf(path: PacketPath, crossesIpRules: boolean): readonly Turn[] {
  const ingress: Turn = { kind: 'hook', hook: 'ingress', layer: 'device' };
  switch (path) {
    case 'input':
    case 'forward':
      return [ingress, bridge('prerouting'), ip('prerouting'), { kind: 'route' }];
    case 'output':
      return [ip('output'), { kind: 'reroute' }];
    case 'bridged':
      // br_netfilter: IP PREROUTING after the bridge's own prerouting chains of priority below 0, IP FORWARD at -1 of the bridge's
      // forward hook (after `filter` = -200), IP POSTROUTING after everything of the bridge's postrouting hook.
      return crossesIpRules
        ? [ingress, bridge('prerouting'), ip('prerouting'), { kind: 'route' }]
        : [ingress, bridge('prerouting'), { kind: 'switch' }];
  }
}

/** Takes the next turn. Returns an ending when there is none left, or when the packet cannot go on. */
export function takeTurn(walk: Walk, context: TurnContext): Ending | null {
  const [turn, ...rest] = walk.turns;
  if (turn === undefined) return delivered(walk);
  walk.turns = rest;
  switch (turn.kind) {
    case 'hook':
      walk.hook = turn.hook;
      walk.passing.layer = turn.layer;
      walk.entry = -1;
      if (turn.layer === 'ip') walk.entries = hookEntries(context.firewall.tables, turn.hook, walk.passing.family);
      else if (turn.layer === 'bridge') walk.entries = walk.passing.inPort === null ? [] : linkHookEntries(context.firewall.tables, turn.hook, 'bridge');
      else walk.entries = ingressEntries(walk, context);
      devicesAt(walk, turn, context.packet);
      return null;
    case 'route':
      return routed(walk, context);
    case 'switch':
      walk.passing.outInterface = walk.passing.inInterface;
      walk.passing.outPort = context.packet.outPort;
      walk.turns = [bridge('forward'), bridge('postrouting')];
      return null;
    case 'reroute':
      return rerouted(walk, context);
    case 'loop':
      walk.passing.inInterface = 'lo';
      walk.passing.outInterface = null;
      return null;
  }
}

function ingressEntries(walk: Walk, context: TurnContext): Walk['entries'] {
  const device = walk.passing.inPort ?? walk.passing.inInterface;
  return linkHookEntries(context.firewall.tables, 'ingress', 'netdev').filter(
    (entry) => entry.kind === 'chain' && device !== null && device !== undefined && entry.base.devices.includes(device),
  );
}

function devicesAt(walk: Walk, turn: Extract<Turn, { kind: 'hook' }>, packet: Packet): void {
  const { passing } = walk;
  if (turn.hook === 'input' && turn.layer === 'ip') passing.outInterface = null;
  // ip_output has handed the in device to POSTROUTING since Linux 5.7; br_netfilter still hands over none.
  if (turn.hook === 'postrouting' && turn.layer === 'ip' && packet.path === 'bridged' && passing.outPort !== null) passing.inInterface = null;
}

function delivered(walk: Walk): Ending {
  const out = walk.passing.outInterface;
  return out === null ? { kind: 'delivered', to: 'this host', device: null } : { kind: 'delivered', to: 'device', device: walk.passing.outPort ?? out ?? null };
}

/** After PREROUTING. Without a routing table the path that the caller named holds, as long as nothing has translated the destination. */
function routed(walk: Walk, context: TurnContext): Ending | null {
  const { passing } = walk;
  const { packet, surroundings } = context;
  const same = passing.destination === packet.destination && !passing.toSelf;
  const answer = passing.toSelf ? { to: 'local' as const } : same && packet.path === 'bridged' ? null : route(walk, surroundings);
  if (answer === null || (answer.to === 'unknown' && same)) {
    if (packet.path === 'input') walk.turns = [bridge('input'), ip('input')];
    else if (packet.path === 'bridged') goBridged(walk, packet.outPort);
    else goForward(walk, packet.outInterface);
    return null;
  }
  switch (answer.to) {
    case 'local':
      walk.turns = [bridge('input'), ip('input')];
      return null;
    case 'nowhere':
      return { kind: 'no-route' };
    case 'unknown':
      assume(walk, `a packet to ${passing.destination ?? 'the translated address'} is taken to be forwarded: no routing table of this host is captured`);
      goForward(walk, undefined);
      return null;
    case 'device':
      // br_nf_pre_routing_finish: translated to somebody on the same bridge, it stays a bridged packet, whatever MAC it was sent to.
      if (passing.inPort !== null && answer.device === passing.inInterface) {
        // A bridge sends nothing out of the port it came in by.
        if (answer.port !== undefined && answer.port === passing.inPort) return { kind: 'no-route' };
        goBridged(walk, answer.port);
      }
      else goForward(walk, answer.device);
      return null;
  }
}

function route(walk: Walk, surroundings: Surroundings): ReturnType<NonNullable<Surroundings['route']>> {
  const { destination, mark } = walk.passing;
  if (destination === undefined) return { to: 'unknown' };
  const answer = surroundings.route?.(destination, mark) ?? { to: 'unknown' };
  return answer.to === 'unknown' && surroundings.localAddresses?.has(destination) === true ? { to: 'local' } : answer;
}

function goForward(walk: Walk, out: string | undefined | null): void {
  walk.passing.outInterface = out;
  // ip_forward lowers the TTL before it asks the FORWARD hook.
  if (walk.passing.ttl !== undefined) walk.passing.ttl -= 1;
  // What a bridge handed up to be routed has passed the bridge's own input hook.
  walk.turns = [bridge('input'), ip('forward'), ip('postrouting')];
}

function goBridged(walk: Walk, port: string | null | undefined): void {
  walk.passing.outInterface = walk.passing.inInterface;
  walk.passing.outPort = port;
  walk.turns = [bridge('forward'), ip('forward'), bridge('postrouting'), ip('postrouting')];
}

/** After OUTPUT: a changed destination or mark may change the device; what is for the host itself comes back on lo. */
function rerouted(walk: Walk, context: TurnContext): Ending | null {
  const { passing } = walk;
  const answer = passing.toSelf || passing.destination?.startsWith('127.') === true ? { to: 'local' as const } : route(walk, context.surroundings);
  const same = passing.destination === context.packet.destination;
  switch (answer.to) {
    case 'local':
      passing.outInterface = 'lo';
      break;
    case 'device':
      passing.outInterface = answer.device;
      break;
    case 'nowhere':
      return { kind: 'no-route' };
    case 'unknown':
      if (!same) {
        passing.outInterface = undefined;
        assume(walk, `a packet to ${passing.destination ?? 'the translated address'} is taken to leave the host: no routing table is captured`);
      }
      break;
  }
  walk.turns = passing.outInterface === 'lo' ? [ip('postrouting'), { kind: 'loop' }, ip('prerouting'), ip('input')] : [ip('postrouting')];
  return null;
}
