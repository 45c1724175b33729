import { derTag, readDer, readObjectId, readOne, readUnsigned } from './der.ts';
import type { DerElement } from './der.ts';

/** The extensions of a certificate that decide whether it may sign or serve (RFC 5280 section 4.2). */
export interface CertificateExtensions {
  readonly subjectKeyId: Buffer | null;
  readonly authorityKeyId: Buffer | null;
  readonly basicConstraints: { readonly ca: boolean; readonly pathLength: number | null } | null;
  /** null: no key usage extension: any use. */
  readonly mayCertify: boolean | null;
  /** Object identifiers; null: no extended key usage extension: any purpose. */
  readonly purposes: readonly string[] | null;
  /** An extension is critical and not one we know: the certificate must not be used (RFC 5280 section 4.2). */
  readonly unknownCritical: boolean;
}

const none: CertificateExtensions = {
  subjectKeyId: null, authorityKeyId: null, basicConstraints: null, mayCertify: null, purposes: null, unknownCritical: false,
};

/** Identifiers, key usage, names, basic and name constraints, distribution points, policies, purposes, authority information. */
const known = new Set([
  '2.5.29.14', '2.5.29.15', '2.5.29.17', '2.5.29.18', '2.5.29.19', '2.5.29.30', '2.5.29.31', '2.5.29.32', '2.5.29.33', '2.5.29.35', '2.5.29.36',
  '2.5.29.37', '2.5.29.54', '1.3.6.1.5.5.7.1.1',
]);

/** Reads `[3] { SEQUENCE OF Extension }`; null where it is not well-formed. */
export const readExtensions = (field: DerElement | undefined): CertificateExtensions | null => {
  if (field === undefined) return none;
  const list = readOne(field.content, derTag.sequence);
  const entries = list && readDer(list.content);
  if (entries === null) return null;
  let found = none;
  for (const entry of entries) {
    const parts = entry.tag === derTag.sequence ? readDer(entry.content) : null;
    const id = parts?.[0];
    const value = parts?.at(-1);
    if (id?.tag !== derTag.objectId || value?.tag !== derTag.octetString) return null;
    const oid = readObjectId(id.content);
    const critical = parts?.[1]?.tag === derTag.boolean && parts[1].content[0] !== 0;
    const read = readExtension(oid, value.content);
    if (read === null) return null;
    found = { ...found, ...read, unknownCritical: found.unknownCritical || (critical && !known.has(oid)) };
  }
  return found;
};

const readExtension = (oid: string, value: Buffer): Partial<CertificateExtensions> | null => {
  switch (oid) {
    case '2.5.29.14': {
      const id = readOne(value, derTag.octetString);
      return id && { subjectKeyId: id.content };
    }
    case '2.5.29.15': {
      const bits = readOne(value, derTag.bitString);
      // First byte: number of unused bits; keyCertSign is bit 5, counted from the left.
      return bits && { mayCertify: ((bits.content[1] ?? 0) & 0x04) !== 0 };
    }
    case '2.5.29.19':
      return readBasicConstraints(value);
    case '2.5.29.35': {
      const parts = sequence(value);
      const id = parts?.find(({ tag }) => tag === 0x80);
      return parts && { authorityKeyId: id?.content ?? null };
    }
    case '2.5.29.37': {
      const parts = sequence(value);
      return parts && { purposes: parts.map(({ content }) => readObjectId(content)) };
    }
    default:
      return {};
  }
};

/** SEQUENCE { cA BOOLEAN DEFAULT FALSE, pathLenConstraint INTEGER OPTIONAL } */
const readBasicConstraints = (value: Buffer): Partial<CertificateExtensions> | null => {
  const parts = sequence(value);
  if (parts === null) return null;
  const ca = parts[0]?.tag === derTag.boolean && parts[0].content[0] !== 0;
  const length = parts.find(({ tag }) => tag === derTag.integer);
  const limit = length && readUnsigned(length.content);
  if (limit === null) return null;
  return { basicConstraints: { ca, pathLength: limit === undefined ? null : Number(limit) } };
};

const sequence = (value: Buffer): readonly DerElement[] | null => {
  const outer = readOne(value, derTag.sequence);
  return outer && readDer(outer.content);
};
