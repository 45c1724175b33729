/** Milliseconds in each unit of HAProxy's time syntax (configuration.txt section 2.5, "Time format"). */
const units = { us: 0.001, ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Greatest time HAProxy takes: its timers are signed 32-bit milliseconds. */
export const longestTime = 2_147_483_647;

/**
 * Reads a time as HAProxy writes it: a whole number and a unit, milliseconds where there is none (`30s`, `500ms`, `1h`, `250`).
 * Longer times are cut to `longestTime`. Below one millisecond counts as one, as HAProxy's timers do.
 * @returns milliseconds, or null for any other text (decimals, compound values, signs, spaces, leading zeros).
 */
export function parseHaproxyTime(text: string): number | null {
  const match = /^(0|[1-9][0-9]*)(us|ms|s|m|h|d)?$/.exec(text);
  if (!match?.[1]) return null;
  const number = Number(match[1]);
  const factor = units[(match[2] ?? 'ms') as keyof typeof units];
  return Math.min(Math.ceil(number * factor), longestTime);
}

/** The same number of milliseconds in the largest unit that holds it exactly: 3600000 -> `1h`, 1500 -> `1500ms`, 0 -> `0`. */
export function printHaproxyTime(milliseconds: number): string {
  if (milliseconds === 0) return '0';
  for (const unit of ['d', 'h', 'm', 's'] as const) {
    if (milliseconds % units[unit] === 0) return `${milliseconds / units[unit]}${unit}`;
  }
  return `${milliseconds}ms`;
}
