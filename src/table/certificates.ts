import type { Claim } from '../admission/claim.ts';
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

const servesBefore = (a: Claim, b: Claim): boolean => {
  const root = Number(isRootPath(b.path)) - Number(isRootPath(a.path));
  if (root !== 0) return root < 0;
  const [left, right] = [a.route.metadata, b.route.metadata];
  if (left.creationTimestamp !== right.creationTimestamp) return left.creationTimestamp < right.creationTimestamp;
  return left.uid < right.uid;
};
