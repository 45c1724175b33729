import { finding } from '../findings/finding.ts';
import type { Proof } from '../findings/finding.ts';
import type { Facets } from '../model/facets.ts';
import { hostName } from '../model/record-index.ts';
import { about, analyzer, fault, nothing, proof, proofs, couldNotLook } from './analyzer.ts';
import type { Answer } from './analyzer.ts';

type View = Pick<Facets, 'components' | 'sysctls' | 'conntrack' | 'kernel'>;

/** CT-04 and CT-08: who decides the table's size, and entries that collide. */
export const ctOwner = analyzer({
  name: 'ct-owner',
  asks: 'Does somebody overwrite the size of the connection table, and do entries collide?',
  codes: ['CT-04', 'CT-08'],
  reads: ['components', 'sysctls', 'conntrack', 'kernel'],
  *analyze(view): Generator<Answer> {
    const hosts = new Set([...view.components.maxSet, ...view.components.flags].map((found) => found.host));
    for (const host of hosts) yield* owner(view, host);
    for (const host of view.conntrack.hosts) yield* collisions(view, host);
  },
});

function* owner(view: View, host: string): Generator<Answer> {
  const set = view.components.maxSet.filter((found) => found.host === host).at(-1);
  const flags = view.components.flags.filter((found) => found.host === host && found.record.program === 'kube-proxy').at(-1);
  const reasons: { readonly why: string; readonly shown: readonly Proof[] }[] = [];
  const both = flags !== undefined && flags.record.flags.has('config') && flags.record.flags.get('config') !== '' ? [...flags.record.flags.keys()].filter((name) => name.startsWith('conntrack-')) : [];
  if (flags !== undefined && both.length > 0) reasons.push({ why: `it has --config, so --${both[0] ?? ''} has no effect`, shown: [proof(host, flags.record.source, 'both on one command line')] });
  if (set !== undefined) {
    const wanted = view.sysctls.configured(host, 'net.netfilter.nf_conntrack_max').at(-1) ?? view.sysctls.configured(host, 'net.nf_conntrack_max').at(-1);
    const running = view.conntrack.max(host);
    const full = view.kernel.of(host).at(-1);
    if (wanted !== undefined && Number(wanted.value) !== set.record.max) reasons.push({ why: `it sets ${String(set.record.max)} where sysctl.d asks for ${wanted.value}`, shown: [proof(host, set.record.source, 'what kube-proxy sets'), proof(host, wanted.line, 'what the host asks for')] });
    else if (running.state === 'known' && running.value !== set.record.max) reasons.push({ why: `it set ${String(set.record.max)}, somebody changed it to ${String(running.value)}, and the next start of kube-proxy undoes that`, shown: [proof(host, set.record.source, 'what kube-proxy sets'), ...proofs(host, running, 'what counts now')] });
    else if (full !== undefined) reasons.push({ why: `it sets ${String(set.record.max)}, and with that the table was full`, shown: [proof(host, set.record.source, 'what kube-proxy sets'), proof(host, full.source, 'the table was full')] });
  }
  const [first, ...rest] = reasons.flatMap((reason) => reason.shown);
  if (first === undefined) { yield nothing('CT-04', hostName(host), [set?.record.source, flags?.record.source].filter((line) => line !== undefined)); return; }
  yield fault(finding('CT-04', { host, about: [about.host(host)], args: { host: hostName(host), why: reasons.map((reason) => reason.why).join('; ') }, proofs: [first, ...rest] }));
}

function* collisions(view: View, host: string): Generator<Answer> {
  const insert = view.conntrack.growth(host, 'insert_failed');
  if (insert.state !== 'known') {
    const once = view.conntrack.counter(host, 'insert_failed');
    if (once.state === 'known' && once.value > 0) yield couldNotLook('CT-08', hostName(host), `${String(once.value)} since boot, in one sample: whether it still grows is not known`, [{ host, command: 'conntrack -S; sleep 10; conntrack -S' }]);
    return;
  }
  const drops = ['drop', 'early_drop'].map((name) => view.conntrack.growth(host, name));
  const full = drops.some((each) => each.state === 'known' && each.value.by > 0);
  if (insert.value.by === 0 || full) { yield nothing('CT-08', hostName(host), insert.lines); return; }
  const [first, ...rest] = proofs(host, insert, 'entries that could not be inserted');
  if (first === undefined) return;
  const still = drops.find((each) => each.state === 'known');
  yield fault(finding('CT-08', {
    host, about: [about.host(host)], args: { host: hostName(host), count: String(insert.value.by) }, proofs: [first, ...rest],
    rulesOut: still?.state === 'known' ? [{ code: 'CT-01', what: 'A full table', because: 'drop stood still', line: still.lines[1] ?? null }] : [],
  }));
}
