import { isInDomain } from '../../net/dns-names.ts';
import type { Route } from '../../resources/route.ts';
import { quoted, warn } from '../note.ts';
import type { AdmissionOptions } from '../options.ts';
import type { RouteRule } from '../route-subject.ts';

type HostOptions = Pick<AdmissionOptions, 'domain' | 'hostnameTemplate' | 'overrideHostname' | 'overrideDomains'>;

/**
 * Which host does the route ask for? An empty host becomes `<subdomain>.<router domain>` where both are there; then the
 * template, where there is one, replaces a host that is still empty, every host, or those in or under the override domains.
 */
export const effectiveHost = (route: Route, options: HostOptions): string => {
  const written = route.host === '' && route.subdomain !== '' && options.domain !== '' ? `${route.subdomain}.${options.domain}` : route.host;
  const { hostnameTemplate, overrideHostname, overrideDomains } = options;
  if (hostnameTemplate === null || hostnameTemplate === '') return written;
  const replaces = written === '' || overrideHostname || overrideDomains.some((domain) => isInDomain(written.toLowerCase(), domain.toLowerCase()));
  return replaces ? (fill(hostnameTemplate, route) ?? written) : written;
};

/** `${name}-${namespace}.apps.example.com`; null where the template names something else: then the host stays as it is. */
const fill = (template: string, { metadata }: Route): string | null => {
  const host = template.replaceAll('${name}', metadata.name).replaceAll('${namespace}', metadata.namespace);
  return host.includes('${') ? null : host;
};

/** Would the author be surprised by the host? */
export const hostRewriting: RouteRule = ({ route, host }) => {
  if (route.host !== '' && route.host !== host) return [warn('host-rewritten', 'spec.host', `The route is served as ${quoted(host)}, not as ${quoted(route.host)}.`)];
  if (route.host !== '' && route.subdomain !== '') return [warn('host-and-subdomain', 'spec.subdomain', 'spec.subdomain is not read because spec.host is set.')];
  return [];
};
