import { generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import { makeSelfSigned } from '../../src/net/self-signed.ts';

export interface HostCertificate {
  readonly certificate: string;
  readonly key: string;
}

/** Makes many self-signed certificates fast: P-256, one key for all of them. */
export const createCertificateMaker = async (): Promise<(host: string) => Promise<HostCertificate>> => {
  const { privateKey } = await promisify(generateKeyPair)('ec', { namedCurve: 'P-256' });
  const day = 86_400_000;
  return async (host) => {
    const pem = await makeSelfSigned({ commonName: host, names: [host], notBefore: Date.now() - day, notAfter: Date.now() + 365 * day, key: privateKey });
    const border = pem.indexOf('-----BEGIN CERTIFICATE-----');
    return { certificate: pem.slice(border), key: pem.slice(0, border) };
  };
};

/** `spec.tls` of an edge route, indented for `routeText`. */
export const edgeText = (made: HostCertificate | null, insecure = 'Redirect'): string => {
  const block = (field: string, text: string): string => `    ${field}: |\n${text.trimEnd().split('\n').map((line) => `      ${line}\n`).join('')}`;
  return `    termination: edge\n    insecureEdgeTerminationPolicy: ${insecure}\n${made === null ? '' : block('certificate', made.certificate) + block('key', made.key)}`;
};
