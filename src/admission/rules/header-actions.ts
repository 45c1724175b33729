import type { HeaderAction } from '../../resources/route.ts';
import { quoted, refuse } from '../note.ts';
import type { RefusalNote } from '../note.ts';
import type { RouteRule } from '../route-subject.ts';

const forbidden = new Set(['strict-transport-security', 'proxy', 'cookie', 'set-cookie']);
const token = /^[-!#$%&'*+.0-9A-Z^_`a-z|~]+$/;

/**
 * What a `Set` value may be: any text without control characters in which `%` is `%%` or one permitted HAProxy sample
 * expression, e.g. `%[req.hdr(X-Id),lower]` or `%{+Q}[ssl_c_der,base64]`. Everything else after `%` would be HAProxy's
 * log-format, with which a route could read what is not its own.
 */
const valuePattern = (side: 'req' | 'res'): RegExp => {
  const flags = String.raw`(?:\{[-+]?[QXE](?:,[-+]?[QXE])*\})?`;
  const fetch = String.raw`(?:${side}\.hdr\([0-9A-Za-z-]+\)|ssl_c_der)`;
  return new RegExp(String.raw`^(?:%(?:%|${flags}\[${fetch}(?:,(?:lower|base64))*\])|[^%\u0000-\u001f\u007f-\u009f])+$`);
};

const sides = {
  request: { path: 'spec.httpHeaders.actions.request', value: valuePattern('req') },
  response: { path: 'spec.httpHeaders.actions.response', value: valuePattern('res') },
} as const;

/** HAProxy's `tune.maxrewrite` is 8192: more would not find room beside a request or response. In a map, in hexadecimal, a line has 16 KB. */
const largest = 8000;

/** May these headers be set and deleted, to these values? */
export const headerActions: RouteRule = ({ route }) => {
  const { requestHeaders, responseHeaders, tls } = route;
  if (requestHeaders.length + responseHeaders.length === 0) return [];
  const notes = [...judgeList(requestHeaders, 'request'), ...judgeList(responseHeaders, 'response')];
  const size = [...requestHeaders, ...responseHeaders].reduce((sum, action) => sum + Buffer.byteLength(action.type === 'Set' ? action.name + action.value : action.name), 0);
  if (notes.length === 0 && size > largest) notes.push(refuse('headers-too-large', 'spec.httpHeaders', `The header actions have ${size} bytes, more than ${largest}.`));
  return tls?.termination === 'passthrough' ? [refuse('headers-with-passthrough', 'spec.httpHeaders', 'A passthrough route cannot change headers.'), ...notes] : notes;
};

const judgeList = (actions: readonly HeaderAction[], side: keyof typeof sides): readonly RefusalNote[] => {
  const { path, value } = sides[side];
  if (actions.length > 20) return [refuse('headers-too-many', path, `${actions.length} ${side} actions are more than 20.`)];
  const seen = new Set<string>();
  return actions.flatMap((action, index) => {
    const notes = judgeAction(action, `${path}[${index}]`, value);
    // Compared with case, as the API compares them: `X-A` beside `x-a` is permitted.
    if (seen.has(action.name)) notes.push(refuse('header-duplicate', `${path}[${index}].name`, `${quoted(action.name)} has more than one ${side} action.`));
    seen.add(action.name);
    return notes;
  });
};

const judgeAction = (action: HeaderAction, path: string, pattern: RegExp): RefusalNote[] => {
  const notes: RefusalNote[] = [];
  const { name } = action;
  if (name.length > 255 || !token.test(name)) notes.push(refuse('header-name-invalid', `${path}.name`, `${quoted(name)} is no header name.`));
  else if (forbidden.has(name.toLowerCase())) notes.push(refuse('header-forbidden', `${path}.name`, `${quoted(name)} may not be changed by a route.`));
  if (action.type === 'Set' && (Buffer.byteLength(action.value) > 16384 || !pattern.test(action.value))) {
    const why = action.value === '' ? 'The value is empty.' : action.value.length > 4096 ? `The value of ${quoted(name)} is too long or cannot be used.` : `${quoted(action.value)} cannot be used as a value.`;
    notes.push(refuse('header-value-invalid', `${path}.action.set.value`, why));
  }
  return notes;
};
