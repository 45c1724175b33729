import { address, contains, prefix } from '../address.ts';
import { finding } from '../findings/finding.ts';
import type { Facets } from '../model/facets.ts';
import { hostName } from '../model/record-index.ts';
import { isObject, textOf } from '../parsers/read-lines.ts';
import { about, analyzer, fault, nothing, proof, proofs, unsettled } from './analyzer.ts';
import type { Answer } from './analyzer.ts';

type View = Pick<Facets, 'names' | 'objects' | 'conntrack' | 'vips'>;

/** DNS-05, DNS-07, DNS-08: the resolver and the proxy of a client or pod. */
export const dnsClient = analyzer({
  name: 'dns-client',
  asks: 'Do clients and pods ask the right resolver, fast, and go straight to the address?',
  codes: ['DNS-05', 'DNS-07', 'DNS-08'],
  reads: ['names', 'objects', 'conntrack', 'vips'],
  *analyze(view): Generator<Answer> {
    yield* hostNetwork(view);
    yield* slow(view);
    yield* proxied(view);
  },
});

const routers = /ingress|router|haproxy|nginx|traefik|envoy|contour|gateway/;

function* hostNetwork(view: View): Generator<Answer> {
  for (const { host, record } of view.objects.all) {
    const inTemplate = /^(?:Deployment|DaemonSet|StatefulSet|ReplicaSet)$/.test(record.objectKind);
    if (!inTemplate && record.objectKind !== 'Pod') continue;
    const outer = isObject(record.object['spec']) ? record.object['spec'] : {};
    const template = isObject(outer['template']) && isObject(outer['template']['spec']) ? outer['template']['spec'] : {};
    const spec = inTemplate ? template : outer;
    const path = inTemplate ? ['spec', 'template', 'spec'] : ['spec'];
    if (spec['hostNetwork'] !== true) continue;
    const policy = textOf(spec['dnsPolicy']) ?? 'ClusterFirst';
    const subject = `${record.objectKind} ${record.namespace}/${record.name}`;
    if (policy === 'ClusterFirstWithHostNet' || policy === 'None') { yield nothing('DNS-05', subject, [record.lineOf([...path, 'dnsPolicy'])]); continue; }
    const failed = view.names.failures.find((each) => /(?:^kubernetes\b|\.svc\b|\.cluster\.local$)/.test(each.record.name) && (each.host === record.name || each.host === '' || each.host.startsWith(record.name) || record.name.startsWith(each.host)));
    const images = (Array.isArray(spec['containers']) ? spec['containers'] : []).flatMap((each: unknown) => (isObject(each) ? [textOf(each['image']) ?? ''] : []));
    const isRouter = routers.test(record.name) || images.some((image) => routers.test(image));
    if (failed === undefined && !(isRouter && policy === 'ClusterFirst')) continue;
    const resolver = view.names.resolvers.find((each) => each.host === record.name && each.record.keyword === 'nameserver');
    yield fault(finding('DNS-05', {
      host, about: [about.name(`${record.namespace}/${record.name}`)],
      args: { pod: subject, policy, namespace: record.namespace === '' ? 'NAMESPACE' : record.namespace, kind: record.objectKind.toLowerCase(), object: record.name, seen: failed === undefined ? '' : `, and ${failed.record.name} failed (${failed.record.why})` },
      proofs: [proof(host, record.lineOf([...path, 'hostNetwork']), 'the host\'s network'), proof(host, record.lineOf([...path, 'dnsPolicy']), 'and its resolver'), ...(failed === undefined ? [] : [proof(failed.host, failed.record.source, 'a failed lookup')]), ...(resolver === undefined ? [] : [proof(resolver.host, resolver.record.source, 'the resolver it asks')])],
      ...(failed === undefined ? { lowered: [{ by: 0.15, because: 'no failed lookup in the evidence: it may look no cluster names up' }] } : { severity: 'error' as const }),
    }));
  }
}

function* slow(view: View): Generator<Answer> {
  const waits = view.names.lookups.filter(({ record }) => record.took !== null && ((record.took >= 4900 && record.took <= 5700) || (record.took >= 9900 && record.took <= 10_900)));
  for (const client of new Set(waits.map((each) => each.host))) {
    const own = waits.filter((each) => each.host === client);
    const [first] = own;
    if (first === undefined) continue;
    const counters = view.conntrack.hosts.map((host) => ({ host, failed: view.conntrack.growth(host, 'insert_failed'), drop: view.conntrack.growth(host, 'drop') }));
    const full = counters.find(({ drop }) => drop.state === 'known' && drop.value.by > 0);
    const racing = counters.find(({ failed }) => failed.state === 'known' && failed.value.by > 0);
    if (full !== undefined && full.drop.state === 'known') { yield nothing('DNS-07', hostName(client), full.drop.lines); continue; }
    if (racing === undefined || racing.failed.state !== 'known') {
      const still = counters.find(({ failed }) => failed.state === 'known');
      yield still !== undefined && still.failed.state === 'known' ? nothing('DNS-07', hostName(client), still.failed.lines) : unsettled('DNS-07', hostName(client), view.conntrack.growth(client, 'insert_failed'));
      continue;
    }
    yield fault(finding('DNS-07', {
      host: client, about: [about.host(client), about.host(racing.host)],
      args: { client: hostName(client), host: hostName(racing.host), took: own.map((each) => `${(Number(each.record.took) / 1000).toFixed(1)} s`).join(', '), by: `by ${String(racing.failed.value.by)}` },
      proofs: [proof(client, first.record.source, 'a lookup that waited'), ...proofs(racing.host, racing.failed, 'entries that could not be inserted')],
      rulesOut: [{ code: 'CT-01', what: 'A full table', because: 'drop stood still', line: racing.drop.state === 'known' ? racing.drop.lines[0] ?? null : null }],
      ...(own.length < 2 ? { lowered: [{ by: 0.15, because: 'one slow lookup only' }] } : {}),
    }));
  }
}

function* proxied(view: View): Generator<Answer> {
  const told = new Set<string>();
  for (const { host, record } of view.names.proxies.filter((each) => each.record.variable === 'https_proxy' || each.record.variable === 'all_proxy')) {
    if (record.value === '') continue;
    const exceptions = view.names.proxies.filter((each) => each.host === host && each.record.variable === 'no_proxy');
    const list = exceptions.flatMap((each) => each.record.value.split(',')).map((each) => each.trim()).filter((each) => each !== '');
    const targets = new Map<string, readonly string[]>();
    for (const lookup of view.names.lookups.filter((each) => each.host === host)) {
      const found = lookup.record.answers.filter((each) => each.type !== 'CNAME').map((each) => each.value);
      if (found.some((each) => view.vips.of(each).some((vip) => vip.source !== 'probed'))) targets.set(lookup.record.name, [lookup.record.name, ...found]);
    }
    for (const tunnel of view.names.tunnels.filter((each) => each.host === host)) targets.set(tunnel.record.target, [tunnel.record.target, ...view.names.addressesOf(tunnel.record.target).map((each) => each.address)]);
    for (const [target, spellings] of targets) {
      if (told.has(`${host} ${target}`)) continue;
      told.add(`${host} ${target}`);
      const tunnel = view.names.tunnels.find((each) => each.host === host && each.record.target === target);
      if (tunnel === undefined && spellings.some((each) => covered(each, list))) { yield nothing('DNS-08', `${target} from ${hostName(host)}`, exceptions.map((each) => each.record.source)); continue; }
      const lookup = view.names.addressesOf(target)[0];
      yield fault(finding('DNS-08', {
        host, about: [about.host(host), about.name(target), ...spellings.slice(1).map(about.address)], args: { client: hostName(host), target, proxy: record.value },
        proofs: [proof(host, record.source, 'the proxy'), ...exceptions.map((each) => proof(host, each.record.source, 'what is excepted')), ...(tunnel === undefined ? [] : [proof(host, tunnel.record.source, 'a tunnel is asked for')]), ...(lookup === undefined ? [] : [proof(lookup.host, lookup.line, 'the address that is meant')])],
        ...(exceptions.length === 0 && tunnel === undefined ? { lowered: [{ by: 0.15, because: 'no no_proxy in the capture: it may have been left out' }] } : {}),
      }));
    }
  }
}

/** `example.com` and `.example.com` cover the domain below them; addresses and networks cover addresses; `*` everything (curl, Go's httpproxy). */
function covered(target: string, list: readonly string[]): boolean {
  const token = address(target);
  return list.some((entry) => {
    if (entry === '*' || entry === target) return true;
    if (token !== null) { const net = prefix(entry); return net !== null && contains(net, token) === true; }
    return target.endsWith(entry.startsWith('.') ? entry : `.${entry}`);
  });
}
