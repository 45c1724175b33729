import { realpathSync, statSync } from 'node:fs';
import { sep } from 'node:path';

/** Which directory stands at this path now. Throws as `stat` does. */
export const identityOf = (directory: string): string => {
  const stat = statSync(directory);
  return `${stat.dev}:${stat.ino}`;
};

/** true: a directory, or a link to one. */
export const isDirectory = (path: string): boolean => {
  try {
    return statSync(path).isDirectory();
  } catch {
    // Not there, or behind a directory that may not be entered: nothing that could be listed either way.
    return false;
  }
};

const realDirectory = (directory: string): string | null => {
  try {
    return realpathSync(directory);
  } catch {
    return null;
  }
};

/** true: the link `path` in `directory` leads to `directory` itself or one around it. */
export const leadsBack = (directory: string, path: string): boolean => {
  const [here, there] = [realDirectory(directory), realDirectory(path)];
  return here === null || there === null || here === there || here.startsWith(there.endsWith(sep) ? there : `${there}${sep}`);
};
