import { createSocket } from 'node:dgram';
import { isIPv4 } from 'node:net';

/**
 * Answers names over UDP on port 53: `node name-server.ts shop.example.com=10.80.0.2,10.80.0.3 ...`. A name with no address of the kind that is
 * asked for gets an empty answer, a name that is not in the list does not exist (RFC 1035, section 4).
 */
const zone = new Map(process.argv.slice(2).map((word) => {
  const [name = '', addresses = ''] = word.split('=');
  return [name, addresses.split(',')] as const;
}));

const [typeA, typeAaaa] = [1, 28];

function data(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number));
  const [head = '', tail = ''] = address.split('::');
  const groups = (text: string): string[] => (text === '' ? [] : text.split(':'));
  const [before, after] = [groups(head), groups(tail)];
  const all = [...before, ...Array.from({ length: 8 - before.length - after.length }, () => '0'), ...after];
  return Buffer.from(all.map((group) => group.padStart(4, '0')).join(''), 'hex');
}

const socket = createSocket('udp4');
socket.on('message', (query, from) => {
  let end = 12;
  const labels: string[] = [];
  for (let length = query[end] ?? 0; length > 0; length = query[end] ?? 0) {
    labels.push(query.toString('latin1', end + 1, end + 1 + length));
    end += length + 1;
  }
  const type = query.readUInt16BE(end + 1);
  const addresses = zone.get(labels.join('.').toLowerCase());
  const answers = (addresses ?? []).filter((address) => type === (isIPv4(address) ? typeA : typeAaaa)).map((address) => {
    const bytes = data(address);
    const record = Buffer.alloc(12 + bytes.length);
    // The name is the one of the question; a minute to live.
    record.writeUInt16BE(0xc00c, 0);
    record.writeUInt16BE(type, 2);
    record.writeUInt16BE(1, 4);
    record.writeUInt32BE(60, 6);
    record.writeUInt16BE(bytes.length, 10);
    bytes.copy(record, 12);
    return record;
  });
  const header = Buffer.from(query.subarray(0, 12));
  // An answer, authoritative, recursion as asked; 3: no such name. One question, and nothing but answers.
  header.writeUInt16BE(0x8480 | (query.readUInt16BE(2) & 0x0100) | (addresses === undefined ? 3 : 0), 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(answers.length, 6);
  header.writeUInt32BE(0, 8);
  socket.send(Buffer.concat([header, query.subarray(12, end + 5), ...answers]), from.port, from.address);
});
socket.bind(53);
