import { generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import { signOwnCertificate } from '../../src/net/self-signed.ts';

export interface HostCertificate {
  readonly certificate: string;
  readonly key: string;
}

/** Makes many self-signed certificates fast: P-256, one key for all of them. */
export const createCertificateMaker = async (): Promise<(host: string) => HostCertificate> => {
  const keys = await promisify(generateKeyPair)('ec', { namedCurve: 'P-256' });
  const key = keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const wish = { notBefore: Date.now() - 86_400_000, notAfter: Date.now() + 86_400_000 * 365 };
  return (host) => ({ certificate: signOwnCertificate({ ...wish, commonName: host, names: [host] }, keys), key });
};

/** `spec.tls` of an edge route, indented for `routeText`. */
export const edgeText = (made: HostCertificate | null, insecure = 'Redirect'): string => {
  const block = (field: string, text: string): string => `    ${field}: |\n${text.trimEnd().split('\n').map((line) => `      ${line}\n`).join('')}`;
  return `    termination: edge\n    insecureEdgeTerminationPolicy: ${insecure}\n${made === null ? '' : block('certificate', made.certificate) + block('key', made.key)}`;
};
