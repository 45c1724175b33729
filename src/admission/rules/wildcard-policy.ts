import { parentDomain } from '../../net/dns-names.ts';
import { quoted, refuse, warn } from '../note.ts';
import type { RouteRule } from '../route-subject.ts';

/** May the route answer for its host's siblings, if it wants to? A policy that nobody wrote means `None`. */
export const wildcardPolicy: RouteRule = ({ route, host, options }) => {
  switch (route.wildcardPolicy) {
    case '':
    case 'None':
      return [];
    case 'Subdomain':
      if (!options.allowWildcardRoutes) return [refuse('wildcard-not-allowed', 'spec.wildcardPolicy', 'This router does not serve wildcard routes.')];
      if (host !== '' && parentDomain(host) === '') return [warn('wildcard-single-label', 'spec.wildcardPolicy', `${quoted(host)} has no parent domain, so the route is served as that host only.`)];
      return [];
    default:
      return [refuse('wildcard-policy-unknown', 'spec.wildcardPolicy', `${quoted(route.wildcardPolicy)} is no wildcard policy.`)];
  }
};
