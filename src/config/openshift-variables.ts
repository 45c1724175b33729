/**
 * Variables of the OpenShift router that are no setting here. `refused`: without what it asks for the router would be less
 * safe or answer otherwise than its owner relies on, so start fails and says what to do. `noticed`: told in the log, nothing
 * is lost. A value of "" counts as not set, and so does a value in `harmless`.
 */
export interface ForeignVariable {
  readonly name: string;
  readonly treatment: 'refused' | 'noticed';
  readonly harmless?: readonly string[];
  /** A sentence: why, and what to do instead. */
  readonly why: string;
}

const off = ['false', 'f', 'F', 'FALSE', 'False', '0', 'none'];
const notNeeded = 'Fairway changes HAProxy without reloads and has no use for it.';
const kubernetesOnly = 'It concerns the Kubernetes API; objects come from a directory here.';

export const foreignVariables: readonly ForeignVariable[] = [
  { name: 'ROUTER_MUTUAL_TLS_AUTH', treatment: 'refused', harmless: off, why: 'Client certificates are not checked by this version: without them every client would get in. Unset it only if that is meant.' },
  { name: 'DEFAULT_CERTIFICATE', treatment: 'refused', why: 'A private key does not belong into an environment variable: write it to a file and name that with --default-certificate.' },
  { name: 'ROUTER_METRICS_TLS_CERT_FILE', treatment: 'noticed', why: 'The admin port speaks plain HTTP only: let the scraper use http.' },
  { name: 'ROUTER_ENABLE_COMPRESSION', treatment: 'noticed', harmless: off, why: 'Responses are not compressed by this version.' },
  { name: 'ROUTER_ERRORFILE_503', treatment: 'noticed', why: "Pages are Fairway's own: they carry the reason of the answer." },
  { name: 'ROUTER_UNIQUE_ID_HEADER_NAME', treatment: 'noticed', why: 'Requests get no id header from this version.' },
  { name: 'ROUTER_CAPTURE_HTTP_REQUEST_HEADERS', treatment: 'noticed', why: 'The access log captures no headers in this version.' },
  { name: 'ROUTER_CAPTURE_HTTP_RESPONSE_HEADERS', treatment: 'noticed', why: 'The access log captures no headers in this version.' },
  { name: 'ROUTER_CAPTURE_HTTP_COOKIE', treatment: 'noticed', why: 'The access log captures no cookies in this version.' },
  { name: 'ROUTER_LOG_FACILITY', treatment: 'noticed', why: 'Access log lines go to facility local1.' },
  { name: 'ROUTER_LOG_LEVEL', treatment: 'noticed', why: 'Every request is logged while --access-log is set.' },
  { name: 'ROUTER_LOG_MAX_LENGTH', treatment: 'noticed', why: 'The length of access log lines is not a setting.' },
  { name: 'ROUTER_MAX_REWRITE_SIZE', treatment: 'noticed', why: "The size of HAProxy's buffers is not a setting." },
  { name: 'ROUTER_BUF_SIZE', treatment: 'noticed', why: "The size of HAProxy's buffers is not a setting." },
  { name: 'RELOAD_INTERVAL', treatment: 'noticed', why: notNeeded },
  { name: 'RELOAD_SCRIPT', treatment: 'noticed', why: notNeeded },
  { name: 'TEMPLATE_FILE', treatment: 'noticed', why: "HAProxy's configuration is not made from a template here; a changed template has no effect." },
  { name: 'ROUTER_HAPROXY_CONFIG_MANAGER', treatment: 'noticed', why: notNeeded },
  { name: 'COMMIT_INTERVAL', treatment: 'noticed', why: notNeeded },
  { name: 'ROUTER_HAPROXY_ADMIN_UNIX_SOCKET', treatment: 'noticed', why: 'HAProxy in a container of its own is not driven by this version; Fairway starts one itself.' },
  { name: 'ROUTE_LABELS', treatment: 'refused', why: `Routes are not selected by label by this version, so more of them would be served. ${kubernetesOnly} Put only the wanted ones there and unset it.` },
  { name: 'ROUTE_FIELDS', treatment: 'refused', why: `Routes are not selected by field by this version, so more of them would be served. ${kubernetesOnly} Put only the wanted ones there and unset it.` },
  { name: 'NAMESPACE_LABELS', treatment: 'refused', why: `Namespaces are not selected by label by this version, so more routes would be served. ${kubernetesOnly} Put only the wanted ones there and unset it.` },
  { name: 'PROJECT_LABELS', treatment: 'refused', harmless: ['*'], why: `Projects are not selected by label by this version, so more routes would be served. ${kubernetesOnly} Put only the wanted ones there and unset it.` },
];
