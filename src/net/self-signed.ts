import { createPublicKey, generateKeyPair, randomBytes, sign, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import type { BaseBlock } from 'asn1js';

export interface SelfSignedWish {
  readonly commonName: string;
  /** DNS names. */
  readonly names: readonly string[];
  /** Milliseconds since the epoch. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** RSA or ECDSA; default: a new RSA key of 2048 bits, which every client can use. */
  readonly key?: KeyObject;
}

const newKey = async (): Promise<KeyObject> => (await promisify(generateKeyPair)('rsa', { modulusLength: 2048 })).privateKey;

/** A self-signed server certificate as RFC 5280 section 4.1 has it, signed with SHA-256, as PEM: key (PKCS#8), then certificate. */
export const makeSelfSigned = async (wish: SelfSignedWish): Promise<string> => {
  const [key, asn1] = await Promise.all([wish.key ?? newKey(), import('asn1js')]);
  const { BitString, Boolean: Bool, Constructed, fromBER, GeneralizedTime, Integer, Null, ObjectIdentifier, OctetString, Primitive, Sequence, Set: SetOf, UTCTime, Utf8String } = asn1;
  const sequence = (...value: BaseBlock[]): BaseBlock => new Sequence({ value });
  const oid = (value: string): BaseBlock => new ObjectIdentifier({ value });
  const octets = (block: BaseBlock): BaseBlock => new OctetString({ valueHex: block.toBER() });
  const tagged = (tagNumber: number, ...value: BaseBlock[]): BaseBlock => new Constructed({ idBlock: { tagClass: 3, tagNumber }, value });
  // RFC 5280, section 4.1.2.5: UTCTime through 2049, later GeneralizedTime; both without fractions of a second.
  const time = (at: number): BaseBlock => {
    const valueDate = new Date(Math.floor(at / 1000) * 1000);
    return valueDate.getUTCFullYear() < 2050 ? new UTCTime({ valueDate }) : new GeneralizedTime({ valueDate });
  };
  const extension = (id: string, critical: boolean, value: BaseBlock): BaseBlock =>
    sequence(oid(id), ...(critical ? [new Bool({ value: true })] : []), octets(value));

  // RFC 4055, section 5, asks for NULL parameters; RFC 5758, section 3.2, for none.
  const algorithm = (): BaseBlock => (key.asymmetricKeyType === 'rsa' ? sequence(oid('1.2.840.113549.1.1.11'), new Null()) : sequence(oid('1.2.840.10045.4.3.2')));
  const name = (): BaseBlock => sequence(new SetOf({ value: [sequence(oid('2.5.4.3'), new Utf8String({ value: wish.commonName }))] }));
  const serial = randomBytes(16);
  // Positive, and not shortened: between 64 and 127 in the first byte.
  serial[0] = (serial[0] ?? 0) & 0x3f | 0x40;
  const toBeSigned = sequence(
    tagged(0, new Integer({ value: 2 })),
    new Integer({ valueHex: serial }),
    algorithm(),
    name(),
    sequence(time(wish.notBefore), time(wish.notAfter)),
    name(),
    fromBER(createPublicKey(key).export({ type: 'spki', format: 'der' })).result,
    tagged(3, sequence(
      extension('2.5.29.19', true, sequence()),
      // digitalSignature and keyEncipherment: bits 0 and 2.
      extension('2.5.29.15', true, new BitString({ unusedBits: 5, valueHex: Uint8Array.of(0xa0) })),
      extension('2.5.29.37', false, sequence(oid('1.3.6.1.5.5.7.3.1'))),
      extension('2.5.29.17', false, sequence(...wish.names.map((dns) => new Primitive({ idBlock: { tagClass: 3, tagNumber: 2 }, valueHex: Buffer.from(dns, 'latin1') })))),
    )),
  );
  const signature = sign('sha256', Buffer.from(toBeSigned.toBER()), key);
  const certificate = sequence(toBeSigned, algorithm(), new BitString({ valueHex: signature }));
  const body = Buffer.from(certificate.toBER()).toString('base64').replace(/.{64}(?=.)/g, '$&\n');
  return `${key.export({ type: 'pkcs8', format: 'pem' }).toString()}-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----\n`;
};
