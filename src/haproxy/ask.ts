import type { BackendOwner, HaproxyFigures } from './figures.ts';
import { maps } from './naming.ts';
import { parseShowInfo } from './observed/show-info.ts';
import { escapeArgument, RuntimeSocket, RuntimeSocketError } from './runtime/runtime-socket.ts';

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
 * Asks one of the running HAProxy's own maps, the way traffic does (`get map`, management manual, section 9.3).
 * null: nothing found; undefined: HAProxy does not answer.
 */
export const lookUp = async (socket: string, map: string, key: string): Promise<string | null | undefined> => {
  // A key with a character that no request can have finds nothing; it must not become syntax on the socket either.
  if (!/^[\x21-\x7e]+$/.test(key) || !(map in maps)) return null;
  const file = socket.replace(/run\/haproxy\.sock$/, `maps/${map}.map`);
  const reply = await ask(socket, `get map ${file} ${escapeArgument(key)}`);
  return reply === null ? undefined : foundValue(reply);
};
