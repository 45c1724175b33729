import { finding } from '../findings/finding.ts';
import type { Facets } from '../model/facets.ts';
import { hostName } from '../model/record-index.ts';
import { isObject, textOf } from '../parsers/read-lines.ts';
import { about, analyzer, fault, nothing, proof } from './analyzer.ts';
import type { Answer } from './analyzer.ts';

type View = Pick<Facets, 'haproxy' | 'edges' | 'objects'>;

/** PP-05: who may say what the client's address is? */
export const ppTrust = analyzer({
  name: 'pp-trust',
  asks: 'May only the balancer in front name the client?',
  codes: ['PP-05'],
  reads: ['haproxy', 'edges', 'objects'],
  *analyze(view): Generator<Answer> {
    yield* haproxy(view);
    yield* nginx(view);
    yield* controller(view);
  },
});

function* haproxy(view: View): Generator<Answer> {
  for (const { host, record } of view.haproxy.sections) {
    for (const bind of record.statements.filter((each) => each.keyword === 'bind' && each.args.includes('accept-proxy'))) {
      const where = `${record.section} ${record.name} on ${hostName(host)}`;
      const place = bind.args[0] ?? '';
      const filter = record.statements.find((each) => each.keyword === 'tcp-request' && each.args[0] === 'connection' && /reject|accept/.test(each.args[1] ?? '') && each.args.some((word) => /^(?:src|!?\w*(?:lb|balancer|trusted|front)\w*)$/i.test(word)));
      if (/^(?:127\.|\[?::1|unix@|abns@|\/|ipv4@127\.|fd@)/.test(place) || filter !== undefined) { yield nothing('PP-05', where, [bind.source, ...(filter === undefined ? [] : [filter.source])]); continue; }
      yield fault(finding('PP-05', {
        host, about: [about.host(host)], args: { where, what: 'a PROXY header' }, proofs: [proof(host, bind.source, 'accept-proxy for everybody')],
        lowered: [{ by: 0.2, because: 'a packet filter may let only the balancer in' }],
      }));
    }
  }
}

function* nginx(view: View): Generator<Answer> {
  for (const { host, record } of view.edges.nginxDirectives.filter((found) => found.record.name === 'set_real_ip_from')) {
    const where = `nginx on ${hostName(host)}`;
    if (!['0.0.0.0/0', '::/0'].includes(record.args[0] ?? '')) { yield nothing('PP-05', where, [record.source]); continue; }
    const header = view.edges.nginxDirectives.find((found) => found.host === host && found.record.name === 'real_ip_header');
    yield fault(finding('PP-05', { host, about: [about.host(host)], args: { where, what: header?.record.args[0] === 'proxy_protocol' ? 'a PROXY header' : header?.record.args[0] ?? 'X-Real-IP' }, proofs: [proof(host, record.source, 'from everywhere'), ...(header === undefined ? [] : [proof(host, header.record.source, 'what it believes')])] }));
  }
}

/** ingress-nginx: proxy-real-ip-cidr is 0.0.0.0/0 unless set. */
function* controller(view: View): Generator<Answer> {
  for (const { host, record } of view.objects.all) {
    const data = record.objectKind === 'ConfigMap' && isObject(record.object['data']) ? record.object['data'] : {};
    const on = ['use-proxy-protocol', 'use-forwarded-headers'].find((name) => textOf(data[name]) === 'true');
    if (on === undefined) continue;
    const where = `ConfigMap ${record.namespace}/${record.name}`;
    const limit = textOf(data['proxy-real-ip-cidr']);
    if (limit !== null && !limit.split(',').some((each) => ['0.0.0.0/0', '::/0'].includes(each.trim()))) { yield nothing('PP-05', where, [record.lineOf(['data', 'proxy-real-ip-cidr'])]); continue; }
    yield fault(finding('PP-05', { host, about: [about.host(host)], args: { where, what: on === 'use-proxy-protocol' ? 'a PROXY header' : 'X-Forwarded-For' }, proofs: [proof(host, record.lineOf(['data', on]), 'switched on'), ...(limit === null ? [] : [proof(host, record.lineOf(['data', 'proxy-real-ip-cidr']), 'from everywhere')])] }));
  }
}
