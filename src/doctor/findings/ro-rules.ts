import { family } from './entry.ts';

/** What the router's rules say: which of them wins, and whom they believe. */
export const roRules = family({
  'RO-03': {
    code: 'RO-03', name: 'shadowed', title: 'A route never gets a request, because another one takes them all', severity: 'warning',
    message: 'Requests for {what} on {host} go to {winner} and never to {loser}: {why}.',
    fix: [
      { text: 'Put the narrower rule before the wider one; in a map, longer paths first and exact names before wildcards.' },
      { text: 'Or remove the rule that is not wanted.' },
    ],
    verify: { text: 'A request comes to the backend that was meant; the log line names it.', command: 'curl -skI https://{name}{path}; journalctl -u haproxy --no-pager -n 5' },
    explains: [],
    page: {
      happens: 'use_backend rules and maps of expressions (map_reg) are tried from the top, and the first that matches wins, not the narrowest. A map with two lines for one key uses the first. Passthrough names are decided before TLS is ended, so a path of such a name is never looked at.',
      evidence: 'The candidates in their order, of which an earlier one takes every request that a later one would; log lines of such requests where there are any.',
      lookAlikes: [{ code: 'RO-01', what: 'No route at all', tell: 'the default backend answers' }, { code: 'RO-02', what: 'A Route that lost its name to an older one', tell: 'its status says so, and no map has it' }, { code: null, what: 'Maps that are searched for the longest beginning', tell: 'their order is of no consequence' }],
    },
  },
  'RO-20': {
    code: 'RO-20', name: 'xff-trust', title: 'An allow list believes X-Forwarded-For, which clients write themselves', severity: 'error', security: true,
    message: '{where} decides by X-Forwarded-For who may come in, and nothing takes away what the client sent: anybody can write an address of the list.',
    fix: [
      { text: 'Decide by the address of the connection.', command: 'acl allowed src 10.0.0.0/8' },
      { text: 'With a balancer in front: believe the header only from its address, and take the entry that it added.', command: 'http-request set-src req.hdr(x-forwarded-for,-1) if BALANCER   # acl BALANCER src ADDRESS' },
      { text: 'At the outermost hop replace the header, do not append to it.', command: 'http-request set-header X-Forwarded-For %[src]' },
    ],
    verify: { text: 'A request with a header of its own is refused.', command: 'curl -skI -H "X-Forwarded-For: ALLOWED-ADDRESS" https://NAME/' },
    explains: [],
    page: {
      happens: 'Proxies append to X-Forwarded-For; what was there before comes from the client. A list that looks at any entry, or at the first one, lets in whoever writes it.',
      evidence: 'A rule over X-Forwarded-For in HAProxy\'s or nginx\'s configuration, or a whitelist of an Ingress whose controller takes the header from everybody, and no rule before it that replaces the header or asks who sent it.',
      lookAlikes: [{ code: 'PP-05', what: 'A PROXY header or address header believed from everywhere', tell: 'no list decides by it' }, { code: null, what: 'The last entry, behind a balancer that is the only way in', tell: 'x-forwarded-for,-1' }],
    },
  },
});
