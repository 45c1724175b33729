import { headerActions } from './header-actions.ts';
import { setting } from './setting.ts';
import { choice, domain, flag, list, optional, pattern, text, time } from './value-kinds.ts';

const balance = choice(['random', 'roundrobin', 'leastconn', 'source']);
const headerName = pattern(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,255}$/, 'a header name', '<name>');

export const routeDefaultSettings = {
  'defaults.balance': setting({
    group: 'Defaults of routes', flag: 'balance', kind: balance, fallback: 'random', judges: true,
    help: 'how requests are spread over the members of a route', openshift: [{ name: 'ROUTER_LOAD_BALANCE_ALGORITHM' }],
  }),
  'defaults.tcpBalance': setting({
    group: 'Defaults of routes', flag: 'tcp-balance', kind: balance, fallback: 'source', judges: true,
    help: 'the same for passthrough routes', openshift: [{ name: 'ROUTER_TCP_BALANCE_SCHEME' }],
  }),
  'defaults.cookieName': setting({
    group: 'Defaults of routes', flag: 'cookie-name', fallback: null, fallbackText: 'a digest of the route', judges: true,
    kind: optional(pattern(/^[A-Za-z0-9_-]+$/, 'letters, digits, _ and -', '<name>')),
    help: 'name of the stickiness cookie', openshift: [{ name: 'ROUTER_COOKIE_NAME' }],
  }),
  'defaults.forwardedHeaders': setting({
    group: 'Defaults of routes', flag: 'forwarded-headers', kind: choice(['append', 'replace', 'if-none', 'never']), fallback: 'append', judges: true,
    help: 'what happens to Forwarded and X-Forwarded-*', openshift: [{ name: 'ROUTER_SET_FORWARDED_HEADERS' }],
  }),
  'defaults.checkInterval': setting({
    group: 'Defaults of routes', flag: 'check-interval', kind: time, fallback: 5_000, judges: true,
    help: 'time between two health checks of a member', openshift: [{ name: 'ROUTER_BACKEND_CHECK_INTERVAL' }],
  }),
  'defaults.requestHeaders': setting({
    group: 'Defaults of routes', flag: 'request-headers', kind: headerActions, fallback: [],
    help: 'set or delete on every request; %XX stands for a character, + for a space', openshift: [{ name: 'ROUTER_HTTP_REQUEST_HEADERS' }],
  }),
  'defaults.responseHeaders': setting({
    group: 'Defaults of routes', flag: 'response-headers', kind: headerActions, fallback: [],
    help: 'the same on every response', openshift: [{ name: 'ROUTER_HTTP_RESPONSE_HEADERS' }],
  }),
  'defaults.h1AdjustCase': setting({
    group: 'Defaults of routes', flag: 'h1-adjust-case', kind: list(headerName, '<Name,...>'), fallback: [],
    help: 'header names in the case that old HTTP/1 peers want', openshift: [{ name: 'ROUTER_H1_CASE_ADJUST' }],
  }),
} as const;

export const admissionSettings = {
  'admission.allowWildcardRoutes': setting({
    group: 'Admission', flag: 'allow-wildcard-routes', kind: flag, fallback: false, judges: true,
    help: 'admit routes with wildcardPolicy Subdomain', openshift: [{ name: 'ROUTER_ALLOW_WILDCARD_ROUTES' }],
  }),
  'admission.disableNamespaceOwnershipCheck': setting({
    group: 'Admission', flag: 'disable-namespace-ownership-check', kind: flag, fallback: false, judges: true,
    help: 'let several namespaces share a host by path', openshift: [{ name: 'ROUTER_DISABLE_NAMESPACE_OWNERSHIP_CHECK' }],
  }),
  'admission.extendedValidation': setting({
    group: 'Admission', flag: 'extended-validation', kind: flag, fallback: true, judges: true,
    help: 'judge certificates, keys and TLS fields', openshift: [{ name: 'EXTENDED_VALIDATION' }],
  }),
  'admission.allowedDomains': setting({
    group: 'Admission', flag: 'allowed-domains', kind: list(domain, '<domain,...>'), fallback: [], judges: true,
    help: 'only hosts equal to or under these', openshift: [{ name: 'ROUTER_ALLOWED_DOMAINS' }],
  }),
  'admission.deniedDomains': setting({
    group: 'Admission', flag: 'denied-domains', kind: list(domain, '<domain,...>'), fallback: [], judges: true,
    help: 'no host equal to or under these; stronger than the above', openshift: [{ name: 'ROUTER_DENIED_DOMAINS' }],
  }),
  'admission.hostnameTemplate': setting({
    group: 'Admission', flag: 'hostname-template', kind: optional(text('<template>')), fallback: null, fallbackText: 'none', judges: true,
    help: 'host of routes without one: ${name}-${namespace}.apps.example.com', openshift: [{ name: 'ROUTER_SUBDOMAIN', translate: (value) => value.replace(/^(["'])(.*)\1$/, '$2') }],
  }),
  'admission.overrideHostname': setting({
    group: 'Admission', flag: 'override-hostname', kind: flag, fallback: false, judges: true,
    help: 'give every route the host of the template', openshift: [{ name: 'ROUTER_OVERRIDE_HOSTNAME' }],
  }),
  'admission.overrideDomains': setting({
    group: 'Admission', flag: 'override-domains', kind: list(domain, '<domain,...>'), fallback: [], judges: true,
    help: 'the same for hosts equal to or under these', openshift: [{ name: 'ROUTER_OVERRIDE_DOMAINS' }],
  }),
  'admission.allowLocalAddresses': setting({
    group: 'Admission', flag: 'allow-local-addresses', kind: flag, fallback: true, judges: true,
    help: 'serve members on loopback, link-local and cloud metadata addresses',
  }),
} as const;
