import { answerReasons, type AnswerReason } from '../answer-reasons.ts';
import { answering } from '../naming.ts';
import type { HaproxySettings } from './haproxy-settings.ts';
import { missedKey } from './frontends.ts';
import { answerWith, mapPath } from './pool-defaults.ts';

/** Backends that answer by themselves, each with its reason. */
export const answeringBackends = (settings: HaproxySettings): readonly string[] => {
  const refuse = settings.unknownHost === 'close' ? 'http-request reject if !{ var(txn.known) -m found }' : null;
  const unmatched = (reason: AnswerReason): string => answerWith(settings, reason).replace(/^status \d+/, settings.unknownHost === '404' ? 'status 404' : 'status 503');
  // After `missedKey`.
  const nobody: readonly string[] = [
    `http-request set-var(txn.known) var(txn.host),map_str(${mapPath(settings, 'hosts')})`,
    `http-request set-var(txn.known) 'var(txn.host),regsub("^[^.]*","*"),map_str(${mapPath(settings, 'hosts')})' if !{ var(txn.known) -m found }`,
    `http-request set-var(txn.known) var(txn.key),map_beg(${mapPath(settings, 'plain')}) if !{ var(txn.known) -m found }`,
    `http-request set-var(txn.known) var(txn.above),map_beg(${mapPath(settings, 'plain-wildcard')}) if !{ var(txn.known) -m found }`,
    `http-request set-var(txn.refusal) var(txn.key),map_beg(${mapPath(settings, 'refused')})`,
    `http-request set-var(txn.refusal) var(txn.above),map_beg(${mapPath(settings, 'refused-wildcard')}) if !{ var(txn.refusal) -m found }`,
    `http-request return ${answerWith(settings, 'route-not-admitted', '"route-not-admitted; %[var(txn.refusal)]"')} if { var(txn.refusal) -m found }`,
    ...(refuse === null ? [] : [refuse]),
    `http-request return ${unmatched('no-route-for-path')} if { var(txn.known) -m found }`,
    `http-request return ${unmatched('no-route-for-host')}`,
  ];
  return [
    `backend ${answering.redirect} from http-front`,
    // `pathq` is path and query also of an absolute-form target, where the whole URL would double the scheme and host.
    'http-request redirect location https://%[req.hdr(host),host_only]%[pathq] code 302',
    'http-after-response set-header x-fairway-reason redirect-to-https',
    `backend ${answering.closed} from http-front`,
    `http-request return ${answerWith(settings, 'tls-only')}`,
    `backend ${answering.misdirected} from http-front`,
    // TLS for a host with rules of its own is terminated here, whatever the wildcard above it does: another connection would not fare better.
    ...missedKey,
    `http-request set-var(txn.own) var(txn.host),map_str(${mapPath(settings, 'sni')})`,
    `http-request return ${answerWith(settings, 'misdirected-request')} if !{ var(txn.own) -m str ${answering.terminate} }`,
    ...nobody,
    `backend ${answering.empty} from http-front`,
    `http-request return ${answerWith(settings, 'no-endpoints')}`,
    `backend ${answering.unmatched} from http-front`,
    // Asked by load balancers without a host of their own; a route of the host that they name goes first.
    'http-request return status 200 content-type text/plain string "ok" if METH_GET { path -m str /_______internal_router_healthz }',
    ...missedKey,
    ...nobody,
    `backend ${answering.tcpEmpty} from tcp-front`,
    'tcp-request content reject',
    // HAProxy loads only maps that a rule names. No traffic comes here.
    'backend book-keeping from http-front',
    ...(['notes', 'sni', 'sni-wildcard', 'certificates'] as const).map((map) => `http-request set-var(txn.none) str(-),map_str(${mapPath(settings, map)})`),
    'backend rates from tcp-front',
    'stick-table type string len 80 size 100k expire 30s store conn_cur,conn_rate(3s),http_req_rate(10s)',
  ];
};

const escapeHtml = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** Pages by file name. They are log-format texts: a per cent sign would be read by HAProxy, so none is left. */
export const pages = (): ReadonlyMap<string, string> => {
  const found = new Map<string, string>();
  for (const [reason, { status, title, text }] of Object.entries(answerReasons)) {
    if (status === 302) continue;
    found.set(`${reason}.html`, page(reason as AnswerReason, title, text));
  }
  return found;
};

const page = (reason: AnswerReason, title: string, text: string): string => `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeHtml(title)}</title>
<style>body{font:1rem/1.5 system-ui,sans-serif;max-width:40rem;margin:4rem auto;padding:0 1rem}code{font-size:.95em}</style></head>
<body>
<h1>${escapeHtml(title)}</h1>
<p>${escapeHtml(reason === 'connection-failed' ? 'The endpoint could not be reached: connections were refused, timed out, or found no free place.' : text)}</p>
<p>Reason: <code>${reason}</code>${reason === 'connection-failed' ? ' or <code>queue-full</code>: the header <code>x-fairway-reason</code> says which' : ''}${reason === 'route-not-admitted' ? ' <code>%[var(txn.refusal)]</code>' : ''}</p>
</body>
</html>
`;
