import { isInDomain, parentDomain } from '../../net/dns-names.ts';
import { quoted, refuse } from '../note.ts';
import type { RouteRule } from '../route-subject.ts';

/**
 * May this router serve the domain? The denied list is asked first and wins. An empty host passes; another rule meets it.
 * A wildcard answers for more than its own host, so all that it answers for is judged: it may not reach out of the allowed
 * domains, nor cover a denied host.
 */
export const domainLists: RouteRule = ({ host, subdomains, options }) => {
  const name = host.toLowerCase();
  if (name === '') return [];
  const covered = subdomains && parentDomain(name) !== '' ? parentDomain(name) : null;
  for (const denied of options.deniedDomains.map((domain) => domain.toLowerCase())) {
    if (isInDomain(name, denied)) return [refuse('domain-denied', 'spec.host', `${quoted(host)} is in a domain that this router does not serve.`)];
    if (covered !== null && (isInDomain(covered, denied) || parentDomain(denied) === covered)) {
      return [refuse('domain-denied', 'spec.host', `The wildcard for ${quoted(`*.${covered}`)} would answer for a domain that this router does not serve.`)];
    }
  }
  if (options.allowedDomains.length === 0) return [];
  const allowed = options.allowedDomains.map((domain) => domain.toLowerCase());
  if (!allowed.some((domain) => isInDomain(name, domain))) return [refuse('domain-not-allowed', 'spec.host', `${quoted(host)} is in none of the domains that this router serves.`)];
  if (covered !== null && !allowed.some((domain) => isInDomain(covered, domain))) {
    return [refuse('domain-not-allowed', 'spec.host', `The wildcard for ${quoted(`*.${covered}`)} would answer for hosts outside the domains that this router serves.`)];
  }
  return [];
};
