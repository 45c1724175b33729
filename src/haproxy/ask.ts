import { normalHost } from '../table/explain.ts';
import { parentDomain, pathEnd } from '../table/host-group.ts';
import type { DriverView } from './driver.ts';
import type { BackendOwner, HaproxyFigures } from './figures.ts';
import { answering, fieldSeparator, type MapName } from './naming.ts';
import { parseShowInfo } from './observed/show-info.ts';
import { RuntimeSocket, RuntimeSocketError } from './runtime/runtime-socket.ts';

/** The answer, or null when HAProxy does not answer (it may be starting again at this moment). */
const ask = async (path: string, command: string): Promise<string | null> => {
  if (path === '') return null;
  const socket = new RuntimeSocket(path);
  try {
    return await socket.read(command);
  } catch (error) {
    if (error instanceof RuntimeSocketError) return null;
    throw error;
  } finally {
    socket.close();
  }
};

/** What status and metrics read of the running HAProxy, each time anew. */
export const createHaproxyFigures = (
  socket: () => string, backendOwner: (backend: string) => BackendOwner, memberOf: (backend: string, server: string) => string | undefined,
): HaproxyFigures => ({
  showStat: (rows) => ask(socket(), rows === 'all' ? 'show stat' : 'show stat -1 3 -1'),
  async showInfo() {
    const text = await ask(socket(), 'show info');
    return text === null ? null : parseShowInfo(text);
  },
  backendOwner,
  memberOf,
});

/** `type=beg, case=sensitive, found=yes, idx=tree, key="a.test/", value="...", type="str"` -> the value; null: nothing found. */
const foundValue = (reply: string): string | null => /\bfound=yes\b.*?\bvalue="(.*)", type=/s.exec(reply)?.[1] ?? null;

/**
 * Asks the running HAProxy's own maps which rule takes a request (`get map`, management manual, section 9.3).
 * undefined: HAProxy does not answer.
 */
export const ruleFor = async (
  view: DriverView, request: { readonly host: string; readonly path: string; readonly tls: boolean; readonly sni: string | null },
): Promise<string | null | undefined> => {
  const maps = view.socket.replace(/run\/haproxy\.sock$/, 'maps');
  const look = async (map: MapName, key: string): Promise<string | null | undefined> => {
    // A key with a character that no request can have finds nothing; it must not become syntax on the socket either.
    if (!/^[\x21-\x7e]+$/.test(key)) return null;
    const reply = await ask(view.socket, `get map ${maps}/${map}.map ${key.replace(/[\\; ]/g, '\\$&')}`);
    return reply === null ? undefined : foundValue(reply);
  };
  const rule = (value: string): string | null => value.split(fieldSeparator)[1] ?? null;
  const host = normalHost(request.host);
  const above = (name: string): string => parentDomain(name) ?? '-';
  if (request.tls && request.sni !== null && view.twoHops) {
    const sni = normalHost(request.sni);
    const value = (await look('sni', sni)) ?? (await look('sni-wildcard', above(sni)));
    if (value === undefined) return undefined;
    if (value !== null && value !== answering.terminate) return rule(value);
  }
  const map = request.tls ? 'tls' : 'plain';
  const own = await look(map, `${host}${request.path}${pathEnd}`);
  if (own === undefined) return undefined;
  if (own !== null && own !== 'ask-wildcard') return rule(own);
  const wildcard = await look(own === null ? `${map}-wildcard` : 'plain-fallback', `${above(host)}${request.path}${pathEnd}`);
  return wildcard === undefined || wildcard === null ? wildcard : rule(wildcard);
};
