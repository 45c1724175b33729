import { createHash } from 'node:crypto';
import type { Finding } from '../findings/finding.ts';

/** The same fault of the same thing has the same id in every run: baselines and SARIF rely on it. Sixteen hexadecimal digits. */
export function fingerprint(finding: Finding): string {
  return createHash('sha256').update(JSON.stringify([finding.code, finding.host, [...finding.about].sort()])).digest('hex').slice(0, 16);
}
