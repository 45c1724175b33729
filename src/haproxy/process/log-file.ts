import { closeSync, copyFileSync, openSync, readSync, renameSync, statSync, truncateSync } from 'node:fs';

const bound = 1 << 20;

/**
 * Opens a worker's log for appending (0600). A log of more than a megabyte becomes `<path>.1` first; a worker that still has it
 * open goes on writing there. A file and not a pipe: it must work on when this process is gone.
 */
export function openLogFile(path: string): { readonly fd: number; /** Bytes that were there before. */ readonly size: number } {
  if (sizeOf(path) > bound) renameSync(path, `${path}.1`);
  const fd = openSync(path, 'a', 0o600);
  return { fd, size: sizeOf(path) };
}

/**
 * Cuts the log of a running worker: HAProxy writes a line for each `add server`, `enable server` and failed check, for ever.
 * Past a megabyte the content goes to `<path>.1` and the file is emptied; writers append, so they go on at its new beginning.
 * Says whether it cut.
 */
export function boundLogFile(path: string): boolean {
  if (sizeOf(path) <= bound) return false;
  copyFileSync(path, `${path}.1`);
  truncateSync(path, 0);
  return true;
}

/** Text from the byte `from`, at most the last 64 KiB of it. */
export function readLogFrom(path: string, from: number): string {
  const size = sizeOf(path);
  const start = Math.max(Math.min(from, size), size - 65_536);
  const buffer = Buffer.alloc(size - start);
  const fd = openSync(path, 'r');
  try {
    return buffer.toString('utf8', 0, readSync(fd, buffer, 0, buffer.length, start));
  } finally {
    closeSync(fd);
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
