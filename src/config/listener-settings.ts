import { cidr, choice, integer, ipAddress, list, optional, port, text } from './value-kinds.ts';
import { setting } from './setting.ts';

/** `host:port`, `[v6]:port`, `:port`: the OpenShift router's ROUTER_LISTEN_ADDR. */
const listenAddress = /^(?:\[([0-9a-fA-F:.]+)\]|([^:]*)):([0-9]+)$/;

export const listenerSettings = {
  'listen.http': setting({
    group: 'Listeners', flag: 'http-port', kind: port, fallback: 80,
    help: 'port for plain HTTP', openshift: [{ name: 'ROUTER_SERVICE_HTTP_PORT' }],
  }),
  'listen.https': setting({
    group: 'Listeners', flag: 'https-port', kind: port, fallback: 443,
    help: 'port for TLS', openshift: [{ name: 'ROUTER_SERVICE_HTTPS_PORT' }],
  }),
  'listen.admin': setting({
    group: 'Listeners', flag: 'admin-port', kind: port, fallback: 1936,
    help: 'port for health checks and metrics',
    openshift: [{ name: 'ROUTER_LISTEN_ADDR', translate: (value) => listenAddress.exec(value)?.[3] ?? value }, { name: 'STATS_PORT' }],
  }),
  'listen.adminAddress': setting({
    group: 'Listeners', flag: 'admin-address', kind: ipAddress, fallback: '127.0.0.1',
    help: 'address for health checks and metrics; 0.0.0.0 lets other machines read them',
    openshift: [
      {
        name: 'ROUTER_LISTEN_ADDR',
        translate: (value) => {
          const match = listenAddress.exec(value);
          return match ? (match[1] ?? (match[2] === '' ? '0.0.0.0' : (match[2] ?? null))) : value;
        },
      },
      // There the port alone means every address.
      { name: 'STATS_PORT', translate: (value) => (value === '0' ? null : '0.0.0.0') },
    ],
  }),
  'listen.addresses': setting({
    group: 'Listeners', flag: 'ip-family', kind: choice(['v4', 'v6', 'v4v6']), fallback: 'v4',
    help: 'listen on IPv4, IPv6 or both', openshift: [{ name: 'ROUTER_IP_V4_V6_MODE' }],
  }),
  'listen.proxyProtocolFrom': setting({
    group: 'Listeners', flag: 'proxy-protocol-from', kind: list(cidr, '<cidr,...>'), fallback: [],
    help: 'networks whose connections begin with a PROXY protocol header; others are taken as they come',
    openshift: [{ name: 'ROUTER_USE_PROXY_PROTOCOL', translate: (value) => (/^(1|t|true)$/i.test(value) ? '0.0.0.0/0,::/0' : null) }],
  }),
} as const;

export const answerSettings = {
  unknownHost: setting({
    group: 'Answers', flag: 'unknown-host', kind: choice(['503', '404', 'close']), fallback: '503',
    help: 'what a request for a host without a route gets: a page with that status, or a closed connection',
    openshift: [{ name: 'ROUTER_ERRORFILE_404', translate: () => '404' }],
  }),
  'accessLog.address': setting({
    group: 'Logs', flag: 'access-log', kind: optional(text('<address>')), fallback: null, fallbackText: 'none',
    help: 'where HAProxy sends a line for each request: a syslog address (127.0.0.1:514, /dev/log) or stdout',
    openshift: [{ name: 'ROUTER_SYSLOG_ADDRESS' }],
  }),
  'accessLog.format': setting({
    group: 'Logs', flag: 'access-log-format', kind: optional(text('<format>')), fallback: null, fallbackText: "Fairway's own",
    help: 'log-format of HAProxy for those lines', openshift: [{ name: 'ROUTER_SYSLOG_FORMAT', translate: (value) => value.replace(/^"(.*)"$/, '$1') }],
  }),
  'log.level': setting({
    group: 'Logs', flag: 'log-level', kind: choice(['debug', 'info', 'warn', 'error']), fallback: 'info',
    help: "least level of Fairway's own log lines; debug prints every plan",
  }),
  'log.format': setting({
    group: 'Logs', flag: 'log-format', kind: choice(['text', 'json']), fallback: 'text', help: "form of Fairway's own log lines, which go to standard error",
  }),
  'metrics.user': setting({
    group: 'Metrics', flag: 'metrics-user', kind: optional(text('<name>')), fallback: null, fallbackText: 'nobody is asked',
    help: 'user name that /metrics asks for (HTTP basic authentication); needs a password', openshift: [{ name: 'STATS_USERNAME' }],
  }),
  'metrics.userFile': setting({
    group: 'Metrics', flag: 'metrics-user-file', kind: optional(text('<file>')), fallback: null, fallbackText: 'none',
    help: 'file with that name', openshift: [{ name: 'STATS_USERNAME_FILE' }],
  }),
  'metrics.password': setting({
    group: 'Metrics', flag: 'metrics-password', kind: optional(text('<text>')), fallback: null, fallbackText: 'none', secret: true,
    help: 'its password; a flag is visible to every user of the machine, so rather a file', openshift: [{ name: 'STATS_PASSWORD' }],
  }),
  'metrics.passwordFile': setting({
    group: 'Metrics', flag: 'metrics-password-file', kind: optional(text('<file>')), fallback: null, fallbackText: 'none',
    help: 'file with that password', openshift: [{ name: 'STATS_PASSWORD_FILE' }],
  }),
  'metrics.memberThreshold': setting({
    group: 'Metrics', flag: 'metrics-member-threshold', kind: integer(0, 1_000_000, '<number>'), fallback: 500,
    help: 'above this many members, /metrics tells only health and connections of each, not every figure',
    openshift: [{ name: 'ROUTER_METRICS_HAPROXY_SERVER_THRESHOLD' }],
  }),
} as const;

