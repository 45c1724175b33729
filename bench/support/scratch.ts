import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atEnd } from './endings.ts';

/** A directory that is gone after the benchmark. */
export const scratchDirectory = (): string => {
  const path = mkdtempSync(join(tmpdir(), 'fairway-bench-'));
  // HAProxy runs under an account of its own and must pass through.
  chmodSync(path, 0o711);
  const remove = (): void => { rmSync(path, { recursive: true, force: true }); };
  atEnd({ end: async () => { remove(); }, now: remove });
  return path;
};
