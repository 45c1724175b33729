/** Where a figure stands in `show stat` and what it is called for Prometheus. */
export interface Family {
  /** Without the beginning `haproxy_backend_`. */
  readonly name: string;
  readonly type: 'counter' | 'gauge';
  readonly help: string;
  /** Columns; several ones become samples with the given `code`. */
  readonly columns: readonly { readonly column: string; readonly code?: string }[];
  readonly frontend?: boolean;
  readonly backend?: boolean;
  readonly server?: boolean;
  /** Stays for members when there are too many of them for everything. */
  readonly essential?: boolean;
}

const one = (column: string): Family['columns'] => [{ column }];

/**
 * Names, columns and subjects as the OpenShift router has them (its exporter's default selection and a few more), so that
 * dashboards keep working. What only grows is a counter here; there everything is a gauge, which PromQL does not mind.
 */
export const families: readonly Family[] = [
  { name: 'up', type: 'gauge', help: 'Whether it takes requests.', columns: one('status'), backend: true, server: true, essential: true },
  { name: 'current_sessions', type: 'gauge', help: 'Open sessions.', columns: one('scur'), frontend: true, backend: true, server: true, essential: true },
  { name: 'connections_total', type: 'counter', help: 'Connections.', columns: one('stot'), backend: true, server: true, essential: true },
  { name: 'connections_total', type: 'counter', help: 'Connections.', columns: one('conn_tot'), frontend: true },
  { name: 'current_queue', type: 'gauge', help: 'Requests waiting for a member.', columns: one('qcur'), backend: true, server: true },
  { name: 'max_sessions', type: 'gauge', help: 'Most open sessions so far.', columns: one('smax'), frontend: true, backend: true, server: true },
  { name: 'limit_sessions', type: 'gauge', help: 'Limit of open sessions.', columns: one('slim'), frontend: true },
  { name: 'bytes_in_total', type: 'counter', help: 'Bytes received from clients.', columns: one('bin'), frontend: true, backend: true, server: true },
  { name: 'bytes_out_total', type: 'counter', help: 'Bytes sent to clients.', columns: one('bout'), frontend: true, backend: true, server: true },
  { name: 'requests_denied_total', type: 'counter', help: 'Requests denied.', columns: one('dreq'), frontend: true },
  { name: 'request_errors_total', type: 'counter', help: 'Requests that could not be read.', columns: one('ereq'), frontend: true },
  { name: 'connection_errors_total', type: 'counter', help: 'Connections to members that failed.', columns: one('econ'), backend: true, server: true },
  { name: 'response_errors_total', type: 'counter', help: 'Responses that broke off or could not be read.', columns: one('eresp'), backend: true, server: true },
  { name: 'retry_warnings_total', type: 'counter', help: 'Connections tried again.', columns: one('wretr'), backend: true },
  { name: 'redispatch_warnings_total', type: 'counter', help: 'Requests sent to another member than meant.', columns: one('wredis'), backend: true },
  { name: 'weight', type: 'gauge', help: 'Weight.', columns: one('weight'), server: true },
  { name: 'check_failures_total', type: 'counter', help: 'Failed health checks.', columns: one('chkfail'), server: true },
  { name: 'downtime_seconds_total', type: 'counter', help: 'Seconds down.', columns: one('downtime'), server: true },
  { name: 'current_session_rate', type: 'gauge', help: 'Sessions in the last second.', columns: one('rate'), frontend: true, backend: true, server: true },
  { name: 'max_session_rate', type: 'gauge', help: 'Most sessions in a second so far.', columns: one('rate_max'), frontend: true, backend: true, server: true },
  {
    name: 'http_responses_total', type: 'counter', help: 'HTTP responses by class.', frontend: true, backend: true, server: true,
    columns: [...['1xx', '2xx', '3xx', '4xx', '5xx'].map((code) => ({ column: `hrsp_${code}`, code })), { column: 'hrsp_other', code: 'other' }],
  },
  { name: 'http_requests_total', type: 'counter', help: 'HTTP requests.', columns: one('req_tot'), frontend: true },
  { name: 'http_average_queue_latency_milliseconds', type: 'gauge', help: 'Mean time in the queue over the last 1024 requests.', columns: one('qtime'), backend: true, server: true },
  { name: 'http_average_connect_latency_milliseconds', type: 'gauge', help: 'Mean time to connect over the last 1024 requests.', columns: one('ctime'), backend: true, server: true },
  { name: 'http_average_response_latency_milliseconds', type: 'gauge', help: 'Mean time to the response over the last 1024 requests.', columns: one('rtime'), backend: true, server: true },
  { name: 'connections_reused_total', type: 'counter', help: 'Requests sent over a connection that was open already.', columns: one('reuse'), backend: true, server: true },
];

/** Every column read, in a fixed order after the three that say what a row is. */
export const wantedColumns: readonly string[] = ['pxname', 'svname', 'type', ...new Set(families.flatMap((family) => family.columns.map(({ column }) => column)))];
