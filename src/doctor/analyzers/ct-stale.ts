import type { Address } from '../address.ts';
import { address } from '../address.ts';
import type { Known, SourceLine } from '../evidence.ts';
import { finding } from '../findings/finding.ts';
import type { Facets } from '../model/facets.ts';
import { hostName } from '../model/record-index.ts';
import { isObject, textOf } from '../parsers/read-lines.ts';
import { about, analyzer, fault, nothing, proof, proofs } from './analyzer.ts';
import type { Answer } from './analyzer.ts';

type View = Pick<Facets, 'conntrack' | 'objects' | 'sysctls' | 'lvs' | 'links'>;

/** CT-09 and CT-10: entries that live too long, and entries that die too early. */
export const ctStale = analyzer({
  name: 'ct-stale',
  asks: 'Do translations outlive their endpoints, and do idle connections outlive their entries?',
  codes: ['CT-09', 'CT-10'],
  reads: ['conntrack', 'objects', 'sysctls', 'lvs', 'links'],
  *analyze(view): Generator<Answer> {
    yield* staleTranslations(view);
    yield* idle(view);
  },
});

interface ServiceOfCluster { readonly name: string; readonly addresses: ReadonlySet<Address>; readonly endpoints: ReadonlySet<Address>; readonly line: SourceLine }

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function services(view: View): ServiceOfCluster[] {
  return view.objects.ofKind('Service').flatMap((service): ServiceOfCluster[] => {
    const spec = isObject(service.object['spec']) ? service.object['spec'] : {};
    const own = [textOf(spec['clusterIP']), ...list(spec['clusterIPs']).map(textOf)].flatMap((text) => address(text ?? '') ?? []);
    const slices = view.objects.ofKind('EndpointSlice').filter((slice) => {
      const metadata = isObject(slice.object['metadata']) ? slice.object['metadata'] : {};
      const labels = isObject(metadata['labels']) ? metadata['labels'] : {};
      return slice.namespace === service.namespace && labels['kubernetes.io/service-name'] === service.name;
    });
    // Without its slices nothing can be said: "not captured" is not "has none".
    if (own.length === 0 || slices.length === 0) return [];
    const endpoints = slices.flatMap((slice) => list(slice.object['endpoints'])).flatMap((endpoint) => (isObject(endpoint) ? list(endpoint['addresses']) : [])).flatMap((text) => address(textOf(text) ?? '') ?? []);
    return [{ name: `${service.namespace}/${service.name}`, addresses: new Set(own), endpoints: new Set(endpoints), line: slices[0]?.source ?? service.source }];
  });
}

function* staleTranslations(view: View): Generator<Answer> {
  const known = services(view);
  for (const host of view.conntrack.hosts) {
    const told = new Set<string>();
    for (const row of view.conntrack.rows(host)) {
      const service = known.find((each) => each.addresses.has(row.original.dst));
      if (service === undefined || row.reply === null || row.reply.src === row.original.dst) continue;
      const ending = row.protocol === 'tcp' && row.state !== 'ESTABLISHED';
      const key = `${service.name} ${row.reply.src}`;
      if (ending || told.has(key)) continue;
      told.add(key);
      if (service.endpoints.has(row.reply.src)) { yield nothing('CT-09', `${service.name} on ${hostName(host)}`, [row.source]); continue; }
      yield fault(finding('CT-09', {
        host, about: [about.host(host), about.address(row.original.dst)],
        args: { host: hostName(host), service: service.name, old: row.reply.src, protocol: row.protocol, address: row.original.dst },
        proofs: [proof(host, row.source, 'the translation'), proof('', service.line, 'the endpoints there are')],
        ...(row.protocol === 'tcp' ? { lowered: [{ by: 0.3, because: 'a TCP connection of a pod that is ending looks the same for a while' }] } : {}),
      }));
    }
  }
}

function* idle(view: View): Generator<Answer> {
  const keepalives = view.links.hosts.flatMap((host) => { const value = view.sysctls.number(host, 'net.ipv4.tcp_keepalive_time'); return value.state === 'known' ? [{ host, value }] : []; });
  const shortest = [...keepalives].sort((a, b) => a.value.value - b.value.value)[0];
  if (shortest === undefined) return;
  for (const host of view.links.hosts) {
    const timers: { readonly what: string; readonly timeout: Known<number> & { readonly state: 'known' } }[] = [];
    const tracked = view.conntrack.timeout(host, 'tcp_timeout_established');
    if (tracked.state === 'known') timers.push({ what: 'nf_conntrack_tcp_timeout_established', timeout: tracked });
    // The module has its time-outs as soon as it is loaded, also on a host that balances nothing.
    const balances = view.lvs.of(host).length > 0;
    for (const found of view.lvs.timeouts.filter((each) => balances && each.host === host)) timers.push({ what: 'IPVS', timeout: { state: 'known', value: found.record.tcp, lines: [found.record.source] } });
    for (const { what, timeout } of timers) {
      if (timeout.value > shortest.value.value) { yield nothing('CT-10', `${what} on ${hostName(host)}`, timeout.lines); continue; }
      const [first, ...rest] = [...proofs(host, timeout, 'when it is forgotten'), ...proofs(shortest.host, shortest.value, 'when it would be kept alive')];
      if (first === undefined) continue;
      yield fault(finding('CT-10', {
        host, about: [about.host(host)],
        args: { host: hostName(host), timeout: String(timeout.value), what, keepalive: String(shortest.value.value), sender: hostName(shortest.host), wanted: String(Math.max(30, Math.floor(timeout.value / 3))) }, proofs: [first, ...rest],
        // 900 s for IPVS and 7200 s for keepalive are the defaults everywhere: it hurts only where connections really idle that long.
        ...(what === 'IPVS' ? { severity: 'note' as const } : {}),
        lowered: [{ by: 0.2, because: 'programs may send keepalives of their own' }],
      }));
    }
  }
}
