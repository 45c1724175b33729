import { moveEntry } from './move-entry.ts';
import type { Manifest, ManifestDocument, ManifestEntry } from './read-manifests.ts';

/** Remembers what was read from a file before, by the hash of the text. */
export interface Memory {
  document(place: number, hash: string, line: number): ManifestDocument | undefined;
  entry(hash: string): ManifestEntry | undefined;
}

/** What `before` holds, or nothing. */
export function memoryOf(before: Manifest | undefined): Memory {
  let byHash: Map<string, ManifestDocument> | null = null;
  let entries: Map<string, ManifestEntry> | null = null;
  return {
    document: (place, own, line) => {
      const same = before?.documents[place];
      if (same === undefined || same.hash === own) return same?.hash === own && same.line === line ? same : moved(same, line);
      byHash ??= new Map(before?.documents.map((document) => [document.hash, document]));
      return moved(byHash.get(own), line);
    },
    entry: (own) => {
      entries ??= new Map(before?.documents.flatMap((document) => document.entries).map((entry) => [entry.hash, entry]));
      return entries.get(own);
    },
  };
}

const moved = (document: ManifestDocument | undefined, line: number): ManifestDocument | undefined => {
  if (document === undefined || document.line === line) return document;
  const by = line - document.line;
  return { ...document, line, entries: document.entries.map((entry) => moveEntry(entry, by)) };
};
