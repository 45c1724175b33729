/** What a name in a manifest directory is taken for before anybody looks at it. */
export type NameKind = 'manifest' | 'ignored' | 'other' | 'unusable';

/**
 * Hidden names are ignored (`.git`, `.#a.yaml` of Emacs, `.a.yaml.swp` of Vim, `..data` of Kubernetes' projected volumes), and
 * so are other editors' leavings that end like a manifest (`~a.yaml`, `#a.yaml`). Backups such as `a.yaml~` and `a.yaml.bak`
 * have another ending. `other` may be a directory.
 */
export function kindOfName(name: string): NameKind {
  if (name.startsWith('.') || name.startsWith('~') || name.startsWith('#')) return 'ignored';
  const manifest = /\.(ya?ml|json)$/i.test(name);
  if (/[\u0000-\u001f\u007f-\u009f\u2028\u2029\ufffd]/.test(name)) return manifest ? 'unusable' : 'ignored';
  return manifest ? 'manifest' : 'other';
}

/** A name as the kernel has it, as text; null when it is not UTF-8 (then nothing could open it by that text). */
export function nameOf(bytes: Buffer): string | null {
  const name = bytes.toString('utf8');
  return Buffer.from(name, 'utf8').equals(bytes) ? name : null;
}
