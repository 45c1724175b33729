import { expect, it } from 'vitest';
import { parseShowSslCert, parseShowSslCertList } from './show-ssl-cert.ts';

it('lists certificates and the transactions that nobody committed', () => {
  expect(parseShowSslCertList('# transaction\n*a1.pem\n# filename\n/tmp/hf/default.pem\na1.pem\n\n')).toEqual([
    { file: 'a1.pem', uncommitted: true }, { file: '/tmp/hf/default.pem', uncommitted: false }, { file: 'a1.pem', uncommitted: false },
  ]);
});

it('reads the leaf of one certificate, not its chain', () => {
  const text = `Filename: a1.pem
Status: Used
Serial: 1D1EF5F1A79687C3AF5162EB10B8434E4F0863F1
notBefore: Nov  1 06:16:12 2026 GMT
notAfter: Dec 21 06:16:12 2026 GMT
Subject Alternative Name: DNS:a.test, IP Address:127.0.0.1
Algorithm: EC256
SHA1 FingerPrint: 96DCE306F77A50090F6400F77AD6A234FA118B6B
Subject: /CN=a.test
Issuer: /CN=testca
Chain Subject: /CN=testca
Chain Issuer: /CN=root
OCSP Response Key: 

`;
  expect(parseShowSslCert(text)).toEqual({
    file: 'a1.pem', status: 'Used', serial: '1D1EF5F1A79687C3AF5162EB10B8434E4F0863F1', notBefore: Date.UTC(2026, 10, 1, 6, 16, 12), notAfter: Date.UTC(2026, 11, 21, 6, 16, 12),
    names: ['DNS:a.test', 'IP Address:127.0.0.1'], sha1: '96DCE306F77A50090F6400F77AD6A234FA118B6B', subject: '/CN=a.test', issuer: '/CN=testca',
  });
});

it('knows nothing of a certificate without content, and of none', () => {
  expect(parseShowSslCert('Filename: a1.pem\nStatus: Empty\nOCSP Response Key: \n\n')).toBeNull();
  expect(parseShowSslCert("Can't display the certificate: Not found or the certificate is a bundle!\n\n")).toBeNull();
});
