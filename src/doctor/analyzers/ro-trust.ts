import { finding } from '../findings/finding.ts';
import type { Facets } from '../model/facets.ts';
import { hostName } from '../model/record-index.ts';
import { isObject, textOf } from '../parsers/read-lines.ts';
import type { HaproxyStatement } from '../parsers/haproxy-config.ts';
import { about, analyzer, fault, nothing, proof } from './analyzer.ts';
import type { Answer } from './analyzer.ts';

type View = Pick<Facets, 'haproxy' | 'edges' | 'objects'>;

/** RO-20: lists of allowed addresses that look at a header which clients write. */
export const roTrust = analyzer({
  name: 'ro-trust',
  asks: 'Do allow lists look at an address that clients cannot write?',
  codes: ['RO-20'],
  reads: ['haproxy', 'edges', 'objects'],
  *analyze(view): Generator<Answer> {
    yield* haproxy(view);
    yield* nginx(view);
    yield* controller(view);
  },
});

const header = /\b(?:req\.)?f?hdr(?:_ip)?\(x-(?:forwarded-for|real-ip)\b\s*(?:,\s*(-?\d+))?/i;
const behindBalancer = { by: 0.15, because: 'a balancer in front may be the only way in, and may replace the header' };

/** A decision: an acl, or a condition in braces, over the header; and `set-src` without a condition, after which every `src` is the client's word. */
function decides(statement: HaproxyStatement): boolean {
  const text = statement.args.join(' ');
  const found = header.exec(text);
  // The last entry is the one that the balancer in front wrote.
  if (found === null || found[1] === '-1') return false;
  if (statement.keyword === 'acl') return !/\s-m found\b/.test(text);
  return ['http-request', 'use_backend', 'tcp-request'].includes(statement.keyword) && (/[{].*x-forwarded-for|[{].*x-real-ip/i.test(text) ? !/-m found\b/.test(text) : statement.args[0] === 'set-src' && !/\b(?:if|unless)\b/.test(text));
}

/** Replaces the header, takes it away, or lets only known senders get so far. */
function guards(statement: HaproxyStatement, senders: ReadonlySet<string>): boolean {
  const asksSender = statement.args.some((word) => word === 'src' || senders.has(word.replace(/^!/, '')));
  if (statement.keyword === 'http-request' && /^(?:del-header|set-header)$/.test(statement.args[0] ?? '') && /^x-(?:forwarded-for|real-ip)$/i.test(statement.args[1] ?? '')) return true;
  return (statement.keyword === 'tcp-request' || (statement.keyword === 'http-request' && /^(?:deny|reject|silent-drop)$/.test(statement.args[0] ?? ''))) && asksSender && /\b(?:reject|accept|deny|silent-drop)\b/.test(statement.args.join(' '));
}

function* haproxy(view: View): Generator<Answer> {
  for (const { host, record } of view.haproxy.sections) {
    if (!['frontend', 'listen', 'backend'].includes(record.section)) continue;
    const use = record.statements.find(decides);
    if (use === undefined) continue;
    const where = `${record.section} ${record.name} of HAProxy on ${hostName(host)}`;
    // What a frontend has done to the header holds for the backends behind it.
    const before = view.haproxy.sections.filter((each) => each.host === host && (each.record === record || (record.section === 'backend' && each.record.section === 'frontend'))).flatMap((each) => {
      const senders = new Set(each.record.statements.filter((statement) => statement.keyword === 'acl' && /^src$/.test(statement.args[1] ?? '')).map((statement) => statement.args[0] ?? ''));
      return each.record.statements.filter((statement) => guards(statement, senders));
    });
    const bound = record.statements.filter((each) => each.keyword === 'bind');
    const inside = bound.length > 0 && bound.every((each) => /^(?:127\.|\[?::1|unix@|abns@|\/|ipv4@127\.|fd@)/.test(each.args[0] ?? ''));
    const [guard] = before;
    if (guard !== undefined || inside) { yield nothing('RO-20', where, [use.source, guard?.source ?? bound[0]?.source ?? use.source]); continue; }
    const list = use.keyword === 'acl' ? record.statements.find((each) => each.keyword !== 'acl' && each.args.some((word) => word.replace(/^!/, '') === use.args[0])) : undefined;
    const appends = view.haproxy.sections.filter((each) => each.host === host).flatMap((each) => each.record.statements).find((each) => each.keyword === 'option' && each.args[0] === 'forwardfor');
    yield fault(finding('RO-20', {
      host, about: [about.host(host)], args: { where },
      proofs: [proof(host, use.source, 'what it looks at'), ...(list === undefined ? [] : [proof(host, list.source, 'what hangs on it')]), ...(appends === undefined ? [] : [proof(host, appends.source, 'appends, and leaves what the client sent')])],
      lowered: [behindBalancer],
    }));
  }
}

function* nginx(view: View): Generator<Answer> {
  const hosts = new Set(view.edges.nginxDirectives.map((found) => found.host));
  for (const host of hosts) {
    const all = view.edges.nginxDirectives.filter((found) => found.host === host).map((found) => found.record);
    const where = `nginx on ${hostName(host)}`;
    const direct = all.find((each) => (each.name === 'if' || each.name === 'map' || each.name === 'geo') && each.args.some((word) => word.includes('$http_x_forwarded_for')) && !(each.name === 'map' && each.args.some((word) => /proto|log/.test(word))));
    const everybody = all.find((each) => each.name === 'set_real_ip_from' && ['0.0.0.0/0', '::/0'].includes(each.args[0] ?? ''));
    const recursive = all.find((each) => each.name === 'real_ip_recursive' && each.args[0] === 'on');
    const named = all.find((each) => each.name === 'real_ip_header' && /^x-forwarded-for$/i.test(each.args[0] ?? ''));
    const list = all.find((each) => each.name === 'allow' && each.args[0] !== 'all');
    if (direct !== undefined && direct.name !== 'map') {
      yield fault(finding('RO-20', { host, about: [about.host(host)], args: { where }, proofs: [proof(host, direct.source, 'what it looks at')], lowered: [behindBalancer, { by: 0.1, because: 'what hangs on it may be no matter of access' }] }));
      continue;
    }
    if (list === undefined || named === undefined) continue;
    // From everywhere and recursively: nginx goes back to the first entry, which is the client's own.
    if (everybody === undefined || recursive === undefined) { yield nothing('RO-20', where, [list.source, named.source]); continue; }
    yield fault(finding('RO-20', { host, about: [about.host(host)], args: { where }, proofs: [proof(host, list.source, 'the list'), proof(host, everybody.source, 'every sender is believed'), proof(host, recursive.source, 'back to the first entry'), proof(host, named.source, 'of this header')], lowered: [behindBalancer] }));
  }
}

const lists = ['nginx.ingress.kubernetes.io/whitelist-source-range', 'nginx.ingress.kubernetes.io/allowlist-source-range'];

/** ingress-nginx: with use-forwarded-headers the list is compared with the header; proxy-real-ip-cidr is everybody unless set. */
function* controller(view: View): Generator<Answer> {
  for (const { host, record } of view.objects.all) {
    const data = record.objectKind === 'ConfigMap' && isObject(record.object['data']) ? record.object['data'] : {};
    if (textOf(data['use-forwarded-headers']) !== 'true') continue;
    const limit = textOf(data['proxy-real-ip-cidr']);
    const guarded = view.objects.all.flatMap((each) => {
      const metadata = each.record.objectKind === 'Ingress' && isObject(each.record.object['metadata']) ? each.record.object['metadata'] : {};
      const annotations = isObject(metadata['annotations']) ? metadata['annotations'] : {};
      return lists.flatMap((name) => (textOf(annotations[name]) === null ? [] : [{ found: each, line: each.record.lineOf(['metadata', 'annotations', name]) }]));
    });
    const [first] = guarded;
    if (first === undefined) continue;
    const on = record.lineOf(['data', 'use-forwarded-headers']);
    if (limit !== null && !limit.split(',').some((each) => ['0.0.0.0/0', '::/0'].includes(each.trim()))) { yield nothing('RO-20', `${first.found.record.namespace}/${first.found.record.name}`, [first.line, on]); continue; }
    yield fault(finding('RO-20', {
      host, about: [about.host(host)], args: { where: `Ingress ${first.found.record.namespace}/${first.found.record.name}` },
      proofs: [proof(first.found.host, first.line, 'the list'), proof(host, on, 'it is compared with what the header says')], lowered: [behindBalancer],
    }));
  }
}
