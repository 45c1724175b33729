import { finding } from '../findings/finding.ts';
import type { Facets } from '../model/facets.ts';
import { argument, settingOf } from '../model/haproxy-settings.ts';
import { hostName } from '../model/record-index.ts';
import { about, analyzer, fault, nothing, proof } from './analyzer.ts';
import type { Answer } from './analyzer.ts';
import { aboutSession, targetOf } from './tl-protocol.ts';

type View = Pick<Facets, 'edges' | 'haproxy' | 'probes'>;

/** TL-01, TL-05, TL-13, TL-14: handshakes that never got as far as a certificate a client could judge. */
export const tlPlain = analyzer({
  name: 'tl-plain',
  asks: 'Do both ends speak TLS, and does the server answer?',
  codes: ['TL-01', 'TL-05', 'TL-13', 'TL-14'],
  reads: ['edges', 'haproxy', 'probes'],
  *analyze(view): Generator<Answer> {
    yield* silence(view);
    yield* mismatch(view);
    yield* fromClients(view);
    yield* plainRequests(view);
    yield* servers(view);
  },
});

function* silence(view: View): Generator<Answer> {
  const seen = new Set<string>();
  for (const { host, record } of view.probes.allConnects) {
    const target = `${record.target}:${String(record.port)}`;
    const key = `${host} ${target} ${record.tls ?? ''}`;
    if (record.tls === null || record.tlsSource === null || seen.has(key)) continue;
    seen.add(key);
    if (record.tls !== 'silence') { yield nothing('TL-01', target, [record.tlsSource]); continue; }
    yield fault(finding('TL-01', {
      host, about: [about.address(record.target), about.service(record.target, record.port)], args: { host: hostName(host), target, address: record.target },
      proofs: [proof(host, record.source, 'TCP connects'), proof(host, record.tlsSource, 'then silence')],
      rulesOut: [{ code: 'TL-14', what: 'A server that does not speak TLS', because: 'it would have answered something', line: record.tlsSource }],
    }));
  }
}

function* mismatch(view: View): Generator<Answer> {
  for (const { host, record } of view.haproxy.events) {
    if (record.event !== 'key-mismatch') continue;
    yield fault(finding('TL-05', { host, about: [about.host(host)], args: { host: hostName(host), file: (record.proxy ?? 'a certificate').replace(/[').,]+$/, '') }, proofs: [proof(host, record.source, 'HAProxy says so')] }));
  }
}

function* fromClients(view: View): Generator<Answer> {
  for (const session of view.edges.tlsSessions) {
    const { failure, protocol } = session.record;
    if (failure === null) { if (protocol !== null) yield nothing('TL-14', targetOf(session), [protocol.source]); continue; }
    if (!/wrong version number|http request|packet length too long|unknown protocol/i.test(failure.value)) { yield nothing('TL-14', targetOf(session), [failure.source]); continue; }
    yield fault(finding('TL-14', {
      host: session.host, about: aboutSession(session), args: { where: targetOf(session), what: 'the client speaks TLS, and what comes back is not TLS' }, proofs: [proof(session.host, failure.source, 'the answer is no TLS record')],
      rulesOut: [{ code: 'TL-07', what: 'No common version', because: 'there is no alert', line: failure.source }],
    }));
  }
}

/** HAProxy 2.8 and later give OpenSSL's reason: `SSL handshake failure (error:0A00009C:SSL routines::http request)`. */
function* plainRequests(view: View): Generator<Answer> {
  const plain = view.haproxy.connectionErrors.filter(({ record }) => /SSL handshake failure/.test(record.text) && /:http request|:wrong version number/.test(record.text));
  const groups = Map.groupBy(plain, (found) => `${found.host}\0${found.record.frontend}`);
  for (const [first, ...rest] of groups.values()) {
    if (first === undefined) continue;
    const clients = [...new Set([first, ...rest].flatMap(({ record }) => record.client ?? []))];
    const request = first.record.text.includes('http request');
    yield fault(finding('TL-14', {
      host: first.host, about: [about.host(first.host)],
      args: { where: `${first.record.frontend} on ${hostName(first.host)}`, what: `${clients.slice(0, 3).join(', ')} ${request ? 'send plain HTTP to its TLS port' : 'send something other than TLS to its TLS port'} (${String(rest.length + 1)} times)` },
      proofs: [proof(first.host, first.record.source, 'the first bytes were no TLS hello'), ...rest.slice(0, 2).map(({ record }) => proof(first.host, record.source, 'and again'))],
    }));
  }
}

/** A check that gets TCP but no handshake: `reason: Layer6 invalid response, info: "SSL handshake failure"`. */
function* servers(view: View): Generator<Answer> {
  const told = new Set<string>();
  for (const { host, record } of view.haproxy.events) {
    if (record.event !== 'server-down' || record.proxy === null || record.server === null) continue;
    const name = `${record.proxy}/${record.server}`;
    if (told.has(`${host} ${name}`)) continue;
    told.add(`${host} ${name}`);
    const section = view.haproxy.sections.find((found) => found.host === host && found.record.name === record.proxy && ['backend', 'listen'].includes(found.record.section));
    const server = section?.record.statements.find((each) => each.keyword === 'server' && each.args[0] === record.server);
    if (section === undefined || server === undefined) continue;
    const port = /:(\d+)$/.exec(server.args[1] ?? '')?.[1] ?? '';
    const tls = server.args.includes('ssl') || settingOf(view.haproxy.sections, section, 'default-server')?.args.includes('ssl') === true;
    const handshake = /Layer6 invalid response|SSL handshake failure/.test(record.text);
    if (!handshake || !tls) {
      yield nothing('TL-13', name, [record.source]);
      continue;
    }
    if (['80', '8080', '8000', '8008', '3000'].includes(port) || /wrong version number/.test(record.text)) {
      yield fault(finding('TL-14', {
        host, about: [about.host(host), about.name(name)], args: { where: `${name} on ${hostName(host)}`, what: `the router speaks TLS to port ${port}, and the server does not` },
        proofs: [proof(host, record.source, 'TCP works, the handshake does not'), proof(host, server.source, 'ssl on a port that is usually plain')],
        lowered: /wrong version number/.test(record.text) ? [] : [{ by: 0.25, because: 'judged by the port\'s number' }], settle: [{ host, command: `curl -sI http://${server.args[1] ?? ''}/` }],
      }));
    } else if (argument(server, 'verify') === 'required' || (argument(server, 'ca-file') !== null && argument(server, 'verify') !== 'none')) {
      yield fault(finding('TL-13', {
        host, about: [about.host(host), about.name(name)], args: { host: hostName(host), server: name },
        proofs: [proof(host, record.source, 'TCP works, the handshake does not'), proof(host, server.source, 'the certificate is verified')],
        lowered: /verify failed|certificate/.test(record.text) ? [] : [{ by: 0.2, because: 'the log does not say why the handshake failed' }], settle: [{ host, command: `openssl s_client -connect ${server.args[1] ?? ''} </dev/null` }],
      }));
    }
  }
}
