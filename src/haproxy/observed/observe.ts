import type { Paths } from '../config/haproxy-settings.ts';
import { kindOfBackend, mapNames } from '../naming.ts';
import type { RuntimeSocket } from '../runtime/runtime-socket.ts';
import { inPieces } from './in-pieces.ts';
import { emptyObserved, observedServer, type Observed } from './observed.ts';
import { parseShowBackend } from './show-backend.ts';
import { parseShowCaFileList } from './show-ca-file.ts';
import { parseShowCrtList } from './show-crt-list.ts';
import { parseShowMap } from './show-map.ts';
import { adminStateBits, checkStateBits, parseShowServersState } from './show-servers-state.ts';
import { parseShowSslCertList } from './show-ssl-cert.ts';

const maintenance = adminStateBits.forcedMaint | adminStateBits.configuredMaint;

/** A parser's null means that HAProxy answered something else: that is no empty list. */
const understood = <T>(command: string, parsed: T | null): T => {
  if (parsed === null) throw new Error(`HAProxy's answer to "${command}" cannot be read`);
  return parsed;
};

/** Reads what the running HAProxy has. Takes about a second at 10,000 rules; traffic goes on meanwhile, and so does whatever else this process does. */
export const observe = async (socket: RuntimeSocket, paths: Paths): Promise<Observed> => {
  const observed = emptyObserved();
  for (const name of mapNames) {
    const map = observed.maps[name];
    // The first of several entries of one key is the one that HAProxy finds.
    for await (const piece of inPieces(await socket.read(`show map ${paths.maps}/${name}.map`))) {
      for (const { key, value } of parseShowMap(piece)) if (!map.has(key)) map.set(key, value);
    }
  }
  for (const backend of parseShowBackend(await socket.read('show backend'))) {
    if (kindOfBackend(backend) !== null) observed.backends.set(backend, new Map());
  }
  const servers = await socket.read('show servers state');
  for await (const piece of inPieces(servers)) {
    for (const server of parseShowServersState(piece, servers)) {
      observed.backends.get(server.backend)?.set(server.server, observedServer(
        server.userWeight,
        (server.adminState & maintenance) === 0,
        (server.checkState & checkStateBits.configured) !== 0,
        (server.checkState & checkStateBits.enabled) !== 0,
      ));
    }
  }
  for (const { file } of parseShowSslCertList(await socket.read('show ssl cert'))) {
    if (file.startsWith(`${paths.certs}/`) && file !== paths.defaultCertificate) observed.certificates.add(file);
  }
  for (const { file, filters } of understood('show ssl crt-list', parseShowCrtList(await socket.read(`show ssl crt-list -n ${paths.certificateList}`)))) {
    if (observed.certificates.has(file)) observed.listed.set(file, filters[0] ?? '');
  }
  for (const { file } of parseShowCaFileList(await socket.read('show ssl ca-file'))) {
    if (file.startsWith(`${paths.certs}/`)) observed.cas.add(file);
  }
  return observed;
};
