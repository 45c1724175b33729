import { statSync } from 'node:fs';
import { codeOf } from './read-file.ts';

/** The directory cannot be read at all when Fairway starts. The message is for the person who typed its name. */
export class DirectoryMissing extends Error {
  readonly directory: string;

  constructor(directory: string, reason: string) {
    super(`cannot read manifests: ${directory} ${reason}`);
    this.name = 'DirectoryMissing';
    this.directory = directory;
  }
}

/** Throws DirectoryMissing unless `directory` is one. */
export function requireDirectory(directory: string): void {
  try {
    if (!statSync(directory).isDirectory()) throw new DirectoryMissing(directory, 'is a file; name the directory around it');
  } catch (thrown) {
    if (thrown instanceof DirectoryMissing) throw thrown;
    const code = codeOf(thrown);
    if (code === '') throw thrown;
    throw new DirectoryMissing(directory, code === 'ENOENT' ? 'does not exist' : `cannot be entered (${code})`);
  }
}
