/** A line of `show ssl ca-file`. */
export interface CaFileName {
  readonly file: string;
  readonly certificates: number;
  /** A `set ssl ca-file` without its `commit`. */
  readonly uncommitted: boolean;
}

/**
 * `show ssl ca-file`; `@system-ca` is HAProxy's own and always there:
 *
 *     # transaction
 *     *ca-x - 1 certificate(s)
 *     # filename
 *     @system-ca - 144 certificate(s)
 *     ca-x - 1 certificate(s)
 */
export function parseShowCaFileList(text: string): readonly CaFileName[] {
  const names: CaFileName[] = [];
  for (const line of text.split('\n')) {
    const groups = /^(?<star>\*?)(?<file>.+) - (?<count>\d+) certificate\(s\)$/.exec(line)?.groups;
    if (groups !== undefined) names.push({ file: groups['file'] ?? '', certificates: Number(groups['count']), uncommitted: groups['star'] === '*' });
  }
  return names;
}

/** SHA-1 fingerprints (upper-case hex) of the certificates in `show ssl ca-file <name>`, in their order; none for an unknown name. */
export function parseShowCaFile(text: string): readonly string[] {
  return [...text.matchAll(/^SHA1 FingerPrint: ([0-9A-F]+)$/gm)].map((match) => match[1] as string);
}
