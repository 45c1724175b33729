import { isSelfSigned } from './certificate.ts';
import type { Certificate } from './certificate.ts';

/** `outside-validity`: some certificate on the way is expired or not valid yet: forgiven, clients decide. */
export type ChainResult = 'trusted' | 'outside-validity' | { readonly fault: string };

const serverAuth = '1.3.6.1.5.5.7.3.1';
const anyPurpose = '2.5.29.37.0';
/** As many signature checks as Go's crypto/x509 makes before it gives up: a pool made for it could ask for any number. */
const checkLimit = 100;

/**
 * Does `leaf` chain to a certificate of `pool`, which serves as roots and as intermediates at once? Follows Go's
 * crypto/x509 as the OpenShift router calls it: no host name, server authentication, the validity of the leaf judged
 * before its issuer, so that an expired leaf is never told of a wrong issuer.
 * @param now milliseconds since the epoch
 */
export const verifyChain = (leaf: Certificate, pool: readonly Certificate[], now: number): ChainResult => {
  if (leaf.extensions.unknownCritical) return { fault: 'it has a critical extension that is not understood' };
  if (!isValidAt(leaf, now)) return 'outside-validity';
  if (pool.some(({ der }) => der.equals(leaf.der))) return servesAll([leaf]) ? 'trusted' : wrongPurpose;
  const search = { checks: 0, outsideValidity: false, wrongPurpose: false };
  if (climb([leaf], pool, now, search)) return 'trusted';
  if (search.wrongPurpose) return wrongPurpose;
  if (search.outsideValidity) return 'outside-validity';
  return { fault: 'none of the certificates in caCertificate issued it' };
};

const wrongPurpose: ChainResult = { fault: 'its extended key usage does not permit server authentication' };

interface Search { checks: number; outsideValidity: boolean; wrongPurpose: boolean }

/** Depth first: every certificate of the pool ends a chain as a root, and may continue it as an intermediate CA. */
const climb = (chain: readonly Certificate[], pool: readonly Certificate[], now: number, search: Search): boolean => {
  const child = chain.at(-1);
  if (child === undefined) return false;
  for (const issuer of pool) {
    if (!issuer.subject.equals(child.issuer) || chain.some(({ der }) => der.equals(issuer.der))) continue;
    search.checks += 1;
    if (search.checks > checkLimit) return false;
    if (!signed(issuer, child)) continue;
    if (issuer.extensions.unknownCritical) continue;
    if (!isValidAt(issuer, now)) { search.outsideValidity = true; continue; }
    const length = issuer.extensions.basicConstraints?.pathLength ?? null;
    if (length !== null && chain.length - 1 > length) continue;
    const longer = [...chain, issuer];
    if (servesAll(longer)) return true;
    search.wrongPurpose = true;
    if (issuer.extensions.basicConstraints?.ca === true && !isSelfSigned(issuer) && climb(longer, pool, now, search)) return true;
  }
  return false;
};

const isValidAt = ({ validFrom, validTo }: Certificate, now: number): boolean => validFrom <= now && now <= validTo;

/** May `issuer` sign certificates, and did it sign this one? Version 1 roots have no constraints to say so. */
const signed = (issuer: Certificate, child: Certificate): boolean => {
  const { basicConstraints, mayCertify } = issuer.extensions;
  if (basicConstraints === null ? issuer.version === 3 : !basicConstraints.ca) return false;
  if (mayCertify === false || issuer.publicKey === null || child.signature.digest !== 'strong') return false;
  try {
    return child.x509.verify(issuer.publicKey);
  } catch {
    return false;
  }
};

/** Every certificate of the chain that limits its purposes must permit serving. */
const servesAll = (chain: readonly Certificate[]): boolean =>
  chain.every(({ extensions: { purposes } }) => purposes === null || purposes.includes(serverAuth) || purposes.includes(anyPurpose));
