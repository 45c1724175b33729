import { setting } from './setting.ts';
import { flag, integer, optional, text, time } from './value-kinds.ts';

const path = text('<path>');

export const inputSettings = {
  directory: setting({
    group: 'Input and state', flag: 'directory', kind: optional(path), fallback: null, fallbackText: 'the argument DIR',
    help: 'directory of manifests, as the argument DIR',
  }),
  stateDir: setting({
    group: 'Input and state', flag: 'state-dir', kind: optional(path), fallback: null,
    fallbackText: '/var/lib/fairway for root, else ~/.local/state/fairway',
    help: "directory for HAProxy's files, sockets and keys, one for each router",
  }),
} as const;

export const haproxySettings = {
  'haproxy.program': setting({ group: 'HAProxy', flag: 'haproxy', kind: path, fallback: 'haproxy', help: 'program to run: a path, or a name to look for' }),
  'haproxy.threads': setting({
    group: 'HAProxy', flag: 'threads', kind: optional(integer(1, 64, '<number>')), fallback: null, fallbackText: "HAProxy's own choice",
    help: 'threads', openshift: [{ name: 'ROUTER_THREADS' }],
  }),
  'haproxy.maxConnections': setting({
    group: 'HAProxy', flag: 'max-connections', kind: optional(integer(1, 10_000_000, '<number>'), 'auto'), fallback: null,
    fallbackText: 'what the limit on open files allows',
    help: 'most connections at a time', openshift: [{ name: 'ROUTER_MAX_CONNECTIONS' }],
  }),
  'haproxy.user': setting({
    group: 'HAProxy', flag: 'haproxy-user', kind: optional(text('<name>')), fallback: null, fallbackText: 'nobody else: it runs as Fairway does',
    help: 'user that HAProxy changes to after binding its ports (root only)',
  }),
  'haproxy.hardStopAfter': setting({
    group: 'HAProxy', flag: 'hard-stop-after', kind: time, fallback: 3_600_000,
    help: 'longest life of an old worker after a reload', openshift: [{ name: 'ROUTER_HARD_STOP_AFTER' }],
  }),
  spares: setting({
    group: 'HAProxy', flag: 'spares', kind: integer(0, 100_000, '<number>'), fallback: 256,
    help: 'least number of spare backends kept ready for routes to come',
  }),
} as const;

export const paceSettings = {
  'pace.quiet': setting({ group: 'Pace and stopping', flag: 'quiet', kind: time, fallback: 2, help: 'wait until no file has changed for this long' }),
  'pace.longest': setting({ group: 'Pace and stopping', flag: 'longest-wait', kind: time, fallback: 50, help: 'but no longer than this' }),
  'pace.verifyEvery': setting({
    group: 'Pace and stopping', flag: 'verify-every', kind: time, fallback: 30_000,
    help: 'time between two comparisons of what HAProxy serves with what it should',
  }),
  'stop.readinessDelay': setting({
    group: 'Pace and stopping', flag: 'stop-delay', kind: time, fallback: 0,
    help: 'after SIGTERM, keep serving this long with /healthz/ready failing, so that balancers notice',
    openshift: [{ name: 'ROUTER_GRACEFUL_SHUTDOWN_DELAY' }],
  }),
  'stop.drain': setting({
    group: 'Pace and stopping', flag: 'drain', kind: time, fallback: 30_000,
    help: 'then let open connections end for this long at most', openshift: [{ name: 'ROUTER_MAX_SHUTDOWN_TIMEOUT', translate: (value) => (/^[0-9]+$/.test(value) ? `${value}s` : value) }],
  }),
  'stop.leaveHaproxy': setting({
    group: 'Pace and stopping', flag: 'leave-haproxy', kind: flag, fallback: false,
    help: 'on SIGTERM leave HAProxy serving: the next Fairway of the same state directory takes it over',
  }),
} as const;
