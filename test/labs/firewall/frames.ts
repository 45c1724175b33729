import { numberOfAddress } from '../../../src/doctor/model/firewall/field.ts';

/** A frame to be put on a wire as it stands: Ethernet, IPv4, and TCP, UDP or ICMP with right checksums. */
export interface FrameFields {
  readonly sourceMac: string;
  readonly destinationMac: string;
  readonly source: string;
  readonly destination: string;
  readonly protocol: 1 | 6 | 17;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly tcpFlags: number;
  readonly sequence: number;
  readonly acknowledgement: number;
  readonly icmpType: number;
  readonly icmpCode: number;
  readonly ttl: number;
  /** Bytes after the transport header. */
  readonly payload: number;
  /** What an ICMP error is about: the head of the packet that could not go on, as it was on the wire there. */
  readonly about?: Pick<FrameFields, 'source' | 'destination' | 'protocol' | 'sourcePort' | 'destinationPort'>;
}

export function frame(fields: FrameFields): Buffer {
  const transport = fields.protocol === 6 ? tcp(fields) : fields.protocol === 17 ? udp(fields) : icmp(fields);
  const ip = Buffer.alloc(20);
  ip[0] = 0x45;
  ip.writeUInt16BE(20 + transport.length, 2);
  ip.writeUInt16BE(0x4000, 6); // do not fragment
  ip[8] = fields.ttl;
  ip[9] = fields.protocol;
  ip.writeUInt32BE(numberOfAddress(fields.source), 12);
  ip.writeUInt32BE(numberOfAddress(fields.destination), 16);
  ip.writeUInt16BE(checksum(ip), 10);
  return Buffer.concat([macBytes(fields.destinationMac), macBytes(fields.sourceMac), Buffer.from([8, 0]), ip, transport]);
}

export function lengthOf(fields: Pick<FrameFields, 'protocol' | 'payload'>): number {
  return 20 + (fields.protocol === 6 ? 20 : 8) + fields.payload;
}

function tcp(fields: FrameFields): Buffer {
  const bytes = Buffer.alloc(20 + fields.payload);
  bytes.writeUInt16BE(fields.sourcePort, 0);
  bytes.writeUInt16BE(fields.destinationPort, 2);
  bytes.writeUInt32BE(fields.sequence, 4);
  bytes.writeUInt32BE(fields.acknowledgement, 8);
  bytes[12] = 0x50;
  bytes[13] = fields.tcpFlags;
  bytes.writeUInt16BE(64_240, 14);
  bytes.writeUInt16BE(checksum(Buffer.concat([pseudo(fields, bytes.length), bytes])), 16);
  return bytes;
}

function udp(fields: FrameFields): Buffer {
  const bytes = Buffer.alloc(8 + fields.payload);
  bytes.writeUInt16BE(fields.sourcePort, 0);
  bytes.writeUInt16BE(fields.destinationPort, 2);
  bytes.writeUInt16BE(bytes.length, 4);
  bytes.writeUInt16BE(checksum(Buffer.concat([pseudo(fields, bytes.length), bytes])) || 0xffff, 6);
  return bytes;
}

/** The source port is the identifier of an echo. An error carries the IP header and eight bytes of what it is about (RFC 792). */
function icmp(fields: FrameFields): Buffer {
  if (fields.about !== undefined) return icmpError(fields, fields.about);
  const bytes = Buffer.alloc(8 + fields.payload);
  bytes[0] = fields.icmpType;
  bytes[1] = fields.icmpCode;
  bytes.writeUInt16BE(fields.sourcePort, 4);
  bytes.writeUInt16BE(checksum(bytes), 2);
  return bytes;
}

export const errorLength = 8 + 20 + 8;

function icmpError(fields: FrameFields, about: NonNullable<FrameFields['about']>): Buffer {
  const bytes = Buffer.alloc(errorLength);
  bytes[0] = fields.icmpType;
  bytes[1] = fields.icmpCode;
  bytes[8] = 0x45;
  bytes.writeUInt16BE(60, 8 + 2);
  bytes[8 + 8] = 63;
  bytes[8 + 9] = about.protocol;
  bytes.writeUInt32BE(numberOfAddress(about.source), 8 + 12);
  bytes.writeUInt32BE(numberOfAddress(about.destination), 8 + 16);
  bytes.writeUInt16BE(checksum(bytes.subarray(8, 28)), 8 + 10);
  bytes.writeUInt16BE(about.sourcePort, 28);
  bytes.writeUInt16BE(about.destinationPort, 30);
  bytes.writeUInt16BE(checksum(bytes), 2);
  return bytes;
}

function pseudo(fields: FrameFields, length: number): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt32BE(numberOfAddress(fields.source), 0);
  bytes.writeUInt32BE(numberOfAddress(fields.destination), 4);
  bytes[9] = fields.protocol;
  bytes.writeUInt16BE(length, 10);
  return bytes;
}

function checksum(bytes: Buffer): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += at + 1 < bytes.length ? bytes.readUInt16BE(at) : (bytes[at] ?? 0) << 8;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

function macBytes(text: string): Buffer {
  return Buffer.from(text.replaceAll(':', ''), 'hex');
}

/** A capture file (pcap, Ethernet) that tcpreplay sends. */
export function pcap(frames: readonly Buffer[]): Buffer {
  const head = Buffer.alloc(24);
  head.writeUInt32LE(0xa1b2c3d4, 0);
  head.writeUInt16LE(2, 4);
  head.writeUInt16LE(4, 6);
  head.writeUInt32LE(65_535, 16);
  head.writeUInt32LE(1, 20);
  const parts: Buffer[] = [head];
  for (const [index, bytes] of frames.entries()) {
    const record = Buffer.alloc(16);
    record.writeUInt32LE(index, 4);
    record.writeUInt32LE(bytes.length, 8);
    record.writeUInt32LE(bytes.length, 12);
    parts.push(record, bytes);
  }
  return Buffer.concat(parts);
}
