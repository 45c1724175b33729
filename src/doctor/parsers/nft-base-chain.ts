import type { BaseChain, Hook } from '../model/firewall/rule.ts';

const hooks: ReadonlySet<string> = new Set<Hook>(['ingress', 'prerouting', 'input', 'forward', 'output', 'postrouting', 'egress']);

/** Names of nft(8), "standard priorities". The bridge family has numbers of its own. */
const priorities: Readonly<Record<string, number>> = { raw: -300, mangle: -150, dstnat: -100, filter: 0, security: 50, srcnat: 100, out: 100 };
const bridgePriorities: Readonly<Record<string, number>> = { dstnat: -300, filter: -200, out: 100, srcnat: 300 };

/** `type filter hook forward priority filter + 10; policy drop;`, `... hook ingress devices = { eth0, eth1 } priority -5; ...`. */
export function nftBaseChain(text: string, family = ''): BaseChain | null {
  const found = /^type (filter|nat|route) hook (\w+)(?: devices? (?:= )?(\{[^}]*\}|"?[^\s"]+"?))? priority (-?\w+)(?: ([+-]) (\d+))?(?:; policy (accept|drop))?/.exec(text.replaceAll('\n', ' '));
  const hook = found?.[2] ?? '';
  if (!found || !hooks.has(hook)) return null;
  const word = found[4] ?? '';
  const start = /^-?\d+$/.test(word) ? Number(word) : (family === 'bridge' ? bridgePriorities : priorities)[word];
  if (start === undefined) return null;
  const offset = Number(found[6] ?? '0') * (found[5] === '-' ? -1 : 1);
  return {
    hook: hook as Hook,
    type: found[1] as BaseChain['type'],
    priority: start + offset,
    // A chain without a policy accepts.
    policy: found[7] === 'drop' ? 'drop' : 'accept',
    counter: null,
    devices: (found[3] ?? '').replace(/[{}"]/g, '').split(',').map((device) => device.trim()).filter((device) => device !== ''),
  };
}
