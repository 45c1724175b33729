import type { HeaderAction } from '../resources/route.ts';
import type { Read, ValueKind } from './value-kinds.ts';

const token = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,255}$/;
/** Those that the route API refuses too: connection safety, sessions, HSTS have settings of their own. */
const reserved = new Set(['strict-transport-security', 'proxy', 'cookie', 'set-cookie']);

const bad = (expected: string): Read<never> => ({ ok: false, expected });

/** `application/x-www-form-urlencoded` decoding of one part; null where a percent sign stands alone. */
function decode(part: string): string | null {
  try {
    return decodeURIComponent(part.replaceAll('+', ' '));
  } catch {
    return null;
  }
}

function readOne(item: string): Read<HeaderAction> {
  const parts = item.split(':').map(decode);
  const [name, second, third] = parts;
  if (name === undefined || name === null || parts.includes(null)) return bad('percent-encoded correctly (%25 is a percent sign)');
  if (!token.test(name)) return bad('name:value:Set or name:Delete with a header name');
  if (reserved.has(name.toLowerCase())) return bad('a header other than Strict-Transport-Security, Proxy, Cookie and Set-Cookie');
  if (parts.length === 2 && second === 'Delete') return { ok: true, value: { type: 'Delete', name } };
  if (parts.length !== 3 || third !== 'Set' || typeof second !== 'string') return bad('name:value:Set or name:Delete');
  if (second === '' || second.length > 16_384 || /[\x00-\x1f\x7f]/.test(second)) return bad('a value of 1 to 16384 characters without control characters');
  return { ok: true, value: { type: 'Set', name, value: second } };
}

/** `X-Frame-Options:DENY:Set,Server:Delete`; each part form-decoded after splitting, as in the OpenShift router. */
export const headerActions: ValueKind<readonly HeaderAction[]> = {
  placeholder: '<name:value:Set,name:Delete,...>',
  read(text) {
    const actions: HeaderAction[] = [];
    for (const item of text.split(',').map((piece) => piece.trim()).filter((piece) => piece !== '')) {
      const read = readOne(item);
      if (!read.ok) return bad(`a list in which each entry is ${read.expected} (${JSON.stringify(item)} is not)`);
      actions.push(read.value);
    }
    return { ok: true, value: actions };
  },
};
