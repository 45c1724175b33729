import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { fuzzFirewall } from './firewall/fuzz-run.ts';

/** Programs of Debian's packages iptables, nftables, ipset, iproute2, conntrack and tcpreplay. */
const programs = ['iptables-legacy-restore', 'iptables-nft-restore', 'nft', 'ipset', 'ip', 'bridge', 'conntrack', 'tcpreplay'];

function missing(): string | null {
  if (process.getuid?.() !== 0) return 'not root: network namespaces cannot be made';
  const absent = programs.filter((program) => !['/usr/sbin', '/sbin', '/usr/bin', '/bin'].some((folder) => existsSync(`${folder}/${program}`)));
  return absent.length === 0 ? null : `not installed: ${absent.join(', ')}`;
}

/** Fixed, so that a failure here is a failure everywhere; `npm run fuzz:firewall` takes any. */
const seed = 31_415_926;

test('the simulator and the kernel agree on 300 packets through random rules', { timeout: 240_000 }, async (context) => {
  const why = missing();
  if (why !== null) context.skip(`the packet filter simulator is not compared with the kernel: ${why}`);
  const said: string[] = [];
  const report = await fuzzFirewall(300, seed, (text) => { said.push(text); }).catch((error: unknown) => {
    const text = error instanceof Error ? error.message : String(error);
    if (/netns add|Operation not permitted|Protocol not supported/.test(text)) return context.skip(`the packet filter simulator is not compared with the kernel: ${text.slice(0, 200)}`);
    throw error;
  });
  expect(report.disagreements, said.join('\n')).toEqual([]);
  expect(report.packets).toBeGreaterThanOrEqual(300);
  expect(report.counters).toBeGreaterThan(300);
});
