import type { Found, RecordIndex } from './record-index.ts';

/** HAProxy on all hosts: configuration, runtime answers, log. */
export interface HaproxyState {
  readonly hosts: readonly string[];
  readonly sections: readonly Found<'haproxy-section'>[];
  readonly stats: readonly Found<'haproxy-stat'>[];
  readonly info: readonly Found<'haproxy-info'>[];
  readonly serverStates: readonly Found<'haproxy-server-state'>[];
  readonly mapEntries: readonly Found<'haproxy-map-entry'>[];
  readonly stickTables: readonly Found<'haproxy-stick-table'>[];
  readonly stickEntries: readonly Found<'haproxy-stick-entry'>[];
  readonly processes: readonly Found<'haproxy-process'>[];
  readonly sessions: readonly Found<'haproxy-session'>[];
  readonly connectionErrors: readonly Found<'haproxy-connection-error'>[];
  readonly events: readonly Found<'haproxy-event'>[];
  /** Reloads and ends of workers, as HAProxy, systemd or the controller around it log them, in the order of the logs. */
  readonly reloads: readonly Found<'router-reload'>[];
  /** Of `show errors`: messages that broke the protocol, or did not fit. */
  readonly refusedMessages: readonly Found<'haproxy-refused-message'>[];
  readonly signalsByName: readonly Found<'signal-by-name'>[];
  /** Whether a log of HAProxy was captured on the host: only then does silence mean anything. */
  hasLog(host: string): boolean;
}

export function createHaproxyState(index: RecordIndex): HaproxyState {
  const formats = ['haproxy-config', 'haproxy-runtime', 'haproxy-stat'] as const;
  const logged = (host: string): boolean => index.read(host, 'haproxy-log').some((read) => /haproxy/i.test(read.capture.command) || read.records.some((record) => record.kind.startsWith('haproxy-')));
  return {
    hosts: index.hosts.filter((host) => formats.some((format) => index.read(host, format).length > 0) || logged(host)),
    sections: index.of('haproxy-section'), stats: index.of('haproxy-stat'), info: index.of('haproxy-info'), serverStates: index.of('haproxy-server-state'), mapEntries: index.of('haproxy-map-entry'),
    stickTables: index.of('haproxy-stick-table'), stickEntries: index.of('haproxy-stick-entry'), processes: index.of('haproxy-process'), sessions: index.of('haproxy-session'),
    connectionErrors: index.of('haproxy-connection-error'), events: index.of('haproxy-event'), reloads: index.of('router-reload'), refusedMessages: index.of('haproxy-refused-message'), signalsByName: index.of('signal-by-name'), hasLog: logged,
  };
}
