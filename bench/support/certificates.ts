import { webcrypto } from 'node:crypto';

export interface HostCertificate {
  readonly certificate: string;
  readonly key: string;
}

/** Makes many self-signed certificates fast: P-256, one key for all of them. */
export const createCertificateMaker = async (): Promise<(host: string) => Promise<HostCertificate>> => {
  // The library wants the polyfill before itself.
  await import('reflect-metadata');
  const { cryptoProvider, SubjectAlternativeNameExtension, X509CertificateGenerator } = await import('@peculiar/x509');
  cryptoProvider.set(globalThis.crypto);
  const keys = await webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64').replace(/.{64}/g, '$&\n').trim();
  const key = `-----BEGIN PRIVATE KEY-----\n${der}\n-----END PRIVATE KEY-----\n`;
  let serial = 1;
  return async (host) => {
    serial += 1;
    const made = await X509CertificateGenerator.createSelfSigned({
      serialNumber: serial.toString(16).padStart(8, '0'), name: `CN=${host}`, notBefore: new Date(Date.now() - 86_400_000), notAfter: new Date(Date.now() + 86_400_000 * 365),
      signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' }, keys, extensions: [new SubjectAlternativeNameExtension([{ type: 'dns' as const, value: host }])],
    });
    return { certificate: `${made.toString('pem').trim()}\n`, key };
  };
};

/** `spec.tls` of an edge route, indented for `routeText`. */
export const edgeText = (made: HostCertificate | null, insecure = 'Redirect'): string => {
  const block = (field: string, text: string): string => `    ${field}: |\n${text.trimEnd().split('\n').map((line) => `      ${line}\n`).join('')}`;
  return `    termination: edge\n    insecureEdgeTerminationPolicy: ${insecure}\n${made === null ? '' : block('certificate', made.certificate) + block('key', made.key)}`;
};
