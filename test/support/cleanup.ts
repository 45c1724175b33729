import { afterAll } from 'vitest';

type Undo = () => Promise<void> | void;

const undos: Undo[] = [];
const lastResorts = new Set<() => void>();

/** Runs at the end of the test file, latest first, whether its tests passed or not. */
export function atEnd(undo: Undo): void {
  undos.push(undo);
}

/** Runs synchronously when this process ends before `atEnd` could: for killing children. Returns its own withdrawal. */
export function atExit(undo: () => void): () => void {
  lastResorts.add(undo);
  return () => lastResorts.delete(undo);
}

process.once('exit', () => {
  for (const undo of lastResorts) undo();
});

// Registered when a test file imports the harness: in Vitest a module is loaded anew for every test file.
afterAll(async () => {
  const failures: unknown[] = [];
  for (const undo of undos.splice(0).reverse()) {
    try {
      await undo();
    } catch (failure) {
      failures.push(failure);
    }
  }
  if (failures.length > 0) throw new AggregateError(failures, 'cleaning up after the tests failed');
}, 30_000);
