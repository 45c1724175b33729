import { join } from 'node:path';
import { ManifestFiles } from './manifest-files.ts';
import { ManifestTree } from './manifest-tree.ts';
import { fileLimit } from './read-file.ts';
import { requireDirectory } from './require-directory.ts';
import { byPlace } from './source.ts';
import type { Snapshot } from './source.ts';

/** Everything below `directory` as it is now, without watching it. Throws DirectoryMissing. */
export function readManifestDirectory(directory: string): Snapshot {
  requireDirectory(directory);
  const files = new ManifestFiles(fileLimit, { settle: 0, emptied: 0 });
  const tree = new ManifestTree(join(directory), files, null);
  tree.scan(0);
  const { resources, problems } = files.snapshot();
  return { resources, problems: [...problems, ...tree.problems].sort(byPlace) };
}
