/** What goes into a root file system. */
export type Entry =
  | { readonly kind: 'directory'; readonly path: string; readonly mode?: number }
  | { readonly kind: 'file'; readonly path: string; readonly mode: number; readonly content: Buffer }
  | { readonly kind: 'link'; readonly path: string; readonly target: string };

const bits = { directory: 0o040000, file: 0o100000, link: 0o120000 } as const;

/**
 * An archive of the kind the kernel unpacks at boot: cpio "newc" (Documentation/driver-api/early-userspace/buffer-format.rst). A head of
 * 110 characters with thirteen numbers in hexadecimal, the name, the content; each padded to four bytes. Not packed: unpacking
 * costs an emulated processor more than copying. Folders must come before what is in them; missing ones are added.
 */
export function cpio(entries: readonly Entry[]): Buffer {
  const parts: Buffer[] = [];
  const made = new Set<string>();
  let number = 1;
  const add = (entry: Entry): void => {
    if (made.has(entry.path)) return;
    const parent = entry.path.slice(0, Math.max(0, entry.path.lastIndexOf('/')));
    if (parent !== '') add({ kind: 'directory', path: parent });
    made.add(entry.path);
    const content = entry.kind === 'file' ? entry.content : entry.kind === 'link' ? Buffer.from(entry.target) : Buffer.alloc(0);
    const mode = bits[entry.kind] | (entry.kind === 'link' ? 0o777 : (entry.mode ?? 0o755));
    parts.push(head(entry.path, mode, content.length, number), content, padding(content.length));
    number += 1;
  };
  for (const entry of entries) add(entry);
  parts.push(head('TRAILER!!!', 0, 0, 0));
  return Buffer.concat(parts);
}

function head(path: string, mode: number, size: number, number: number): Buffer {
  const name = Buffer.from(`${path}\0`);
  // inode, mode, uid, gid, links, mtime, size, device (two), special device (two), length of the name, checksum
  const numbers = [number, mode, 0, 0, 1, 0, size, 0, 0, 0, 0, name.length, 0];
  const text = Buffer.from(`070701${numbers.map((each) => each.toString(16).padStart(8, '0')).join('')}`);
  return Buffer.concat([text, name, padding(text.length + name.length)]);
}

function padding(length: number): Buffer {
  return Buffer.alloc((4 - (length % 4)) % 4);
}
