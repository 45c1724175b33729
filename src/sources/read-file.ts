import { closeSync, constants, fstatSync, lstatSync, openSync, readSync } from 'node:fs';
import type { Stats } from 'node:fs';
import type { SourceProblem } from './source.ts';
import type { SourceProblemCode } from './source-codes.ts';

/** Bytes of one file: 10,000 routes with their services and slices fit, and a core dump called `a.yaml` does not. */
export const fileLimit = 16 * 1_048_576;

/** What came of reading a file. */
export type Reading =
  | {
      readonly is: 'text';
      readonly bytes: Buffer;
      /** Changes whenever the file does, except for two writes within one tick of the kernel's clock. */
      readonly stamp: string;
      /** When it was last written, milliseconds since the epoch. */
      readonly modified: number;
      /** false: it changed while it was read. */
      readonly steady: boolean;
    }
  | { readonly is: 'missing' }
  | { readonly is: 'directory' }
  | { readonly is: 'refused'; readonly problem: SourceProblem };

/** Which file, and in which state: what `stat` says without reading. */
export const stampOf = (stat: Stats): string => `${stat.dev}:${stat.ino}:${stat.size}:${stat.mtimeMs}:${stat.ctimeMs}`;

/** The error's code (`ENOENT`), for errors that system calls give. */
export const codeOf = (thrown: unknown): string =>
  typeof thrown === 'object' && thrown !== null && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : '';

export const isMissing = (thrown: unknown): boolean => codeOf(thrown) === 'ENOENT' || codeOf(thrown) === 'ENOTDIR';

const refused = (file: string, code: SourceProblemCode, message: string, hint: string): Reading =>
  ({ is: 'refused', problem: { code, file, line: 1, message, hint, severity: 'error' } });

function refusedFor(file: string, thrown: unknown): Reading {
  const code = codeOf(thrown);
  if (code === '') throw thrown;
  const hint = code === 'EACCES' || code === 'EPERM' ? 'Make it readable for the user that Fairway runs as.' : 'Remove it, or look into why the system cannot read it.';
  return refused(file, 'source-file-unreadable', `The file cannot be read (${code}).`, hint);
}

/** A link that leads nowhere is told; a file that is simply not there is gone. */
function missing(file: string): Reading {
  try {
    lstatSync(file);
  } catch (thrown) {
    return isMissing(thrown) ? { is: 'missing' } : refusedFor(file, thrown);
  }
  return refused(file, 'source-file-unreadable', 'The link points to a file that does not exist.', 'Correct the link or remove it.');
}

/**
 * Reads a whole file of at most `limit` bytes. Synchronous: a few hundred microseconds for an ordinary file, without the
 * thread pool's latency and without two readings of one file crossing each other.
 */
export function readFile(file: string, limit: number): Reading {
  let descriptor: number;
  try {
    // O_NONBLOCK: opening a pipe that calls itself a manifest must not wait for somebody to write to it.
    descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (thrown) {
    return isMissing(thrown) ? missing(file) : refusedFor(file, thrown);
  }
  try {
    const stat = fstatSync(descriptor);
    if (stat.isDirectory()) return { is: 'directory' };
    if (!stat.isFile()) return refused(file, 'source-file-unreadable', 'It is not an ordinary file.', 'Remove it; manifests are ordinary files or links to them.');
    if (stat.size > limit) {
      const size = (bytes: number): string => `${Math.ceil(bytes / 1_048_576)} MiB`;
      return refused(file, 'source-file-too-large', `The file has ${size(stat.size)}; at most ${size(limit)} are read.`, 'Split it into several files.');
    }
    const bytes = Buffer.allocUnsafeSlow(stat.size);
    let length = 0;
    while (length < bytes.length) {
      const got = readSync(descriptor, bytes, length, bytes.length - length, null);
      if (got === 0) break;
      length += got;
    }
    const after = fstatSync(descriptor);
    const steady = length === stat.size && stampOf(after) === stampOf(stat);
    return { is: 'text', bytes: bytes.subarray(0, length), stamp: stampOf(stat), modified: after.mtimeMs, steady };
  } catch (thrown) {
    return refusedFor(file, thrown);
  } finally {
    closeSync(descriptor);
  }
}
