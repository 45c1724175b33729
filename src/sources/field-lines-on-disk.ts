import type { FieldLines } from '../resources/metadata.ts';
import { fileLines } from './field-lines.ts';
import { readFile } from './read-file.ts';

/**
 * `FieldLines` over files on disk, of at most `limit` bytes each. File texts are not kept in memory, so a question reads
 * the file; the last one is remembered until the current task is done, since questions come in groups.
 */
export function fieldLinesOnDisk(limit: number): FieldLines {
  let last: { readonly file: string; readonly lines: FieldLines } | null = null;
  return (origin, path) => {
    if (last?.file !== origin.file) {
      const reading = readFile(origin.file, limit);
      last = { file: origin.file, lines: reading.is === 'text' ? fileLines(origin.file, reading.bytes) : (asked) => asked.line };
      setImmediate(() => { last = null; }).unref();
    }
    return last.lines(origin, path);
  };
}
