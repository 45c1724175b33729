/** One complaint of HAProxy at start or of `haproxy -c`. */
export interface ConfigurationAlert {
  readonly severity: 'alert' | 'warning';
  /** As HAProxy names it; null when the complaint is about no place. */
  readonly file: string | null;
  readonly line: number | null;
  readonly message: string;
}

/**
 * Complaints in HAProxy's output, in order:
 *
 *     [ALERT]    (19069) : config : parsing [t5.cfg:4] : unknown keyword 'nbthred' in 'global' section; ...
 *     [ALERT]    (19066) : Binding [t4.cfg:15] for frontend f: cannot bind socket (Permission denied) for [127.0.0.1:1]
 *     [WARNING]  (19066) : config : missing timeouts for frontend 'f'.
 *        | While not properly invalid, you will certainly encounter various problems
 *
 * Lines that only count them (`Error(s) found in configuration file`, `Fatal errors found in configuration`) are left out.
 */
export function parseConfigurationAlerts(output: string): readonly ConfigurationAlert[] {
  const alerts: ConfigurationAlert[] = [];
  for (const line of output.split('\n')) {
    const continued = /^\s+\|\s?(.*)$/.exec(line)?.[1];
    const last = alerts.at(-1);
    if (continued !== undefined && last !== undefined) {
      alerts[alerts.length - 1] = { ...last, message: `${last.message} ${continued.trim()}` };
      continue;
    }
    const groups = /^\[(?<severity>ALERT|WARNING)\]\s*(?:\(\d+\)\s*)?: (?:config : )?(?<text>.*)$/.exec(line)?.groups;
    if (groups === undefined) continue;
    const text = groups['text'] ?? '';
    if (/^(?:Error\(s\) found in configuration file|Fatal errors found in configuration)/.test(text)) continue;
    const place = /\[(?<file>[^[\]]+):(?<line>\d+)\]/.exec(text);
    alerts.push({
      severity: groups['severity'] === 'ALERT' ? 'alert' : 'warning',
      file: place?.groups?.['file'] ?? null,
      line: place === null ? null : Number(place.groups?.['line']),
      // Some complaints name the place twice.
      message: text.replace(/^(?:parsing \[[^[\]]+:\d+\]\s*:\s*)+/i, ''),
    });
  }
  return alerts;
}
