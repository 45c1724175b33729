/**
 * Why Fairway itself answered instead of a member: value of the response header `x-fairway-reason`, text of the page.
 * Closed; docs/reasons.md is checked against it.
 */
export const answerReasons = {
  'no-route-for-host': { status: 503, title: 'No route for this host', text: 'No admitted route has this host name.' },
  'no-route-for-path': { status: 503, title: 'No route for this path', text: 'The host is known, but none of its routes has this path on this listener.' },
  'route-not-admitted': { status: 503, title: 'The route was not admitted', text: 'A route asks for this host and path and was refused.' },
  'tls-only': { status: 503, title: 'This route is served over TLS only', text: 'The route does not allow clear-text requests (insecureEdgeTerminationPolicy).' },
  'no-endpoints': { status: 503, title: 'No endpoints', text: 'The route is admitted, but its services have no ready endpoint on the route\'s port.' },
  'all-endpoints-down': { status: 503, title: 'All endpoints are down', text: 'Every endpoint failed its health check or takes no new clients (weight 0).' },
  'connection-failed': { status: 503, title: 'The endpoint could not be reached', text: 'Connections to the endpoint were refused or timed out.' },
  'queue-full': { status: 503, title: 'Queue full', text: 'All endpoints are at their connection limit and no place became free in time.' },
  'misdirected-request': { status: 421, title: 'Misdirected request', text: 'This connection was opened for another host and must not serve this one. Open a new connection.' },
  'redirect-to-https': { status: 302, title: 'Redirected to https', text: 'The route redirects clear-text requests to https.' },
} as const satisfies Record<string, { readonly status: number; readonly title: string; readonly text: string }>;

export type AnswerReason = keyof typeof answerReasons;
