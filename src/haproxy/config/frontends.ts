import { quoteHeader, staticActions } from './static-actions.ts';
import { answering, fieldSeparator, type MapName } from '../naming.ts';
import type { HaproxySettings } from './haproxy-settings.ts';
import { admissionOfClients, answerWith, mapPath, quote, timeouts, whoConnects } from './pool-defaults.ts';

const addresses = (settings: HaproxySettings, port: number): readonly string[] => {
  const v4 = `0.0.0.0:${String(port)}`;
  const v6 = `[::]:${String(port)}`;
  switch (settings.listen.addresses) {
    case 'v4': return [v4];
    case 'v6': return [`${v6} v6only`];
    case 'v4v6': return [v4, `${v6} v6only`];
  }
};

const binds = (settings: HaproxySettings, port: number, options = ''): readonly string[] =>
  addresses(settings, port).map((address) => `bind ${address}${options}`);

/** A header is expected from listed peers only: anybody else could claim any address (PROXY protocol specification, section 5). */
const proxyProtocol = (settings: HaproxySettings): readonly string[] =>
  settings.listen.proxyProtocolFrom.length === 0
    ? []
    : [`tcp-request connection expect-proxy layer4 if { src ${settings.listen.proxyProtocolFrom.join(' ')} }`];

export const tlsOptions = (settings: HaproxySettings): string => [
  ` ssl crt ${quote(settings.paths.defaultCertificate)} crt-list ${quote(settings.paths.certificateList)}`,
  settings.tls.http2 ? ' alpn h2,http/1.1' : ' alpn http/1.1',
  settings.tls.strictSni ? ' strict-sni' : '',
].join('');

const missed = '!{ var(txn.rule) -m found }';

/**
 * Host and path without port and trailing dots, ended by `?`. "OPTIONS *" has no path: it asks about the host, which is the root's.
 * `labels`: what to take off the front of the host.
 */
const normalKey = (labels = ''): string => `base,regsub("^${labels}([^/:]*?)[.]*(:[0-9]*)?(/|$)","\\1/"),concat(?)`;

/** The first label of a host. A host of one label keeps nothing, so that a path cannot pass for a domain. */
const firstLabel = '[^./:]*[.]?';

/** Whose map value begins with a backend: everything but `askWildcard`. */
const answered = `{ var(txn.rule) -m sub ${fieldSeparator} }`;

const lookUp = (settings: HaproxySettings, map: 'plain' | 'tls'): readonly string[] => [
  // The common case in one step: Host is in lower case and has neither port nor trailing dot. `base` is Host and path, without the query.
  `http-request set-var(txn.rule) base,concat(?),map_beg(${mapPath(settings, map)})`,
  // Members see it in lower case; one that was found is.
  `http-request set-header host %[req.hdr(host),lower] if ${missed}`,
];

/**
 * Every further line costs each request a look at a variable. So what only misses need stands behind the first `use_backend`, as the
 * conditions of others: a condition can look up and keep what it found.
 */
const useFound = (settings: HaproxySettings, map: 'plain' | 'tls'): readonly string[] => {
  const use = (condition: string): string => `use_backend %[var(txn.rule),field(1,${fieldSeparator})] if ${condition}`;
  const found = (key: string, name: MapName, fallback = ''): string => `'${key},map_beg(${mapPath(settings, name)}${fallback}),set-var(txn.rule)'`;
  return [
    use(map === 'plain' ? answered : '{ var(txn.rule) -m found }'),
    use(`{ ${found(normalKey(), map)} -m sub ${fieldSeparator} }`),
    ...(map === 'plain' ? [use(`{ var(txn.rule) -m found } { ${found(normalKey(firstLabel), 'plain-fallback', `,${answering.closed}`)} -m found }`)] : []),
    use(`{ ${found(normalKey(firstLabel), `${map}-wildcard`)} -m found }`),
    // No name, or one that is unknown.
    `default_backend ${answering.unmatched}`,
  ];
};

/** What a request that nothing was found for is told apart by: its key and its host. */
export const missedKey: readonly string[] = [
  `http-request set-var(txn.key) '${normalKey()}'`,
  'http-request set-var(txn.host) var(txn.key),field(1,/)',
  `http-request set-var(txn.above) '${normalKey(firstLabel)}'`,
];

/**
 * An HTTP/2 connection may be re-used for any host its certificate covers (RFC 9113, section 9.1.1). It must be served here only if
 * that host gets the same certificate here; otherwise 421 tells the client to open a connection of its own (RFC 9110, section 15.5.20).
 */
const refuseMisdirected: readonly string[] = [
  // In Lua, where a request that is all right pays nothing for the four look-ups that the others need.
  'http-request lua.fairway_connection if { fc_http_major ge 2 } { ssl_fc_sni,lower,set-var(txn.sni) -m found } !{ req.hdr(host),strcmp(txn.sni) eq 0 }',
];

const accessLog = (settings: HaproxySettings): readonly string[] => settings.accessLog === null ? [] : [
  `log ${settings.accessLog.address} len 1024${/^std(?:out|err)$/.test(settings.accessLog.address) ? ' format raw' : ''} local1 info`,
  'http-after-response set-var(txn.reason) res.hdr(x-fairway-reason)',
  `log-format ${quoteHeader(settings.accessLog.format ?? defaultLogFormat)}`,
];

/** HAProxy's HTTP log format (configuration manual, section 8.2.3) with the rule and the reason behind it. */
export const defaultLogFormat =
  '%ci:%cp [%tr] %ft %b/%s %TR/%Tw/%Tc/%Tr/%Ta %ST %B %tsc %ac/%fc/%bc/%sc/%rc %sq/%bq rule=%[var(txn.rule),field(2,|)] reason=%[var(txn.reason)] %{+Q}[var(txn.rule),field(1,|)] %{+Q}r';

const httpFrontend = (name: string, map: 'plain' | 'tls', listeners: readonly string[], settings: HaproxySettings): readonly string[] => [
  `frontend ${name} from http-front`,
  ...listeners,
  ...accessLog(settings),
  // HAProxy's own 503. Said here, since in the pools' defaults every backend would keep a copy; the pools' rules tell what it was.
  `http-error ${answerWith(settings, 'connection-failed')}`,
  ...whoConnects,
  'http-request del-header proxy',
  ...(map === 'tls' && settings.tls.http2 ? refuseMisdirected : []),
  ...staticActions('request', settings.defaults.requestHeaders),
  ...lookUp(settings, map),
  ...staticActions('response', settings.defaults.responseHeaders),
  ...useFound(settings, map),
];

const inspect = (settings: HaproxySettings): readonly string[] => {
  const hello = '{ req.ssl_hello_type 1 }';
  const tcp = (line: string): string => (line.includes(' if ') ? line.replace(' if ', ` if ${hello} `) : `${line} if ${hello}`);
  return [
    'frontend sni from tcp-front',
    ...binds(settings, settings.listen.https),
    ...proxyProtocol(settings),
    `tcp-request inspect-delay ${String(settings.timeouts.inspect)}`,
    `tcp-request content set-var(txn.sni) req.ssl_sni,lower if ${hello}`,
    `tcp-request content set-var(txn.rule) var(txn.sni),map_str(${mapPath(settings, 'sni')}) if ${hello}`,
    `tcp-request content set-var(txn.rule) 'var(txn.sni),regsub("^[^.]*[.]?",""),map_str(${mapPath(settings, 'sni-wildcard')})' if ${hello} ${missed}`,
    tcp(`tcp-request content set-var(txn.cfg) var(txn.rule),field(3,|),map_str(${mapPath(settings, 'settings')})`),
    ...admissionOfClients('tcp-request content', 'reject', settings).map(tcp),
    `tcp-request content accept if ${hello}`,
    'use_backend %[var(txn.rule),field(1,|)] if { var(txn.rule) -m found }',
    `default_backend ${answering.terminate}`,
    `backend ${answering.terminate} from tcp-front`,
    `server here unix@${settings.paths.tlsSocket} send-proxy-v2`,
  ];
};

/** `twoHops`: passthrough rules exist, so the SNI must be seen before it is decided who terminates TLS. */
export const frontends = (settings: HaproxySettings, twoHops: boolean): readonly string[] => {
  const owner = settings.user === null ? '' : ` user ${settings.user}`;
  const tlsListeners = twoHops
    ? [`bind unix@${settings.paths.tlsSocket} mode 600${owner} accept-proxy${tlsOptions(settings)}`]
    : [...binds(settings, settings.listen.https, tlsOptions(settings)), ...proxyProtocol(settings)];
  return [
    'defaults http-front',
    'mode http',
    ...timeouts(settings, null),
    // A worker that finishes tells idle clients with their next answer, instead of closing under a request that is on its way.
    'option idle-close-on-response',
    ...(settings.defaults.h1AdjustCase.length > 0 ? ['option h1-case-adjust-bogus-client'] : []),
    // First, and its listeners first: what can be read before everything else is known ends there (`certificatesHead`).
    ...httpFrontend('tls', 'tls', tlsListeners, settings),
    ...httpFrontend('plain', 'plain', [...binds(settings, settings.listen.http), ...proxyProtocol(settings)], settings),
    'defaults tcp-front',
    'mode tcp',
    ...timeouts(settings, null),
    ...(twoHops ? inspect(settings) : []),
  ];
};
