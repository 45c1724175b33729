/**
 * Every reason for which a new HAProxy worker may take over. Closed: a reload without one of these cannot be written.
 * Codes are never re-used. docs/reload-reasons.md is checked against this list.
 */
export const reloadReasons = {
  'spares-exhausted': 'More pools were asked for than spare backends of that kind were left; the new configuration holds spares again.',
  'new-pool-kind': 'A kind of pool was used for the first time (a tunnel timeout of a passthrough route, header case adjustment); the new configuration also holds spares of that kind.',
  'passthrough-first': 'The first passthrough rule appeared: port 443 now looks at the SNI before it terminates TLS.',
  'passthrough-last': 'No passthrough rule is left: port 443 terminates TLS directly again.',
  'settings-changed': 'Global settings differ from those of the running HAProxy (listeners, ciphers, limits, pages).',
  'haproxy-upgraded': 'The HAProxy program on disk is another version than the one that runs.',
  'step-refused': 'HAProxy refused a change through its socket and reading its state again did not help.',
} as const satisfies Record<string, string>;

export type ReloadReason = keyof typeof reloadReasons;
