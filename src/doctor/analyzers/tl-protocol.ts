import { finding } from '../findings/finding.ts';
import type { Proof } from '../findings/finding.ts';
import { firstCipher, isBrokenProtocol, isForbiddenWithHttp2 } from '../model/ciphers.ts';
import type { Facets } from '../model/facets.ts';
import { argument } from '../model/haproxy-settings.ts';
import { hostName } from '../model/record-index.ts';
import { isObject, textOf } from '../parsers/read-lines.ts';
import { about, analyzer, fault, nothing, proof } from './analyzer.ts';
import type { Answer } from './analyzer.ts';

type View = Pick<Facets, 'edges' | 'haproxy' | 'objects'>;
type Session = Facets['edges']['tlsSessions'][number];

/** TL-07, TL-08, TL-09, TL-11: what was negotiated, and what configurations would let be negotiated. */
export const tlProtocol = analyzer({
  name: 'tl-protocol',
  asks: 'Are protocol, cipher and key such that clients take them?',
  codes: ['TL-07', 'TL-08', 'TL-09', 'TL-11'],
  reads: ['edges', 'haproxy', 'objects'],
  *analyze(view): Generator<Answer> {
    for (const session of view.edges.tlsSessions) {
      yield* http2(session);
      yield* version(session);
      yield* key(session);
      yield* alerts(session);
    }
    yield* nginx(view);
    yield* controller(view);
    yield* haproxy(view);
  },
});

export function targetOf({ record }: Session): string {
  return record.target ?? record.serverName ?? 'the server';
}

/** What a session is about: its name and, where the target is one, its address. */
export function aboutSession({ host, record }: Session): string[] {
  const place = record.target?.replace(/:\d+$/, '') ?? null;
  return [...(record.serverName === null ? [] : [about.name(record.serverName)]), ...(place !== null && /^[\d.*]+$|:/.test(place) ? [about.address(place)] : []), about.host(host)];
}

function* http2(session: Session): Generator<Answer> {
  const { alpn, cipher, protocol, http } = session.record;
  const speaks = alpn?.value === 'h2' ? alpn : http?.value.startsWith('HTTP/2') === true ? http : null;
  if (speaks === null || cipher === null) return;
  if (protocol?.value === 'TLSv1.3' || !isForbiddenWithHttp2(cipher.value)) { yield nothing('TL-08', targetOf(session), [speaks.source, cipher.source]); return; }
  yield fault(finding('TL-08', {
    host: session.host, about: aboutSession(session), args: { target: targetOf(session), cipher: cipher.value },
    proofs: [proof(session.host, cipher.source, 'a cipher that HTTP/2 forbids'), proof(session.host, speaks.source, 'HTTP/2 all the same'), ...(protocol === null ? [] : [proof(session.host, protocol.source, 'the protocol')])],
    rulesOut: http?.value.startsWith('HTTP/2') === true ? [{ code: null, what: 'HTTP/2 that does not work at all', because: 'curl, which does not mind, got an answer', line: http.source }] : [],
  }));
}

function* version(session: Session): Generator<Answer> {
  const { protocol } = session.record;
  if (protocol === null) return;
  if (!isBrokenProtocol(protocol.value)) { yield nothing('TL-09', targetOf(session), [protocol.source]); return; }
  yield fault(finding('TL-09', { host: session.host, about: aboutSession(session), args: { where: targetOf(session), protocols: protocol.value }, proofs: [proof(session.host, protocol.source, 'negotiated')] }));
}

function* key(session: Session): Generator<Answer> {
  const { keyBits, signature } = session.record;
  const bits = Number(keyBits?.value);
  // ECDSA keys have 224 to 521 bits; an RSA key that small is older than any of this.
  const short = keyBits !== null && bits > 521 && bits < 2048 ? { text: `an RSA key of ${String(bits)} bits`, line: keyBits.source } : null;
  const old = signature !== null && /^(?:RSA-SHA1|DSA-SHA1|ecdsa-with-SHA1|sha1With\w+|SHA1with\w+|md5With\w+)$/i.test(signature.value) ? { text: `the signature ${signature.value}`, line: signature.source } : null;
  const [first, ...rest] = [short, old].flatMap((each) => each ?? []);
  if (first === undefined) { if (keyBits !== null) yield nothing('TL-11', targetOf(session), [keyBits.source]); return; }
  yield fault(finding('TL-11', {
    host: session.host, about: aboutSession(session), args: { target: targetOf(session), what: [first, ...rest].map((each) => each.text).join(' and ') },
    proofs: [proof(session.host, first.line, 'too weak'), ...rest.map((each) => proof(session.host, each.line, 'too weak'))],
  }));
}

function* alerts(session: Session): Generator<Answer> {
  const { failure, protocol } = session.record;
  if (failure === null) { if (protocol !== null) yield nothing('TL-07', targetOf(session), [protocol.source]); return; }
  const alert = /alert (?:handshake failure|protocol version)|alert number (?:40|70)\b|no protocols available|no shared cipher|unsupported protocol/.exec(failure.value);
  if (alert === null) { yield nothing('TL-07', targetOf(session), [failure.source]); return; }
  yield fault(finding('TL-07', {
    host: session.host, about: aboutSession(session), args: { target: targetOf(session), alert: /((?:sslv3|tlsv1|tlsv13|tls) alert [a-z ]+|no protocols available|no shared cipher|unsupported protocol)/.exec(failure.value)?.[1] ?? failure.value }, proofs: [proof(session.host, failure.source, 'how the handshake ended')],
    // A server that wants a certificate of the client, or has none for the name, may say handshake failure as well.
    lowered: /40|handshake failure/.test(alert[0]) ? [{ by: 0.2, because: 'alert 40 is also sent where a server has no certificate for the name' }] : [],
  }));
}

const byConfiguration = { by: 0.15, because: 'from the configuration: no handshake was captured' };

function* nginx(view: View): Generator<Answer> {
  for (const found of view.edges.nginxDirectives) {
    const { record, host } = found;
    if (record.name === 'ssl_protocols') {
      const weak = record.args.filter(isBrokenProtocol);
      const where = `nginx on ${hostName(host)}`;
      if (weak.length === 0) yield nothing('TL-09', where, [record.source]);
      else yield fault(finding('TL-09', { host, about: [about.host(host)], args: { where, protocols: weak.join(', ') }, proofs: [proof(host, record.source, 'the protocols')] }));
    }
    const first = record.name === 'ssl_ciphers' ? firstCipher(record.args[0] ?? '') : null;
    if (first === null) continue;
    const reach = view.edges.nginxDirectives.filter((each) => each.host === host && (record.server < 0 || each.record.server === record.server));
    const http2On = reach.find((each) => (each.record.name === 'listen' && each.record.args.includes('http2')) || (each.record.name === 'http2' && each.record.args[0] === 'on'));
    const ownOrder = view.edges.nginxDirectives.find((each) => each.host === host && each.record.name === 'ssl_prefer_server_ciphers' && each.record.args[0] === 'on');
    if (http2On === undefined || ownOrder === undefined || !isForbiddenWithHttp2(first)) { yield nothing('TL-08', `nginx on ${hostName(host)}`, [record.source]); continue; }
    yield fault(finding('TL-08', {
      host, about: [about.host(host)], args: { target: `nginx on ${hostName(host)}`, cipher: first },
      proofs: [proof(host, record.source, 'first in the list'), proof(host, http2On.record.source, 'HTTP/2 is on'), proof(host, ownOrder.record.source, 'the server\'s order counts')], lowered: [byConfiguration],
    }));
  }
}

/** ingress-nginx: its ConfigMap, with HTTP/2 on unless it says otherwise. */
function* controller(view: View): Generator<Answer> {
  for (const { host, record } of view.objects.all) {
    const data = record.objectKind === 'ConfigMap' && isObject(record.object['data']) ? record.object['data'] : {};
    const where = `ConfigMap ${record.namespace}/${record.name}`;
    const protocols = textOf(data['ssl-protocols']);
    const weak = protocols?.split(/\s+/).filter(isBrokenProtocol) ?? [];
    if (weak.length > 0) yield fault(finding('TL-09', { host, about: [about.host(host)], args: { where, protocols: weak.join(', ') }, proofs: [proof(host, record.lineOf(['data', 'ssl-protocols']), 'the protocols')] }));
    const ciphers = textOf(data['ssl-ciphers']);
    const first = ciphers === null ? null : firstCipher(ciphers);
    if (first === null) continue;
    const line = record.lineOf(['data', 'ssl-ciphers']);
    if (textOf(data['use-http2']) === 'false' || !isForbiddenWithHttp2(first)) { yield nothing('TL-08', where, [line]); continue; }
    const shown: [Proof, ...Proof[]] = [proof(host, line, 'first in the list'), ...(textOf(data['use-http2']) === 'true' ? [proof(host, record.lineOf(['data', 'use-http2']), 'HTTP/2 is on')] : [])];
    yield fault(finding('TL-08', { host, about: [about.host(host)], args: { target: where, cipher: first }, proofs: shown, lowered: [byConfiguration] }));
  }
}

function* haproxy(view: View): Generator<Answer> {
  for (const { host, record: section } of view.haproxy.sections) {
    for (const bind of section.statements) {
      if (!['bind', 'ssl-default-bind-options'].includes(bind.keyword)) continue;
      const lowest = argument(bind, 'ssl-min-ver') ?? (bind.args.includes('force-sslv3') ? 'SSLv3' : bind.args.includes('force-tlsv10') ? 'TLSv1.0' : null);
      const where = `HAProxy on ${hostName(host)} (${section.section} ${section.name})`.replace(' )', ')');
      if (lowest !== null && isBrokenProtocol(lowest)) yield fault(finding('TL-09', { host, about: [about.host(host)], args: { where, protocols: `${lowest} and later` }, proofs: [proof(host, bind.source, 'the lowest version')] }));
      else if (lowest !== null) yield nothing('TL-09', where, [bind.source]);
      const ciphers = argument(bind, 'ciphers');
      const first = ciphers === null ? null : firstCipher(ciphers);
      if (first === null || !/\bh2\b/.test(argument(bind, 'alpn') ?? '')) continue;
      // Where TLS 1.3 is possible, browsers take it and never see the list.
      const capped = /^TLSv1\.[012]$/.test(argument(bind, 'ssl-max-ver') ?? '');
      if (!isForbiddenWithHttp2(first) || bind.args.includes('prefer-client-ciphers')) { yield nothing('TL-08', where, [bind.source]); continue; }
      yield fault(finding('TL-08', { host, about: [about.host(host)], args: { target: where, cipher: first }, proofs: [proof(host, bind.source, 'h2 and this cipher first')], lowered: [byConfiguration, ...(capped ? [] : [{ by: 0.2, because: 'clients with TLS 1.3 are not affected' }])] }));
    }
  }
}
