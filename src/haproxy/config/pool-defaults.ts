import { answerReasons, type AnswerReason } from '../answer-reasons.ts';
import { kindName, type BackendKind } from '../naming.ts';
import type { HaproxySettings } from './haproxy-settings.ts';

/** Quotes one argument for HAProxy's configuration parser (configuration manual, section 2.2): inside '...' nothing is special. */
export const quote = (text: string): string => {
  if (/[\0\r\n]/.test(text)) throw new RangeError('a line of the configuration cannot hold a line break');
  return `'${text.replaceAll("'", `'\\''`)}'`;
};

const noStore = 'hdr cache-control "private, max-age=0, no-cache, no-store" hdr pragma no-cache';

/** `http-request return` arguments for an answer of Fairway's own. */
export const answerWith = (settings: HaproxySettings, reason: AnswerReason, header = `"${reason}"`): string =>
  `status ${String(answerReasons[reason].status)} content-type "text/html; charset=utf-8" lf-file ${quote(`${settings.paths.pages}/${reason}.html`)} hdr x-fairway-reason ${header} ${noStore}`;

export const mapPath = (settings: HaproxySettings, name: string): string => `${settings.paths.maps}/${name}.map`;

/**
 * Stickiness: the cookie's value is the server's name, its name is in the rule's map value, so both change without a reload. One expression does
 * it, and does nothing for clients without cookies. "a=1; NAME=value\nrule's map value": behind a line break, which no header can hold, stands
 * where the name is; looked ahead to, it is found again by the back-reference. `txn.stick` is empty where the client does not send it.
 */
const withName = `concat("\\n",txn.rule)`;
const cookieName = '(?=.*\\n.*[|]([^|]*)[|][^|]*$)';
/** No server's name is longer; and the whole text, which is left where the expression cannot be worked out (a cookie beyond PCRE's limits), is. */
const sticks = '{ var(txn.stick) -m len 1:32 }';

const findCookie = [
  // One Cookie line is what clients send (RFC 6265, section 5.4); from several, only the last is looked at and none is rewritten.
  `http-request set-var(txn.stick) 'req.fhdr(cookie),${withName},regsub("^${cookieName}(?:(?:.*; ?)?\\1=([^;\\n]*)(?s:.*)|(?s:.*))$","\\2")'`,
  `http-request set-header cookie '%[req.fhdr(cookie),${withName},regsub("^${cookieName}(.*; ?)?\\1=[^;\\n]*(?:; ?)?(.*)\\n.*$","\\2\\3"),regsub("; ?$","")]' if ${sticks} { req.fhdr_cnt(cookie) eq 1 }`,
  `http-request del-header cookie if ${sticks} { req.fhdr(cookie) -m len 0 }`,
];

const setCookie = (condition: string): readonly string[] => [
  `http-response add-header set-cookie "%[var(txn.rule),field(-2,|)]=%[srv_name]; %[var(txn.rule),field(-1,|)]" if ${condition}!{ srv_name,strcmp(txn.stick) eq 0 }`,
  // A response that hands out a cookie must not be shared by caches (RFC 9111, section 7.3); those that are not stored anyway do not mind the word.
  `http-response add-header cache-control private if ${condition}!{ srv_name,strcmp(txn.stick) eq 0 } !{ res.hdr(cache-control) -m sub private no-store no-cache }`,
];

type Forwarding = HaproxySettings['defaults']['forwardedHeaders'];

/**
 * Who a connection comes from, as text: HAProxy has libc write an address out with sprintf, each time it is asked for, so it is asked for once.
 * For frontends; `sess.node` is RFC 7239's form.
 */
export const whoConnects: readonly string[] = [
  'tcp-request session set-var(sess.for) src,lower',
  'tcp-request session set-var(sess.node) var(sess.for)',
  // IPv6 told by the length of the address: matched as an address, ::1 counts as 0.0.0.1.
  `tcp-request session set-var-fmt(sess.node) '"[%[src]]"' if { src,hex -m len 32 }`,
];

/**
 * Forwarded headers as the OpenShift router writes them: separate header lines, RFC 7239 `Forwarded` with IPv6 in quoted brackets.
 * `guard`: a condition put before each line's own.
 */
const forwardedHeaders = (policy: Forwarding, guard: string): readonly string[] => {
  if (policy === 'never') return [];
  const verb = policy === 'replace' ? 'set-header' : 'add-header';
  const line = (name: string, format: string, condition = ''): string => {
    const absent = policy === 'if-none' ? `!{ req.hdr(${name}) -m found } ` : '';
    const all = `${guard}${absent}${condition}`.trim();
    return `http-request ${verb} ${name} ${format}${all === '' ? '' : ` if ${all}`}`;
  };
  const proto = policy === 'if-none' ? '%[req.hdr(x-forwarded-proto)]' : '%[ssl_fc,iif(https,http)]';
  const when = (condition = ''): string => (`${guard}${condition}` === '' ? '' : ` if ${`${guard}${condition}`.trim()}`);
  return [
    ...(policy === 'replace' ? [`http-request del-header x-forwarded-proto-version${when()}`] : []),
    line('x-forwarded-for', '%[var(sess.for)]'),
    line('x-forwarded-host', '%[req.hdr(host)]'),
    line('x-forwarded-port', '%[dst_port]'),
    line('x-forwarded-proto', '%[ssl_fc,iif(https,http)]'),
    line('x-forwarded-proto-version', 'h2', '{ ssl_fc_alpn h2 }'),
    line('forwarded', `"for=%[var(sess.node)];host=%[req.hdr(host)];proto=${proto}"`),
  ];
};

const policies: readonly Forwarding[] = ['append', 'replace', 'if-none', 'never'];

const setting = (name: string, type = ''): string =>
  `http-request set-var(txn.${name.replace('.', '_')}) 'var(txn.cfg),json_query("$.${name}"${type})'`;

/** Allow list and rates, for `http-request` and `tcp-request content` alike. Refused connections are closed, as the OpenShift router does. */
export const admissionOfClients = (verb: 'http-request' | 'tcp-request content', refuse: string, settings: HaproxySettings): readonly string[] => [
  `${verb} set-var(txn.allow) 'var(txn.cfg),json_query("$.allow")'`,
  `${verb} set-var(txn.address) src,hex if { var(txn.allow) -m found }`,
  `${verb} set-var(txn.digits) src,hex,length if { var(txn.allow) -m found }`,
  `${verb} ${refuse} if { var(txn.allow) -m found } !{ var(txn.allow),concat(:,txn.digits,:),concat(,txn.address),map_beg(${mapPath(settings, 'allow')}) -m found }`,
  `${verb} set-var(txn.rate) 'var(txn.cfg),json_query("$.rate.k")'`,
  `${verb} set-var(txn.peer) src if { var(txn.rate) -m found }`,
  `${verb} set-var(txn.rate_c) 'var(txn.cfg),json_query("$.rate.c","int")' if { var(txn.rate) -m found }`,
  `${verb} set-var(txn.rate_r) 'var(txn.cfg),json_query("$.rate.r","int")' if { var(txn.rate) -m found }`,
  `${verb} track-sc2 var(txn.rate),concat(:,txn.peer) table rates if { var(txn.rate) -m found }`,
  // The request being judged is already counted, as in the OpenShift router: a limit of 3 lets 2 others be.
  `${verb} ${refuse} if { var(txn.rate_c) -m found } { sc_conn_cur(2,rates),sub(txn.rate_c) ge 0 }`,
  `${verb} ${refuse} if { var(txn.rate_r) -m found } { sc_conn_rate(2,rates),sub(txn.rate_r) ge 0 }`,
];

const uncommonSettings = (settings: HaproxySettings): readonly string[] => [
  `http-request set-var(txn.cfg) var(txn.rule),field(3,|),map_str(${mapPath(settings, 'settings')})`,
  ...admissionOfClients('http-request', 'reject', settings),
  `${setting('rate.h', ',"int"')} if { var(txn.rate) -m found }`,
  `http-request reject if { var(txn.rate_h) -m found } { sc_http_req_rate(2,rates),sub(txn.rate_h) gt 0 }`,
  setting('server', ',"int"'),
  `http-request set-timeout server var(txn.server) if { var(txn.server) -m found }`,
  setting('tunnel', ',"int"'),
  `http-request set-timeout tunnel var(txn.tunnel) if { var(txn.tunnel) -m found }`,
  setting('hsts'),
  setting('forwarded'),
  `http-request set-var(txn.forward) str(${settings.defaults.forwardedHeaders})`,
  `http-request set-var(txn.forward) var(txn.forwarded) if { var(txn.forwarded) -m found }`,
  `http-request unset-var(txn.forwarded)`,
  ...policies.flatMap((policy) => forwardedHeaders(policy, `{ var(txn.forward) -m str ${policy} } `)),
  setting('rewrite.t'),
  `http-request set-var(txn.prefix) 'var(txn.cfg),json_query("$.rewrite.p"),b64dec' if { var(txn.rewrite_t) -m found }`,
  `http-request set-var(txn.path) path if { var(txn.rewrite_t) -m found }`,
  `http-request set-var(txn.target) var(txn.rewrite_t),b64dec if { var(txn.rewrite_t) -m found } !{ var(txn.rewrite_t) -m str -- - }`,
  `http-request set-path '/%[var(txn.prefix),concat(,txn.path),regsub("^([^?]*)[?]\\1/?(.*)$","\\2")]' if { var(txn.rewrite_t) -m str -- - }`,
  `http-request set-path '%[var(txn.target)]%[var(txn.prefix),concat(,txn.path),regsub("^([^?]*)[?]\\1(.*)$","\\2")]' if { var(txn.target) -m found }`,
  ...findCookie,
  setting('request'),
  `http-request set-var(txn.request) var(txn.request),map_str(${mapPath(settings, 'settings')}) if { var(txn.request) -m found }`,
  `http-request lua.fairway_request_headers if { var(txn.request) -m found }`,
  setting('response'),
  `http-request set-var(txn.response) var(txn.response),map_str(${mapPath(settings, 'settings')}) if { var(txn.response) -m found }`,
];

/** Milliseconds between two health checks of a server whose line does not say. */
export const commonInterval = 5000;

/** A `defaults` section per kind: its rules exist once, however many backends use them (configuration manual, section 4, named defaults). */
export const poolDefaults = (kind: BackendKind, settings: HaproxySettings): readonly string[] => {
  const head = [
    `defaults ${kindName(kind)}`,
    `mode ${kind.mode}`,
    `balance ${kind.balance}`,
    // Static hashing refuses added servers; consistent hashing also keeps clients where they are when members come and go.
    ...(kind.balance === 'source' ? ['hash-type consistent'] : []),
    ...timeouts(settings, kind.tunnel),
    'option redispatch',
    'retries 3',
    `default-server inter ${String(commonInterval)}`,
    ...(kind.adjustCase ? ['option h1-case-adjust-bogus-server'] : []),
  ];
  if (kind.mode === 'tcp') return head;
  const none = `!${sticks}`;
  return [
    ...head,
    ...(kind.full ? uncommonSettings(settings) : [...forwardedHeaders(settings.defaults.forwardedHeaders, ''), ...findCookie]),
    // An old worker that finishes what is open counts no usable servers (be_usable_srv() of a stopped proxy), yet serves.
    `http-request return ${answerWith(settings, 'all-endpoints-down')} if { nbsrv eq 0 } !{ stopping } ${none}`,
    'http-response del-header x-fairway-reason',
    ...(kind.full ? ['http-response set-header strict-transport-security %[var(txn.hsts)] if { var(txn.hsts) -m found }'] : []),
    ...setCookie(kind.full ? '!{ var(txn.rule),field(-2,|) -m str -- - } ' : ''),
    ...(kind.full ? ['http-response lua.fairway_response_headers if { var(txn.response) -m found }'] : []),
    // Unreachable, "no place became free" and "nobody is up" are all the same 503 of HAProxy's own. One rule, which every other answer passes by at
    // its first condition; the next ones keep what tells them apart: whether a server is usable, and whether a connection is free.
    `http-after-response set-header x-fairway-reason '%[stopping,add(txn.usable),bool,iif(up,down),concat(|,txn.refused),regsub("^up[|]",""),regsub("^down.*",all-endpoints-down)]' if { status 503 } { res.hdr(x-fairway-reason) -m str connection-failed } { nbsrv,set-var(txn.usable) -m int ge 0 } { be_conn_free,bool,iif(connection-failed,queue-full),set-var(txn.refused) -m found }`,
  ];
};

/** Milliseconds everywhere: HAProxy's own default unit (configuration manual, section 2.5). */
export const timeouts = ({ timeouts: times }: HaproxySettings, tunnel: number | null): readonly string[] => [
  `timeout connect ${String(times.connect)}`,
  `timeout client ${String(times.client)}`,
  `timeout client-fin ${String(times.clientFin)}`,
  `timeout server ${String(times.server)}`,
  `timeout server-fin ${String(times.serverFin)}`,
  `timeout http-request ${String(times.httpRequest)}`,
  `timeout http-keep-alive ${String(times.httpKeepAlive)}`,
  `timeout tunnel ${String(tunnel ?? times.tunnel)}`,
  `timeout check ${String(times.check)}`,
  `timeout queue ${String(times.queue)}`,
];
