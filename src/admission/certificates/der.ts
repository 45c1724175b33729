/** One element of DER (ITU-T X.690): its tag byte, its content and its whole encoding. */
export interface DerElement {
  readonly tag: number;
  readonly content: Buffer;
  readonly encoded: Buffer;
}

export const derTag = {
  boolean: 0x01, integer: 0x02, bitString: 0x03, octetString: 0x04, objectId: 0x06, sequence: 0x30,
} as const;

/** Reads the elements that lie one after another in `bytes`; null where they are not well-formed DER that fills it exactly. */
export const readDer = (bytes: Buffer): readonly DerElement[] | null => {
  const elements: DerElement[] = [];
  let at = 0;
  while (at < bytes.length) {
    const element = elementAt(bytes, at);
    if (element === null) return null;
    elements.push(element);
    at += element.encoded.length;
  }
  return elements;
};

/** The one element that fills `bytes`, if it has that tag. */
export const readOne = (bytes: Buffer, tag: number): DerElement | null => {
  const element = elementAt(bytes, 0);
  return element?.tag === tag && element.encoded.length === bytes.length ? element : null;
};

const elementAt = (bytes: Buffer, start: number): DerElement | null => {
  const tag = bytes[start];
  const first = bytes[start + 1];
  // Tags above 30 take several bytes; nothing in certificates or keys has one.
  if (tag === undefined || first === undefined || (tag & 0x1f) === 0x1f) return null;
  let length = first;
  let at = start + 2;
  if (first >= 0x80) {
    const count = first & 0x7f;
    // 0x80 is BER's indefinite length; DER has the shortest form, and four bytes of length are enough for any file.
    if (count === 0 || count > 4 || bytes[at] === 0) return null;
    length = 0;
    for (const stop = at + count; at < stop; at += 1) {
      const byte = bytes[at];
      if (byte === undefined) return null;
      length = length * 256 + byte;
    }
    if (length < 0x80) return null;
  }
  if (at + length > bytes.length) return null;
  return { tag, content: bytes.subarray(at, at + length), encoded: bytes.subarray(start, at + length) };
};

/** `2a 86 48 ...` -> `1.2.840...`; empty for an empty content. */
export const readObjectId = (content: Buffer): string => {
  const arcs: number[] = [];
  let value = 0;
  for (const byte of content) {
    value = value * 128 + (byte & 0x7f);
    if (byte >= 0x80) continue;
    if (arcs.length === 0) arcs.push(...(value < 80 ? [Math.floor(value / 40), value % 40] : [2, value - 80]));
    else arcs.push(value);
    value = 0;
  }
  return arcs.join('.');
};

/** A non-negative INTEGER; null for a negative or empty one. */
export const readUnsigned = (content: Buffer): bigint | null =>
  content.length === 0 || (content[0] ?? 0) >= 0x80 ? null : BigInt(`0x${content.toString('hex')}`);
