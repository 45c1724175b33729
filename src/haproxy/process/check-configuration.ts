import { execFile } from 'node:child_process';
import { parseConfigurationAlerts } from './configuration-alert.ts';
import type { ConfigurationAlert } from './configuration-alert.ts';

export type ConfigurationCheck =
  | { readonly ok: true; readonly warnings: readonly ConfigurationAlert[] }
  | { readonly ok: false; readonly alerts: readonly ConfigurationAlert[]; readonly output: string };

/** Has HAProxy read the configuration without starting (`haproxy -c -f`). It binds nothing; takes seconds with thousands of certificates. */
export async function checkConfiguration(program: string, file: string): Promise<ConfigurationCheck> {
  const { output, ok } = await new Promise<{ readonly output: string; readonly ok: boolean }>((resolve) => {
    execFile(program, ['-c', '-f', file], { timeout: 60_000, maxBuffer: 1 << 24 }, (error, stdout, stderr) => {
      // A HAProxy that complained has said why; one that could not be run has said nothing.
      resolve({ output: error !== null && stderr === '' ? `[ALERT] : ${error.message.split('\n')[0] ?? ''}\n` : `${stderr}${stdout}`, ok: error === null });
    });
  });
  const found = parseConfigurationAlerts(output);
  return ok ? { ok, warnings: found } : { ok, alerts: found.filter((alert) => alert.severity === 'alert'), output };
}
