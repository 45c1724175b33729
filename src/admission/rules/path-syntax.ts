import { quoted, refuse, warn } from '../note.ts';
import type { RouteRule } from '../route-subject.ts';

/** Longer paths fit into no request that HAProxy would take with its usual buffer beside ordinary headers. */
const longest = 4096;

/**
 * Can requests have this path, and can it stand in HAProxy's maps? Spaces, control characters, quotation marks and
 * backslashes would be syntax there; none of them is legal in a request line (RFC 3986 section 3.3).
 */
export const pathSyntax: RouteRule = ({ route: { path, tls } }) => {
  if (path === '') return [];
  const at = 'spec.path';
  if (!path.startsWith('/')) return [refuse('path-invalid', at, `${quoted(path)} does not begin with "/".`, 'Write `/` in front of it.')];
  if (path.length > longest) return [refuse('path-invalid', at, `The path is longer than ${longest} characters.`, 'Shorten it.')];
  const wrong = /[\u0000-\u0020\u007f-\u009f#"\\]|\s|[\ud800-\udfff]/u.exec(path);
  if (wrong) return [refuse('path-invalid', at, `${quoted(path)} has a character that a path cannot have: ${quoted(wrong[0])}.`)];
  if (tls?.termination === 'passthrough') return [refuse('path-with-passthrough', at, 'A passthrough route cannot have a path.')];
  if (!/^[!-~]*$/.test(path) || /[?<>^`{|}]/.test(path)) return [warn('path-never-matches', at, `${quoted(path)} has a character that clients do not send in a path.`)];
  if (path.length > 1 && path.endsWith('/') && !/^\/+$/.test(path)) return [warn('path-trailing-slash', at, `${quoted(path)} does not answer for ${quoted(path.slice(0, -1))} itself.`)];
  return [];
};
