import { nearestWord } from '../../lib/nearest-word.ts';
import type { Termination } from '../claim.ts';

/** H = plain HTTP, E = edge, R = re-encrypt, P = passthrough: the kinds of route for which an annotation does something. */
type Kinds = 'HERP' | 'HER' | 'ER' | 'none';

const own = 'haproxy.router.openshift.io/';

/** Every annotation of a Route that the OpenShift router or its API server reads, and where it applies. */
export const annotationNames = {
  'haproxy.router.openshift.io/balance': 'HERP',
  'haproxy.router.openshift.io/ip_allowlist': 'HERP',
  // The old name of the same list; the new one wins.
  'haproxy.router.openshift.io/ip_whitelist': 'HERP',
  'haproxy.router.openshift.io/timeout': 'HERP',
  'haproxy.router.openshift.io/timeout-tunnel': 'HERP',
  'haproxy.router.openshift.io/rate-limit-connections': 'HERP',
  'haproxy.router.openshift.io/rate-limit-connections.concurrent-tcp': 'HERP',
  'haproxy.router.openshift.io/rate-limit-connections.rate-tcp': 'HERP',
  'haproxy.router.openshift.io/rate-limit-connections.rate-http': 'HER',
  'haproxy.router.openshift.io/pod-concurrent-connections': 'HERP',
  'router.openshift.io/haproxy.health.check.interval': 'HERP',
  'haproxy.router.openshift.io/disable_cookies': 'HER',
  'router.openshift.io/cookie_name': 'HER',
  'router.openshift.io/cookie-same-site': 'ER',
  'haproxy.router.openshift.io/hsts_header': 'ER',
  'haproxy.router.openshift.io/set-forwarded-headers': 'HER',
  'haproxy.router.openshift.io/rewrite-target': 'HER',
  'haproxy.router.openshift.io/h1-adjust-case': 'HER',
  // Sizes the OpenShift router's own pools of prepared backends; Fairway sizes its spares itself.
  'router.openshift.io/pool-size': 'none',
  // Read by the API server: relaxes its check of the host. The router never did, nor does Fairway.
  'route.openshift.io/allow-non-dns-compliant-host': 'HERP',
} as const satisfies Readonly<Record<string, Kinds>>;

export type AnnotationName = keyof typeof annotationNames;

const letters = { none: 'H', edge: 'E', reencrypt: 'R', passthrough: 'P' } as const satisfies Readonly<Record<Termination, string>>;

export const applies = (name: AnnotationName, termination: Termination): boolean =>
  (annotationNames[name] as string).includes(letters[termination]);

export const isKnown = (key: string): key is AnnotationName => Object.hasOwn(annotationNames, key);

/** Keys under the router's own prefixes that nobody reads are typing errors; every other key belongs to somebody else. */
export const isOurs = (key: string): boolean => key.startsWith(own) || key.startsWith('router.openshift.io/');

/**
 * The known name that a mistyped one most likely means. People mix `-`, `_`, `.` and the two prefixes: none of that counts
 * as a difference.
 */
export const nearestName = (key: string): AnnotationName | null => {
  const names = new Map((Object.keys(annotationNames) as AnnotationName[]).map((name) => [plain(name), name]));
  const nearest = nearestWord(plain(key), names.keys());
  return nearest === undefined ? null : (names.get(nearest) ?? null);
};

const plain = (key: string): string => key.slice(key.indexOf('/') + 1).slice(0, 80).toLowerCase().replace(/[-_.]/g, '');
