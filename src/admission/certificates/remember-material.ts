import { hash } from 'node:crypto';
import { judgeTlsMaterial } from './tls-material.ts';
import type { TlsMaterial, TlsTexts } from './tls-material.ts';

/** Texts remembered per generation: enough for every certificate of a large router, at a few KB each. */
const generation = 5_000;

/**
 * A `judge` that remembers its answers by the digest of the texts: many routes carry the same wildcard
 * certificate, and an edited route mostly keeps its own. Two generations bound what is kept while certificates rotate.
 * @param now milliseconds since the epoch
 */
export const createTlsJudge = (now: number, judge = (texts: TlsTexts): TlsMaterial => judgeTlsMaterial(texts, now)): ((texts: TlsTexts) => TlsMaterial) => {
  let recent = new Map<string, TlsMaterial>();
  let older = new Map<string, TlsMaterial>();
  return (texts) => {
    const digest = digestOf(texts);
    const known = recent.get(digest) ?? older.get(digest);
    const material = known ?? judge(texts);
    if (recent.size >= generation) [older, recent] = [recent, new Map<string, TlsMaterial>()];
    recent.set(digest, material);
    return material;
  };
};

/** Lengths keep apart what would otherwise run together. */
const digestOf = ({ certificate, key, caCertificate, destinationCACertificate }: TlsTexts): string =>
  hash('sha256', [certificate, key, caCertificate, destinationCACertificate].map((text) => `${text.length}:${text}`).join(''), 'base64');
