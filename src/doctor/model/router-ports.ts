import type { Address } from '../address.ts';
import { address } from '../address.ts';
import type { SourceLine } from '../evidence.ts';
import type { HaproxyState } from './haproxy-state.ts';
import type { Socket, Sockets } from './sockets.ts';

/** A port that a configuration of HAProxy binds to. */
export interface RouterPort {
  readonly host: string;
  /** Null: every address. */
  readonly address: Address | null;
  readonly port: number;
  readonly line: SourceLine;
}

/** TCP ports of all `bind` lines; ranges, UNIX sockets and inherited descriptors are left out. */
export function routerPorts(haproxy: HaproxyState): RouterPort[] {
  return haproxy.sections.filter((each) => ['frontend', 'listen'].includes(each.record.section)).flatMap(({ host, record }) => record.statements.filter((each) => each.keyword === 'bind').flatMap((bind) => (bind.args[0] ?? '').split(',').flatMap((text): RouterPort[] => {
    const found = /^(?:(?:ipv4|ipv6|tcp4?|tcp6)@)?(\[[0-9a-f:]*\]|[\d.]+|::|\*|):(\d{1,5})$/i.exec(text);
    if (!found) return [];
    const token = address(found[1] ?? '');
    return [{ host, address: token === '0.0.0.0' || token === '::' ? null : token, port: Number(found[2]), line: bind.source }];
  })));
}

/** Processes that hold a port for another one: container engines publish ports, systemd hands sockets over. */
const proxies = /^(?:docker-proxy|rootlessport|conmon|slirp4netns|pasta|systemd|containerd.*|k3s.*)$/;

/** Who listens on the port, by name: HAProxy, and others that are not known to listen for it. Nameless sockets are in neither. */
export function otherListeners(sockets: Sockets, port: RouterPort): { readonly own: readonly Socket[]; readonly foreign: readonly Socket[] } {
  const there = sockets.listeners(port.host).filter((socket) => socket.protocol === 'tcp' && socket.local.port === port.port && (port.address === null || socket.local.address === null || socket.local.address === port.address));
  const own = there.filter((socket) => socket.process !== null && /haproxy/.test(socket.process));
  // With HAProxy on the port another one beside it has another address, or a share of it on purpose.
  return { own, foreign: own.length > 0 ? [] : there.filter((socket) => socket.process !== null && !proxies.test(socket.process) && (port.address !== null || socket.local.address === null)) };
}
