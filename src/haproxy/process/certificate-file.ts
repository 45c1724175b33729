import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { digestOf } from '../naming.ts';
import { writeNewFile } from './write-file.ts';

/** Where a state directory has its certificates. */
export const certificateDirectory = (stateDir: string): string => join(stateDir, 'certs');

/** File of a host's certificate, named by its content: one that is there is right. */
export const certificateFile = (directory: string, host: string, pem: string): string => `${directory}/${digestOf(`${host}\n${pem}`)}.pem`;

/** Writes it unless it is there. */
export const keepCertificate = (file: string, pem: string): void => {
  if (!existsSync(file)) writeNewFile(file, pem);
};
