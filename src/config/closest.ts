import { nearestWord } from '../lib/nearest-word.ts';

const plain = (text: string): string => text.toLowerCase().replaceAll(/[^a-z0-9]/g, '');

/** The candidate that was most likely meant, compared without case and separators, with its group or without; null when none is near. */
export function closest(text: string, candidates: readonly string[]): string | null {
  const forms = new Map<string, string>();
  for (const candidate of candidates) {
    // People leave the group away: `httpPort` for `listen.http`. A whole name is never replaced by a tail.
    const tail = plain(candidate.split('.').at(-1) ?? '');
    if (!forms.has(tail)) forms.set(tail, candidate);
  }
  for (const candidate of candidates) forms.set(plain(candidate), candidate);
  const found = nearestWord(plain(text), forms.keys());
  return found === undefined ? null : (forms.get(found) ?? null);
}
