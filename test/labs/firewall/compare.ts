import type { Passage, Way } from '../../../src/doctor/model/firewall/simulate.ts';
import type { Disagreement } from './check.ts';
import type { Flow, Played } from './flows.ts';
import type { Judged } from './judge.ts';

/** What the kernel did with one round of packets, beside what was said of each. */
export function compareRound(sent: readonly { readonly flow: Flow; readonly passage: Passage; readonly way: Way; readonly played: Played }[], judged: Judged): Disagreement[] {
  const wrong: Disagreement[] = [];
  const explained = new Set<string>();
  const explainedErrors = new Set<string>();
  for (const { flow, passage, played } of sent) {
    if (played.frame?.fields.about !== undefined) {
      compareError(flow, passage, judged, wrong, explainedErrors);
      continue;
    }
    const keys = passage.ways.map((way) => arrivalKey(way, flow.sourcePort));
    const met = keys.find((key) => key !== null && arrivals(key, judged).length > 0) ?? null;
    for (const key of keys) if (key !== null) for (const one of key.includes('?') ? arrivals(key, judged) : [key]) explained.add(one);
    const possible = keys.includes(met);
    if (!possible) wrong.push({ what: `said ${keys.map((key) => key ?? 'lost').join(' or ')}; the kernel: lost`, flow });
    const refusedByRule = passage.ways.length === 1 && passage.ways[0]?.ending.kind === 'rejected';
    const lost = passage.ways.every((way) => way.ending.kind === 'dropped');
    if (flow.protocol !== 1 && passage.ways.length === 1 && flow.kind !== 'from-host') {
      const refused = judged.refused.has(`${passage.ways[0]?.passing.sourcePort ?? 0} ${passage.ways[0]?.passing.destinationPort ?? 0}`);
      if (lost && refused && met === null) wrong.push({ what: 'said dropped; the kernel answered with a refusal', flow });
      if (refusedByRule && !refused && showsRefusal(played)) wrong.push({ what: 'said rejected; the kernel sent no refusal', flow });
    }
  }
  for (const key of judged.errors) if (!explainedErrors.has(key)) wrong.push({ what: `the kernel: an ICMP error ${key}; said otherwise`, flow: null });
  for (const key of judged.arrived) {
    if (explained.has(key)) continue;
    const port = Number(key.split(' ')[4]);
    wrong.push({ what: `the kernel: ${key}; said otherwise`, flow: sent.find(({ flow }) => flow.sourcePort === port || flow.sourcePort === Number(key.split(' ')[5]))?.flow ?? null });
  }
  return wrong;
}

/** An error carries the ports of the connection as its own side knows them: translation has been taken back inside it as well. */
function compareError(flow: Flow, passage: Passage, judged: Judged, wrong: Disagreement[], explained: Set<string>): void {
  const said = passage.ways.map((way) => {
    if (way.ending.kind !== 'delivered') return null;
    const place = way.ending.to === 'this host' ? 'here' : way.passing.outInterface ?? '?';
    return { ports: `${place} ${flow.sourcePort} ${flow.destinationPort}`, ends: `${place} ${way.passing.source ?? '?'} ${way.passing.destination ?? '?'}` };
  });
  const met = said.find((one) => one !== null && judged.errors.has(one.ports) && judged.between.has(one.ends)) ?? null;
  for (const one of said) if (one !== null) explained.add(one.ports);
  if (!said.includes(met)) wrong.push({ what: `said an ICMP error ${said.map((one) => (one === null ? 'lost' : `${one.ports}, ${one.ends}`)).join(' or ')}; the kernel: ${[...judged.errors].filter((key) => key.includes(` ${flow.sourcePort} `)).join(', ') || 'lost'}`, flow });
}

/** What arrived and fits; `?` stands for what the kernel draws out of a range. */
function arrivals(key: string, judged: Judged): readonly string[] {
  if (!key.includes('?')) return judged.arrived.has(key) ? [key] : [];
  const wanted = key.split(' ');
  return [...judged.arrived].filter((other) => other.split(' ').every((part, at) => wanted[at] === '?' || wanted[at] === part));
}

/** A reset is never answered with a reset; what a bridge carried is answered on the bridge itself (nf_send_reset), past OUTPUT and the judge. */
function showsRefusal({ packet }: Played): boolean {
  return packet.protocol !== 6 || (((packet.tcpFlags ?? 0) & 4) === 0 && packet.inPort === null);
}

/** As the judge writes it; null for a packet that does not get that far. */
function arrivalKey(way: Way, identifier: number): string | null {
  if (way.ending.kind !== 'delivered') return null;
  const { passing } = way;
  const place = way.ending.to === 'this host' ? 'here' : passing.outInterface;
  const protocol = passing.protocol === 6 ? 'tcp' : passing.protocol === 17 ? 'udp' : 'icmp';
  return [place, protocol, passing.source ?? '?', passing.destination ?? '?', passing.protocol === 1 ? identifier : passing.sourcePort ?? '?', passing.destinationPort === undefined ? '?' : passing.destinationPort ?? 0].join(' ');
}
