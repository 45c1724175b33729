import { family } from './entry.ts';

/** Reloads: the ones nobody ordered, and too many of them. Master's words as HAProxy 2.6 writes them. */
export const roReloads = family({
  'RO-14': {
    code: 'RO-14', name: 'foreign-signal', title: 'HAProxy was ended by somebody else\'s signal', severity: 'error',
    message: 'HAProxy on {host} lost its worker {count} times without a reload or a stop of its own: {how}.',
    fix: [
      { text: 'Let every script signal its own process only, by the pid file that its HAProxy writes.', command: 'haproxy -f FILE -p /run/NAME.pid -sf $(cat /run/NAME.pid)' },
      { text: 'Reload through the master, which signals nobody but its workers.', command: 'systemctl reload haproxy' },
      { text: 'Keep routers that signal by name (OpenShift\'s reload script does) in a process namespace of their own.' },
    ],
    verify: { text: 'No worker ends outside a reload or stop.', command: 'journalctl -u haproxy --no-pager | grep -E "Current worker|Exiting Master"; grep -rnE "pidof|killall|pkill" /etc/cron* /etc/logrotate.d | grep haproxy' },
    explains: [],
    page: {
      happens: 'kill with pidof, killall and pkill know names only. On a host with two HAProxies, or in a container that shares the host\'s process list, a reload of the one tells the other one to finish as well. It closes its listeners and goes once its connections are done.',
      evidence: 'The master says "Current worker ... exited" with code 0 or 143 and not "Exiting Master process" before it (of workers it replaced itself it says "Former worker"). Or "Proxy x stopped" in a log without any reload, beside a script that signals by name and a second HAProxy on the host.',
      lookAlikes: [{ code: 'RO-15', what: 'Reloads', tell: '"Reloading HAProxy", and the worker is called the former one' }, { code: null, what: 'A stop that was asked for', tell: '"Exiting Master process" or systemd\'s "Stopping"' }, { code: null, what: 'A crash', tell: 'exit codes 134, 137 (out of memory) or 139' }],
    },
  },
  'RO-15': {
    code: 'RO-15', name: 'reload-storm', title: 'HAProxy is reloaded again and again', severity: 'warning',
    message: '{host} reloaded its router {count} times {time}; {trigger}.',
    fix: [
      { text: 'Stop what changes all the time: an object that two controllers write in turn, endpoints that come and go with a flapping probe.', command: 'kubectl get ingress,route,endpointslices -A -w --output-watch-events' },
      { text: 'Let the controller gather changes for longer.', command: 'RELOAD_INTERVAL=30s   # OpenShift: spec.tuningOptions.reloadInterval of the IngressController' },
      { text: 'Use a router that changes servers and maps at run time.' },
    ],
    verify: { text: 'Few reloads in an hour.', command: 'echo "show proc" | socat stdio MASTER' },
    explains: ['RO-13'],
    page: {
      happens: 'Every reload starts a new process that reads everything again, and leaves the old one running until its last connection ends. In a storm, old processes pile up with all their memory, health checks start over, and idle connections to clients are closed.',
      evidence: 'At least six reloads within three minutes in the log of HAProxy or of its controller, or one each two minutes on average over the life of the master ("show proc").',
      lookAlikes: [{ code: null, what: 'A deployment', tell: 'a few reloads, then none' }, { code: 'RO-14', what: 'Workers that somebody else ends', tell: 'no reload is logged' }],
    },
  },
});
