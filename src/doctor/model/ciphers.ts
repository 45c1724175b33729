/**
 * Whether HTTP/2 over TLS 1.2 is forbidden with a cipher (RFC 7540, appendix A): everything without forward secrecy and everything that is
 * not AEAD. Takes OpenSSL's names (`ECDHE-RSA-AES128-GCM-SHA256`) and the registry's (`TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256`).
 */
export function isForbiddenWithHttp2(cipher: string): boolean {
  // TLS 1.3 suites have no key exchange in their name: all of them are fine.
  if (/^TLS_(?!.*_WITH_)/.test(cipher)) return false;
  return !(/^(?:TLS_)?(?:ECDHE|DHE|EECDH|EDH)[-_]/.test(cipher) && /GCM|CHACHA20|CCM/.test(cipher));
}

/**
 * The first real cipher of an OpenSSL list; null when the list starts with a group (`HIGH`, `EECDH+AESGCM`) whose order is the library's.
 * Names of TLS 1.3 are passed over, as OpenSSL does: they have a list of their own, and below 1.3 the first of the others counts.
 */
export function firstCipher(list: string): string | null {
  const [first] = list.replace(/^["']|["']$/g, '').split(':').filter((name) => !/^TLS_(?:AES|CHACHA20)_(?!.*_WITH_)/.test(name));
  return first !== undefined && /^(?:[A-Z0-9]+-)+[A-Z0-9]+$/.test(first) ? first : null;
}

/** SSLv2, SSLv3 and TLS 1.0 in any of their spellings. */
export function isBrokenProtocol(name: string): boolean {
  return /^(?:SSLv[23]|TLSv1(?:\.0)?)$/i.test(name);
}
