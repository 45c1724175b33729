import type { TlsMaterial } from '../admission/certificates/tls-material.ts';
import type { Claim } from '../admission/claim.ts';
import { isHostName } from '../net/dns-names.ts';
import type { Route } from '../resources/route.ts';
import { isRootPath } from './order.ts';
import type { Certificate } from './routing-table.ts';

/**
 * One certificate per host. Where several rules of a host bring one, that of the host's root path serves, else that of the
 * oldest: a client chooses the certificate by SNI, before any path is known.
 */
export const certificatesOf = (claims: readonly Claim[]): readonly Certificate[] => {
  const chosen = new Map<string, Claim>();
  for (const claim of claims) {
    if (claim.certificate === null) continue;
    const host = claim.wildcard ? `*.${claim.host}` : claim.host;
    const other = chosen.get(host);
    if (other === undefined || servesBefore(claim, other)) chosen.set(host, claim);
  }
  return [...chosen]
    .map(([host, claim]) => ({
      host, pem: claim.certificate?.pem ?? '', rule: `${claim.route.metadata.namespace}/${claim.route.metadata.name}`,
    }))
    .sort((a, b) => (a.host < b.host ? -1 : 1));
};

/** Host that a route's own certificate will most likely be served with, before anybody has looked at other objects; null: that depends on more. */
export const likelyHost = ({ host, wildcardPolicy, tls, problems }: Route): string | null =>
  problems.length === 0 && wildcardPolicy === 'None' && isHostName(host) && (tls?.termination === 'edge' || tls?.termination === 'reencrypt') ? host : null;

/** The certificate that a route will most likely be served with, given its judged PEM texts. */
export const likelyCertificate = (route: Route, { served }: Pick<TlsMaterial, 'served'>): Pick<Certificate, 'host' | 'pem'> | null => {
  const host = likelyHost(route);
  return host === null || served === null ? null : { host, pem: served };
};

const servesBefore = (a: Claim, b: Claim): boolean => {
  const root = Number(isRootPath(b.path)) - Number(isRootPath(a.path));
  if (root !== 0) return root < 0;
  const [left, right] = [a.route.metadata, b.route.metadata];
  if (left.creationTimestamp !== right.creationTimestamp) return left.creationTimestamp < right.creationTimestamp;
  return left.uid < right.uid;
};
