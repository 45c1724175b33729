import { family } from './entry.ts';

/** Time-outs: of hops that stand behind each other, and of connections that stay open. */
export const roTimeouts = family({
  'RO-16': {
    code: 'RO-16', name: 'timeout-ladder', title: 'A hop in front gives up before the one behind it', severity: 'warning',
    message: '{first} gives up first: {ladder}. {effect}',
    fix: [
      { text: '{cure}' },
      { text: 'Write the ladder down: for answers, each hop waits longer than the one behind it; for idle connections, each hop keeps them shorter than the one behind it.' },
    ],
    verify: { text: 'The hop that gives up is the one that knows why: its log names the server.', command: 'journalctl -u haproxy --no-pager | grep -E " (sH|CH|SH|cD|sD)"' },
    explains: ['RO-09', 'RO-11'],
    page: {
      happens: 'Every hop has clocks of its own. When the one in front stops waiting first, the user gets its error, and the one behind sees a client that went away: nobody logs the slow server. When the one in front keeps idle connections longer than the one behind, it now and then sends a request into a connection that is just being closed, and the user gets 502.',
      evidence: 'Two proxies, of which the first names an address that the second one has, and their time-outs; the time after which IPVS forgets a connection (ipvsadm -l --timeout) against the router\'s tunnels; a balancer\'s idle time against the time-out of a Route.',
      lookAlikes: [{ code: 'CT-10', what: 'Idle connections that a packet filter forgets', tell: 'its time-out is in the kernel' }, { code: 'RO-08', what: 'A server that is too slow for everybody', tell: 'sH at the hop next to it' }, { code: 'RO-11', what: 'Clients that do not want to wait', tell: 'they leave after different times' }],
    },
  },
  'RO-17': {
    code: 'RO-17', name: 'tunnel-timeout', title: 'Quiet WebSockets are closed by a time-out of the router', severity: 'warning',
    message: '{host} closed {count} WebSocket connections of {backend} because nothing was sent for {time} ({setting}).',
    fix: [
      { text: 'Let the application send a ping well within that time; it also keeps address translators and balancers awake.' },
      { text: 'Give tunnels of this route more time.', command: 'haproxy.router.openshift.io/timeout-tunnel: 1h   # Route; timeout tunnel 1h in the backend' },
    ],
    verify: { text: 'No cD or sD on lines with status 101.', command: 'journalctl -u haproxy --no-pager | grep -E " 101 [0-9]+ .* [cs]D"' },
    explains: [],
    page: {
      happens: 'After "101 Switching Protocols" a connection is a tunnel. "timeout tunnel" counts for it; where that is not set, "timeout client" and "timeout server" count, which are made for requests and are a minute or less. A WebSocket that is silent for so long is closed, though both ends are well.',
      evidence: 'Log lines with status 101 that end with cD or sD (HAProxy\'s own time-out during data), each at least as long as the time-out that counts.',
      lookAlikes: [{ code: null, what: 'Clients or servers that close', tell: 'CD, SD or --' }, { code: 'RO-16', what: 'A balancer in front that forgets the connection', tell: 'the router still has it' }, { code: 'RO-13', what: 'Tunnels that end with their old worker', tell: 'K in the code, or hard-stop-after' }],
    },
  },
});
