import { isIPv6 } from 'node:net';

export interface ProxyHeaderWish {
  readonly from: string;
  readonly to: string;
  readonly fromPort?: number;
  readonly toPort?: number;
}

/** PROXY protocol version 1, e.g. `PROXY TCP4 192.0.2.7 198.51.100.1 4711 443\r\n` (haproxy's doc/proxy-protocol.txt, 2.1). */
export function proxyHeaderV1(wish: ProxyHeaderWish): string {
  return `PROXY ${isIPv6(wish.from) ? 'TCP6' : 'TCP4'} ${wish.from} ${wish.to} ${wish.fromPort ?? 4711} ${wish.toPort ?? 443}\r\n`;
}

/** PROXY protocol version 2 for IPv4: signature, version and command, family, length, addresses, ports (2.2 there). */
export function proxyHeaderV2(wish: ProxyHeaderWish): Buffer {
  const bytes = (address: string): number[] => address.split('.').map(Number);
  const ports = Buffer.alloc(4);
  ports.writeUInt16BE(wish.fromPort ?? 4711, 0);
  ports.writeUInt16BE(wish.toPort ?? 443, 2);
  return Buffer.concat([
    Buffer.from('0d0a0d0a000d0a515549540a', 'hex'),
    Buffer.from([0x21, 0x11, 0x00, 0x0c]),
    Buffer.from([...bytes(wish.from), ...bytes(wish.to)]),
    ports,
  ]);
}
