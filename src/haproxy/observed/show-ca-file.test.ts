import { expect, it } from 'vitest';
import { parseShowCaFile, parseShowCaFileList } from './show-ca-file.ts';

it('lists CA files and the transactions that nobody committed', () => {
  expect(parseShowCaFileList('# transaction\n*ca-y - 1 certificate(s)\n# filename\n@system-ca - 144 certificate(s)\nca - y - 2 certificate(s)\n\n')).toEqual([
    { file: 'ca-y', certificates: 1, uncommitted: true }, { file: '@system-ca', certificates: 144, uncommitted: false }, { file: 'ca - y', certificates: 2, uncommitted: false },
  ]);
});

it('reads the fingerprints of one CA file', () => {
  const text = 'Filename: ca-x\nStatus: Unused\n \nCertificate #1:\nSerial: 36\nSHA1 FingerPrint: 140A870E12155776DBF991B0027E4DD74B7C7548\nSubject: /CN=testca\n \nCertificate #2:\nSHA1 FingerPrint: F2D68E4687BC3DFD376E176293BF8CDEEDE08D39\n\n';
  expect(parseShowCaFile(text)).toEqual(['140A870E12155776DBF991B0027E4DD74B7C7548', 'F2D68E4687BC3DFD376E176293BF8CDEEDE08D39']);
  expect(parseShowCaFile("Can't display the CA file : Not found!\n\n")).toEqual([]);
});
