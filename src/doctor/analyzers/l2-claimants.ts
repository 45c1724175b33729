import { finding } from '../findings/finding.ts';
import type { Lowered } from '../findings/finding.ts';
import type { Holding } from '../model/holders.ts';
import { hostName } from '../model/record-index.ts';
import { about, analyzer, fault, nothing, proof } from './analyzer.ts';
import type { Answer } from './analyzer.ts';

/** L2-02: two machines claim one address on one network. */
export const l2Claimants = analyzer({
  name: 'l2-claimants',
  asks: 'Does more than one machine have, or answer for, the same address?',
  codes: ['L2-02'],
  reads: ['holders', 'links', 'probes', 'kernel'],
  *analyze(view): Generator<Answer> {
    const told = new Set<string>();
    for (const { host, record } of view.probes.allArpings) {
      const macs = [...new Set(record.replies.map((reply) => reply.mac))];
      const [first, second] = macs;
      if (first === undefined) continue;
      if (second === undefined) { if (record.broadcast) yield nothing('L2-02', record.target, record.replies.map((reply) => reply.source)); continue; }
      if (told.has(record.target)) continue;
      told.add(record.target);
      const named = (token: string): string => { const owner = view.links.ownersOf(token).find((each) => each.host !== host); return owner === undefined ? token : `${hostName(owner.host)} ${owner.dev} (${token})`; };
      const lines = [first, second].map((token) => record.replies.find((reply) => reply.mac === token)?.source ?? record.source);
      yield fault(finding('L2-02', {
        host, about: [about.address(record.target), ...macs.flatMap((token) => view.links.ownersOf(token).map((owner) => about.host(owner.host)))],
        args: { vip: record.target, first: named(first), second: named(second), dev: record.dev ?? 'DEV', length: '32' },
        proofs: [proof(host, lines[0] ?? record.source, 'one answer'), proof(host, lines[1] ?? record.source, 'and another')],
        rulesOut: [{ code: null, what: 'One machine with several ports', because: 'the two MACs differ', line: lines[1] ?? null }],
      }));
    }
    for (const { host, record } of view.kernel.duplicates) {
      if (told.has(record.address) || record.mac === null) continue;
      const held = view.holders.of(record.address).find((each) => each.host === host);
      // Its own MAC comes back where a switch loops frames, and with some bonds.
      if (view.links.macsOf(host).has(record.mac)) { yield nothing('L2-02', record.address, [record.source]); continue; }
      told.add(record.address);
      const owner = view.links.ownersOf(record.mac).find((each) => each.host !== host);
      yield fault(finding('L2-02', {
        host, about: [about.address(record.address), about.host(host), ...(owner === undefined ? [] : [about.host(owner.host)])],
        args: { vip: record.address, first: hostName(host), second: owner === undefined ? `a machine with the MAC ${record.mac}` : `${hostName(owner.host)} ${owner.dev} (${record.mac})`, dev: record.dev ?? held?.held.dev ?? 'DEV', length: String(held?.held.length ?? 32) },
        proofs: [proof(host, record.source, 'it was told by its own check'), ...(held === undefined ? [] : [proof(host, held.line, 'it has the address')]), ...(owner === undefined ? [] : [proof(owner.host, owner.line, 'whose MAC it is')])],
        lowered: [{ by: 0.15, because: 'a log line does not say that it is still so' }], settle: [{ host: '', command: `arping -b -c 3 ${record.address}   # from a third host of the network` }],
      }));
    }
    const addresses = new Set(view.links.hosts.flatMap((host) => view.holders.onHost(host).map((holding) => holding.held.address)));
    for (const address of addresses) {
      if (told.has(address) || !isShared(address)) continue;
      const owners = oneEach(view.holders.of(address).filter((holding) => holding.place === 'wire'));
      const [first, second] = owners;
      if (first === undefined || second === undefined || first.mac === null || second.mac === null) continue;
      if (first.mac === second.mac) { yield nothing('L2-02', address, [first.line, second.line]); continue; }
      if (!oneNetwork(first, second, (host) => view.holders.onHost(host))) continue;
      const lowered: Lowered[] = [];
      if (first.takenAt === null || second.takenAt === null) lowered.push({ by: 0.1, because: 'it is not known whether both captures are of the same time' });
      else if (Math.abs(first.takenAt - second.takenAt) > 60_000) lowered.push({ by: 0.3, because: 'the captures are more than a minute apart: the address may have moved in between' });
      yield fault(finding('L2-02', {
        host: '', about: [about.address(address), about.host(first.host), about.host(second.host)],
        args: { vip: address, first: `${hostName(first.host)} ${first.held.dev}`, second: `${hostName(second.host)} ${second.held.dev}`, dev: second.held.dev, length: String(second.held.length) },
        proofs: [proof(first.host, first.line, 'one holder'), proof(second.host, second.line, 'and another')],
        lowered, settle: [{ host: '', command: `arping -b -c 3 ${address}   # from a third host of the network` }],
      }));
    }
  },
});

/** Link-local, loopback and multicast addresses may stand on every host. */
function isShared(address: string): boolean {
  return !/^(?:127\.|169\.254\.|22[4-9]\.|23\d\.|fe80:|ff|::1$)/.test(address);
}

function oneEach(holdings: readonly Holding[]): Holding[] {
  const seen = new Set<string>();
  return holdings.filter((holding) => !seen.has(holding.host) && seen.add(holding.host));
}

/**
 * Two hosts of different sites may both have 192.168.1.1. They are on one network when the addresses they have beside it on those
 * interfaces are of the same prefix, or when nothing speaks against it (the shared address is their only one there).
 */
function oneNetwork(a: Holding, b: Holding, onHost: (host: string) => readonly Holding[]): boolean {
  const others = (holding: Holding): Holding[] => onHost(holding.host).filter((each) => each.held.dev === holding.held.dev && each.held.address !== holding.held.address && !each.held.address.includes(':') === !holding.held.address.includes(':'));
  const network = (holding: Holding): string => `${holding.held.address.split('.').slice(0, Math.max(1, Math.floor(holding.held.length / 8))).join('.')}/${String(holding.held.length)}`;
  const left = others(a).map(network);
  const right = others(b).map(network);
  if (left.length === 0 || right.length === 0) return true;
  return left.some((each) => right.includes(each));
}
