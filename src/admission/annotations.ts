import type { Route } from '../resources/route.ts';
import { readAllowList } from './annotations/allow-list.ts';
import { applies, isKnown, isOurs, nearestName } from './annotations/annotation-names.ts';
import type { AnnotationName } from './annotations/annotation-names.ts';
import { readBoolean, readCookieName, readHsts, readInteger, readOneOf, readRewriteTarget, readTime } from './annotations/value-grammar.ts';
import type { Reading } from './annotations/value-grammar.ts';
import type { ClaimSettings, InsecurePolicy, Termination } from './claim.ts';
import { quoted, warn } from './note.ts';
import type { WarningNote } from './note.ts';

export interface AnnotationsRead {
  readonly settings: ClaimSettings;
  readonly notes: readonly WarningNote[];
}

export const annotationPath = (key: string): string => `metadata.annotations[${key}]`;

const limitKeys = {
  concurrentTcp: 'haproxy.router.openshift.io/rate-limit-connections.concurrent-tcp',
  rateTcp: 'haproxy.router.openshift.io/rate-limit-connections.rate-tcp',
  rateHttp: 'haproxy.router.openshift.io/rate-limit-connections.rate-http',
} as const satisfies Readonly<Record<string, AnnotationName>>;

/**
 * Reads every annotation of a route into settings. A value that cannot be read behaves as not set and is a warning; the
 * one exception is the allow list, which then lets nobody in.
 */
export const readAnnotations = (route: Route, termination: Termination, insecure: InsecurePolicy): AnnotationsRead => {
  const { annotations } = route.metadata;
  const notes: WarningNote[] = [];
  const http = termination !== 'passthrough';

  /** The text of an annotation that is set and applies to this kind of route. An empty text is not set. */
  const textOf = (name: AnnotationName): string | null => {
    const text = Object.hasOwn(annotations, name) ? annotations[name] : undefined;
    if (text === undefined || text === '') return null;
    if (applies(name, termination)) return text;
    const kind = termination === 'none' ? 'a route without TLS' : `a ${termination} route`;
    notes.push(warn('annotation-without-effect', annotationPath(name), `${name} has no effect on ${kind}.`));
    return null;
  };
  const read = <T>(name: AnnotationName, reader: (text: string) => Reading<T>): T | null => {
    const text = textOf(name);
    if (text === null) return null;
    const reading = reader(text);
    if (!reading.ok) {
      notes.push(warn('annotation-invalid', annotationPath(name), `${name}: ${quoted(text)} cannot be read, the annotation counts as not set.`, `Write ${reading.expected}.`));
      return null;
    }
    if (reading.clipped === true) notes.push(warn('annotation-clipped', annotationPath(name), `${name}: ${quoted(text)} is longer than HAProxy's timers go and is cut to 2147483647 ms.`));
    return reading.value;
  };

  const timeout = read('haproxy.router.openshift.io/timeout', readTime);
  const tunnel = read('haproxy.router.openshift.io/timeout-tunnel', readTime);
  const settings: ClaimSettings = {
    balance: read('haproxy.router.openshift.io/balance', readOneOf('roundrobin', 'leastconn', 'source', 'random')),
    allowList: allowListOf(textOf, notes),
    timeoutServer: http ? timeout : null,
    // Passthrough has no server timeout of its own: the connection is a tunnel from the first byte.
    timeoutTunnel: http ? tunnel : (tunnel ?? timeout),
    rateLimit: rateLimitOf(read, textOf, notes),
    memberMaxConnections: memberMaximumOf(read, notes),
    checkInterval: read('router.openshift.io/haproxy.health.check.interval', readTime),
    cookie: cookieOf(read, notes, termination, insecure),
    hsts: read('haproxy.router.openshift.io/hsts_header', readHsts),
    forwardedHeaders: read('haproxy.router.openshift.io/set-forwarded-headers', readOneOf('append', 'replace', 'if-none', 'never')),
    rewriteTarget: read('haproxy.router.openshift.io/rewrite-target', readRewriteTarget),
    h1AdjustCase: read('haproxy.router.openshift.io/h1-adjust-case', readBoolean) ?? false,
    requestHeaders: route.requestHeaders,
    responseHeaders: route.responseHeaders,
  };
  textOf('router.openshift.io/pool-size');
  notes.push(...unknownKeys(annotations));
  return { settings, notes };
};

type TextOf = (name: AnnotationName) => string | null;
type Read = <T>(name: AnnotationName, reader: (text: string) => Reading<T>) => T | null;

const allowListOf = (textOf: TextOf, notes: WarningNote[]): readonly string[] | null => {
  const [newer, older] = [textOf('haproxy.router.openshift.io/ip_allowlist'), textOf('haproxy.router.openshift.io/ip_whitelist')];
  const name: AnnotationName = newer === null ? 'haproxy.router.openshift.io/ip_whitelist' : 'haproxy.router.openshift.io/ip_allowlist';
  const text = newer ?? older;
  if (text === null) return null;
  if (newer !== null && older !== null && newer !== older) {
    notes.push(warn('annotation-without-effect', annotationPath('haproxy.router.openshift.io/ip_whitelist'), 'ip_whitelist is not read because ip_allowlist is set.', 'Keep one list, under ip_allowlist.'));
  }
  const { cidrs, unreadable } = readAllowList(text);
  const hint = text.includes(',') ? 'Separate the entries by spaces, not by commas.' : undefined;
  // Ten are enough to find the mistake; the count tells the rest.
  for (const entry of unreadable.slice(0, 10)) notes.push(warn('allow-list-entry', annotationPath(name), `${quoted(entry)} is no address or CIDR and is left out.`, hint));
  if (unreadable.length > 10) notes.push(warn('allow-list-entry', annotationPath(name), `${unreadable.length - 10} more entries are no addresses or CIDRs and are left out.`, hint));
  if (cidrs.length === 0) notes.push(warn('allow-list-denies-all', annotationPath(name), 'No entry of the allow list can be read, so nobody is let in.', hint));
  return cidrs;
};

const rateLimitOf = (read: Read, textOf: TextOf, notes: WarningNote[]): ClaimSettings['rateLimit'] => {
  if (read('haproxy.router.openshift.io/rate-limit-connections', readBoolean) !== true) {
    for (const name of Object.values(limitKeys)) {
      if (textOf(name) !== null) notes.push(warn('annotation-without-effect', annotationPath(name), `${name} has no effect without rate-limit-connections.`, 'Add haproxy.router.openshift.io/rate-limit-connections: "true".'));
    }
    return null;
  }
  const limit = (key: keyof typeof limitKeys): number | null => {
    const value = read(limitKeys[key], readInteger);
    // The connection being judged is already counted for the TCP limits, the request not yet for HTTP.
    if (value !== null && value <= (key === 'rateHttp' ? 0 : 1)) {
      notes.push(warn('rate-limit-refuses-all', annotationPath(limitKeys[key]), `A limit of ${value} refuses every ${key === 'rateHttp' ? 'request' : 'connection'}.`));
    }
    return value === null ? null : Math.max(0, value);
  };
  return { concurrentTcp: limit('concurrentTcp'), rateTcp: limit('rateTcp'), rateHttp: limit('rateHttp') };
};

const memberMaximumOf = (read: Read, notes: WarningNote[]): number | null => {
  const name = 'haproxy.router.openshift.io/pod-concurrent-connections';
  const value = read(name, readInteger);
  if (value === null || value > 0) return value;
  // HAProxy reads `maxconn 0` as unlimited and has no negative limits.
  if (value < 0) notes.push(warn('annotation-invalid', annotationPath(name), `${name}: ${value} is no number of connections, the annotation counts as not set.`, 'Write a number above 0.'));
  return null;
};

const cookieOf = (read: Read, notes: WarningNote[], termination: Termination, insecure: InsecurePolicy): ClaimSettings['cookie'] => {
  const disabled = read('haproxy.router.openshift.io/disable_cookies', readBoolean) === true;
  const name = read('router.openshift.io/cookie_name', readCookieName);
  const sameSite = read('router.openshift.io/cookie-same-site', readOneOf('Lax', 'Strict', 'None'));
  if (disabled || termination === 'passthrough') return null;
  if (sameSite !== null && insecure === 'allow') {
    notes.push(warn('annotation-without-effect', annotationPath('router.openshift.io/cookie-same-site'), 'cookie-same-site has no effect where port 80 serves the route too (insecureEdgeTerminationPolicy: Allow).'));
  }
  return { name, sameSite: sameSite ?? 'None' };
};

const unknownKeys = (annotations: Readonly<Record<string, string>>): WarningNote[] =>
  Object.keys(annotations).filter((key) => isOurs(key) && !isKnown(key)).sort().map((key) => {
    const nearest = nearestName(key);
    return warn('annotation-unknown', annotationPath(key), `${quoted(key)} is no annotation of the router, nobody reads it.`, nearest === null ? undefined : `Did you mean ${nearest}?`);
  });
