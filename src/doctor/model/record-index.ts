import type { AnyRecord, Format, RecordKind, RecordOf } from '../parsers/parsers.ts';
import type { Settle, Unread } from '../evidence.ts';
import type { ReadCapture } from '../reading.ts';

/** A record with the capture it came from. */
export interface Found<K extends RecordKind> {
  readonly host: string;
  readonly record: RecordOf<K>;
  readonly read: ReadCapture;
}

/** Every record of the evidence by kind. The model is built from it; analyzers never see it. */
export interface RecordIndex {
  readonly hosts: readonly string[];
  readonly captures: readonly ReadCapture[];
  of<K extends RecordKind>(kind: K): readonly Found<K>[];
  /** Captures that a format read, of one host. */
  read(host: string, format: Format): readonly ReadCapture[];
  readonly unread: readonly Unread[];
}

export function indexRecords(captures: readonly ReadCapture[]): RecordIndex {
  const byKind = new Map<RecordKind, { host: string; record: AnyRecord; read: ReadCapture }[]>();
  const byHostFormat = new Map<string, ReadCapture[]>();
  const hosts = new Set<string>();
  for (const read of captures) {
    const host = read.capture.host;
    if (read.formats.length > 0) hosts.add(host);
    for (const format of read.formats) push(byHostFormat, `${host}\0${format}`, read);
    for (const record of read.records) push(byKind, record.kind, { host, record, read });
  }
  return {
    hosts: [...hosts].sort(),
    captures,
    unread: captures.flatMap((read) => read.unread),
    // The map's list under a kind holds records of that kind only.
    of: <K extends RecordKind>(kind: K) => (byKind.get(kind) ?? []) as unknown as readonly Found<K>[],
    read: (host, format) => byHostFormat.get(`${host}\0${format}`) ?? [],
  };
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}

/** How a host is called in a sentence. */
export function hostName(host: string): string {
  return host === '' ? 'the host' : host;
}

export function settle(host: string, command: string): Settle {
  return { host, command };
}
