import { isDnsLabel, isHostName } from '../../net/dns-names.ts';
import { quoted, refuse } from '../note.ts';
import type { RouteRule } from '../route-subject.ts';

/** Is the host a DNS name in lower case? Always asked, also of hosts that a template made, whatever annotations say. */
export const hostSyntax: RouteRule = ({ route, host }) => {
  const path = route.host === '' && route.subdomain !== '' ? 'spec.subdomain' : 'spec.host';
  if (host === '') {
    const hint = route.subdomain === '' ? undefined : 'The router has no domain of its own to put spec.subdomain in front of: write spec.host, or have the operator set the domain.';
    return [refuse('host-missing', path, 'The route names no host.', hint)];
  }
  return isHostName(host) ? [] : [refuse('host-invalid', path, `${quoted(host)} is no DNS name.`, hintFor(host))];
};

const hintFor = (host: string): string | undefined => {
  if (isHostName(host.toLowerCase())) return `Write it in lower case: ${host.toLowerCase()}.`;
  if (host.startsWith('*.')) return 'Write one host of the domain and `wildcardPolicy: Subdomain`.';
  if (host.endsWith('.') && isHostName(host.slice(0, -1))) return `Write it without the last dot: ${host.slice(0, -1)}.`;
  if (/:[0-9]+$/.test(host)) return 'Write it without the port: the router serves every host on its own ports.';
  if (/^[a-z]+:\/\//i.test(host)) return 'Write the name only, without scheme and path.';
  return undefined;
};

/** Is `spec.subdomain` made of DNS labels? */
export const subdomainSyntax: RouteRule = ({ route: { subdomain } }) =>
  subdomain === '' || (subdomain.length <= 253 && subdomain.split('.').every(isDnsLabel))
    ? []
    : [refuse('subdomain-invalid', 'spec.subdomain', `${quoted(subdomain)} is not made of DNS labels.`)];
