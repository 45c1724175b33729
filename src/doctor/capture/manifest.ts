/**
 * The manifest that the collecting script writes beside its captures: tab-separated, one line for each command, after a few lines
 * `#name<TAB>value` about the host.
 */
export const manifestName = 'manifest.tsv';
export const manifestVersion = '1';

export interface ManifestEntry {
  readonly file: string;
  readonly sample: number;
  /** Milliseconds since the epoch. */
  readonly startedAt: number | null;
  readonly exitCode: number | null;
  readonly command: string;
}

export interface Manifest {
  readonly host: string;
  /** `kernel`, `utc-offset`, `redacted`, `cpus`, ... */
  readonly facts: ReadonlyMap<string, string>;
  readonly entries: readonly ManifestEntry[];
}

export function parseManifest(text: string): Manifest | null {
  const facts = new Map<string, string>();
  const entries: ManifestEntry[] = [];
  const lines = text.split('\n');
  if (lines[0]?.startsWith('#fairway-collect\t') !== true) return null;
  for (const line of lines) {
    if (line.startsWith('#')) {
      const [name, value] = line.slice(1).split('\t');
      facts.set(name ?? '', value ?? '');
      continue;
    }
    const [file, sample, started, exit, ...command] = line.split('\t');
    if (file === undefined || command.length === 0 || file.includes('..') || !/^\d+$/.test(sample ?? '')) continue;
    entries.push({ file, sample: Number(sample), startedAt: /^\d+$/.test(started ?? '') ? Number(started) * 1000 : null, exitCode: /^\d+$/.test(exit ?? '') ? Number(exit) : null, command: command.join('\t') });
  }
  return { host: facts.get('host') ?? '', facts, entries };
}
