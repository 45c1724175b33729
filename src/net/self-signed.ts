import { generateKeyPair, randomBytes, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { promisify } from 'node:util';

export interface SelfSignedWish {
  readonly commonName: string;
  /** DNS names. */
  readonly names: readonly string[];
  /** Milliseconds since the epoch. */
  readonly notBefore: number;
  readonly notAfter: number;
}

/** Tag bytes of DER (ITU-T X.690), and those that RFC 5280 gives a meaning of their own. */
const tag = {
  boolean: 0x01, integer: 0x02, bitString: 0x03, octetString: 0x04, null: 0x05, objectId: 0x06, utf8: 0x0c, utcTime: 0x17, generalizedTime: 0x18,
  sequence: 0x30, set: 0x31, dnsName: 0x82, version: 0xa0, extensions: 0xa3,
} as const;

const encode = (type: number, ...contents: readonly (Uint8Array | readonly number[])[]): Buffer => {
  const content = Buffer.concat(contents.map((one) => Uint8Array.from(one)));
  const { length } = content;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Uint8Array.from([type, ...size]), content]);
};

/** `1.2.840.10045.4.3.2`: the first two arcs share a byte, the others have seven bits a byte. */
const objectId = (text: string): Buffer => {
  const [first = 0, second = 0, ...arcs] = text.split('.').map(Number);
  const bytes = (arc: number): readonly number[] => {
    const found = [arc & 0x7f];
    for (let rest = Math.floor(arc / 128); rest > 0; rest = Math.floor(rest / 128)) found.unshift((rest & 0x7f) | 0x80);
    return found;
  };
  return encode(tag.objectId, [first * 40 + second, ...arcs.flatMap(bytes)]);
};

/** Two digits of the year until 2049, four from then on (RFC 5280 section 4.1.2.5). */
const time = (at: number): Buffer => {
  const digits = `${new Date(at).toISOString().replace(/\.\d+Z$|[-:T]/g, '')}Z`;
  return new Date(at).getUTCFullYear() < 2050 ? encode(tag.utcTime, Buffer.from(digits.slice(2))) : encode(tag.generalizedTime, Buffer.from(digits));
};

const extension = (id: string, critical: boolean, value: Buffer): Buffer =>
  encode(tag.sequence, objectId(id), critical ? encode(tag.boolean, [0xff]) : [], encode(tag.octetString, value));

/** sha256WithRSAEncryption (RFC 4055) has a NULL behind it, ecdsa-with-SHA256 (RFC 5758) nothing. */
const signatureAlgorithm = (key: KeyObject): Buffer => (key.asymmetricKeyType === 'rsa'
  ? encode(tag.sequence, objectId('1.2.840.113549.1.1.11'), encode(tag.null))
  : encode(tag.sequence, objectId('1.2.840.10045.4.3.2')));

const pem = (label: string, bytes: Buffer): string => `-----BEGIN ${label}-----\n${bytes.toString('base64').replace(/.{64}(?=.)/g, '$&\n')}\n-----END ${label}-----\n`;

/** A server certificate (RFC 5280 section 4.1) that its own key, RSA or on P-256, signed with SHA-256, as PEM. */
export const signOwnCertificate = (wish: SelfSignedWish, keys: { readonly publicKey: KeyObject; readonly privateKey: KeyObject }): string => {
  const serial = randomBytes(16);
  // Positive, and not zero in front.
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40;
  const algorithm = signatureAlgorithm(keys.privateKey);
  const name = encode(tag.sequence, encode(tag.set, encode(tag.sequence, objectId('2.5.4.3'), encode(tag.utf8, Buffer.from(wish.commonName)))));
  const body = encode(
    tag.sequence,
    encode(tag.version, encode(tag.integer, [2])), encode(tag.integer, serial), algorithm,
    name, encode(tag.sequence, time(wish.notBefore), time(wish.notAfter)), name,
    keys.publicKey.export({ type: 'spki', format: 'der' }),
    encode(tag.extensions, encode(
      tag.sequence,
      // Basic constraints: no CA. Key usage: digital signature and key encipherment. Extended key usage: TLS server.
      extension('2.5.29.19', true, encode(tag.sequence)),
      extension('2.5.29.15', true, encode(tag.bitString, [5, 0b1010_0000])),
      extension('2.5.29.37', false, encode(tag.sequence, objectId('1.3.6.1.5.5.7.3.1'))),
      extension('2.5.29.17', false, encode(tag.sequence, ...wish.names.map((dns) => encode(tag.dnsName, Buffer.from(dns))))),
    )),
  );
  const signature = sign('sha256', body, keys.privateKey);
  return pem('CERTIFICATE', encode(tag.sequence, body, algorithm, encode(tag.bitString, [0], signature)));
};

/** A self-signed server certificate with an RSA key of 2048 bits, as PEM: key, then certificate. */
export const makeSelfSigned = async (wish: SelfSignedWish): Promise<string> => {
  const keys = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  return `${pem('PRIVATE KEY', keys.privateKey.export({ type: 'pkcs8', format: 'der' }))}${signOwnCertificate(wish, keys)}`;
};
