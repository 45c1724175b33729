import { longestTime, parseHaproxyTime } from '../../net/haproxy-time.ts';

/** What became of an annotation's text: a value, or what should have stood there. */
export type Reading<T> =
  | { readonly ok: true; readonly value: T; readonly clipped?: true }
  | { readonly ok: false; readonly expected: string };

const bad = (expected: string): { readonly ok: false; readonly expected: string } => ({ ok: false, expected });

/**
 * `[1-9][0-9]*(us|ms|s|m|h|d)?`, milliseconds without a unit; longer than HAProxy's timers are cut to their end.
 * Values below a millisecond count as one, as HAProxy's timers do.
 */
export const readTime = (text: string): Reading<number> => {
  const value = text.startsWith('0') || text.length > 400 ? null : parseHaproxyTime(text);
  if (value === null) return bad('a whole number above 0 and a unit, e.g. `30s`, `500ms`, `5m`, `1h` (no unit: milliseconds)');
  // parseHaproxyTime cuts; exactly the longest is the one value that is not cut and equals it.
  const cut = value === longestTime && !/^2147483647(ms)?$/.test(text);
  return cut ? { ok: true, value, clipped: true } : { ok: true, value };
};

const trues = new Set(['1', 't', 'T', 'TRUE', 'true', 'True']);
const falses = new Set(['0', 'f', 'F', 'FALSE', 'false', 'False']);

/** Go's strconv.ParseBool; anything else behaves as false. */
export const readBoolean = (text: string): Reading<boolean> =>
  trues.has(text) ? { ok: true, value: true } : falses.has(text) ? { ok: true, value: false } : bad('`true` or `false`');

/**
 * Go's strconv.Atoi: optional sign, decimal digits, nothing else. Counts above 2147483647 cannot be reached by anything
 * HAProxy counts and would overflow some of its fields, so they are cut there.
 */
export const readInteger = (text: string): Reading<number> => {
  if (text.length > 400 || !/^[+-]?[0-9]+$/.test(text)) return bad('a whole number, e.g. `100`');
  const value = BigInt(text.startsWith('+') ? text.slice(1) : text);
  if (value > 0x7fff_ffff_ffff_ffffn || value < -0x8000_0000_0000_0000n) return bad('a whole number that fits 64 bits');
  return { ok: true, value: Number(value > 2_147_483_647n ? 2_147_483_647n : value < -2_147_483_648n ? -2_147_483_648n : value) };
};

export const readOneOf = <T extends string>(...choices: readonly T[]) => (text: string): Reading<T> => {
  const found = choices.find((choice) => choice === text);
  return found === undefined ? bad(choices.map((choice) => `\`${choice}\``).join(', ')) : { ok: true, value: found };
};

/** Cookie names: `[a-zA-Z0-9_-]+`. 256 is this router's own bound: a response with it must fit HAProxy's header buffer. */
export const readCookieName = (text: string): Reading<string> =>
  /^[a-zA-Z0-9_-]{1,256}$/.test(text) ? { ok: true, value: text } : bad('letters, digits, `_` and `-`');

const directive = '(?:includeSubDomains|preload)';
const hstsPattern = new RegExp(`^(?:${directive} *; *)*max-age *= *(?:[0-9]+|"[0-9]+")(?: *; *${directive})*$`, 'i');

/**
 * Strict-Transport-Security, served verbatim: `includeSubDomains` and `preload` before or after `max-age`, without case,
 * spaces round `=` and `;` only. No trailing `;`, no other directive.
 */
export const readHsts = (text: string): Reading<string> =>
  text.length <= 512 && hstsPattern.test(text) ? { ok: true, value: text } : bad('`max-age=31536000;includeSubDomains;preload`, where `max-age` must be present');

/**
 * A path to put in place of the route's: begins with `/`, of characters that may stand in a request line. A quotation
 * mark, backslash, `#`, space or control character would be syntax for somebody on the way and is not accepted.
 */
export const readRewriteTarget = (text: string): Reading<string> =>
  /^\/[A-Za-z0-9\-._~!$&()*+,;=:@%/?]*$/.test(text) && text.length <= 4096
    ? { ok: true, value: text }
    : bad('a path beginning with `/`, without spaces, quotation marks, backslashes or `#`; other characters percent-encoded');
