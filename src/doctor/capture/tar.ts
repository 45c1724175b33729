/** One member of a tar archive as it streams by. `body` must be consumed before the next member is asked for. */
export interface TarMember {
  readonly path: string;
  readonly bytes: number;
  /** Milliseconds since the epoch. */
  readonly modified: number;
  readonly body: AsyncIterable<Buffer>;
}

const block = 512;

/** Reads POSIX ustar, pax and GNU long names. Only regular files are given out: links and devices of an archive are never followed. */
export async function* tarMembers(source: AsyncIterable<Uint8Array>): AsyncGenerator<TarMember> {
  const reader = new ChunkReader(source);
  let longName: string | null = null;
  for (;;) {
    const head = await reader.exactly(block);
    if (head === null || head.every((byte) => byte === 0)) return;
    if (!checksumFits(head)) throw new TarError('not a tar archive, or a damaged one');
    const size = octal(head, 124, 12);
    const padded = Math.ceil(size / block) * block;
    const type = String.fromCharCode(head[156] ?? 0);
    if (type === 'L' || type === 'x' || type === 'g') {
      if (size > 1024 * 1024) throw new TarError('an extended header of more than 1 MiB');
      const data = await reader.exactly(padded);
      if (data === null) throw new TarError('the archive ends early');
      const text = data.toString('utf8', 0, size);
      if (type === 'L') longName = text.replace(/\0.*$/s, '');
      if (type === 'x') longName = /(?:^|\n)\d+ path=([^\n]*)\n/.exec(text)?.[1] ?? longName;
      continue;
    }
    const prefix = head.toString('latin1', 257, 262) === 'ustar' ? cString(head, 345, 155) : '';
    const path = longName ?? (prefix === '' ? cString(head, 0, 100) : `${prefix}/${cString(head, 0, 100)}`);
    longName = null;
    const regular = type === '0' || type === '\0' || type === '7';
    let left = size;
    const take = async function* (): AsyncGenerator<Buffer> {
      while (left > 0) {
        const chunk = await reader.some(left);
        if (chunk === null) throw new TarError('the archive ends early');
        left -= chunk.length;
        yield chunk;
      }
    };
    const body = take();
    if (regular) yield { path: path.replace(/^(?:\.\/)+/, ''), bytes: size, modified: octal(head, 136, 12) * 1000, body };
    // What the caller left is passed over.
    while (left > 0) {
      const chunk = await reader.some(left);
      if (chunk === null) return;
      left -= chunk.length;
    }
    if (padded > size) await reader.exactly(padded - size);
  }
}

export class TarError extends Error {}

function octal(head: Buffer, at: number, length: number): number {
  // GNU writes sizes above 8 GiB as base 256 with the top bit set.
  if (((head[at] ?? 0) & 0x80) !== 0) return Number(head.readBigUInt64BE(at + length - 8));
  const text = cString(head, at, length).trim();
  return /^[0-7]+$/.test(text) ? Number.parseInt(text, 8) : 0;
}

function cString(head: Buffer, at: number, length: number): string {
  const end = head.indexOf(0, at);
  return head.toString('utf8', at, end < 0 || end > at + length ? at + length : end);
}

function checksumFits(head: Buffer): boolean {
  let sum = 0;
  for (let index = 0; index < block; index++) sum += index >= 148 && index < 156 ? 32 : head[index] ?? 0;
  return sum === octal(head, 148, 8);
}

class ChunkReader {
  private readonly iterator: AsyncIterator<Uint8Array>;
  private chunk: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Uint8Array>) {
    this.iterator = source[Symbol.asyncIterator]();
  }

  /** At most `limit` bytes, at least one; null at the end. */
  async some(limit: number): Promise<Buffer | null> {
    while (this.chunk.length === 0) {
      const next = await this.iterator.next();
      if (next.done === true) return null;
      this.chunk = Buffer.from(next.value.buffer, next.value.byteOffset, next.value.byteLength);
    }
    const taken = this.chunk.subarray(0, limit);
    this.chunk = this.chunk.subarray(taken.length);
    return taken;
  }

  async exactly(length: number): Promise<Buffer | null> {
    const parts: Buffer[] = [];
    let left = length;
    while (left > 0) {
      const part = await this.some(left);
      if (part === null) return null;
      parts.push(part);
      left -= part.length;
    }
    return parts.length === 1 ? parts[0] ?? null : Buffer.concat(parts);
  }
}
