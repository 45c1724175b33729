import type { Lab, World } from '../lab.ts';
import { ask, boxBetween, client, giveUp, keepTrying, once, server } from './two-networks.ts';

const common = { needs: 'namespaces', programs: ['iptables'], collectArguments: once, inTests: false, probe: ask } as const;

/** The fault on the box, and a client who still waits when the evidence is collected. */
function onBox(line: string): (world: World) => Promise<void> {
  return async (world) => {
    await world.of('box').run(line);
    await keepTrying(world.of('client'));
  };
}

/** The first command of the finding, as it is. */
function firstFix(words: RegExp): Lab['fix'] {
  return async (world, finding) => {
    await giveUp(world.of('client'));
    await world.apply(world.of('box'), finding, finding.fixes[0]?.command ?? 'false', words);
  };
}

const answersPass = 'iptables -A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT';

export const fwForward: readonly Lab[] = [
  {
    ...common, name: 'fw-rule-on-the-box', about: 'A rule of the box between drops the client\'s packets.',
    codes: ['FW-01'], silent: ['FW-02', 'FW-03', 'FW-07', 'FW-08', 'RT-02', 'RT-05'], proof: /-A FORWARD -p tcp -m tcp --dport 80 -j DROP/, inTests: true,
    build: boxBetween,
    break: onBox('iptables -A FORWARD -p tcp --dport 80 -j DROP'),
    fix: firstFix(/iptables -I FORWARD 1 -s 10\.83\.0\.1 -d 10\.84\.0\.2 -p tcp --dport 80 -j ACCEPT/),
  },
  {
    ...common, name: 'fw-legacy-policy', about: 'The box forwards nothing that no rule names, and its rules are of the old engine.',
    codes: ['FW-02'], silent: ['FW-01', 'FW-04', 'FW-05', 'RT-02'], proof: /:FORWARD DROP/,
    build: async (world) => {
      await boxBetween(world);
      await world.of('box').run('iptables-legacy -A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT && iptables-legacy -A FORWARD -o far0 -p tcp --dport 443 -j ACCEPT');
    },
    break: onBox('iptables-legacy -P FORWARD DROP'),
    fix: firstFix(/iptables-legacy -A FORWARD -s 10\.83\.0\.1 -d 10\.84\.0\.2 -p tcp --dport 80 -j ACCEPT/),
  },
  {
    ...common, name: 'fw-accept-appended', about: 'Somebody let the client pass with a rule at the end, behind the one that drops everything else.',
    codes: ['FW-08', 'FW-01'], silent: ['FW-02', 'FW-05', 'FW-09'], proof: /-A FORWARD -s 10\.83\.0\.1\/32 .* -j ACCEPT/,
    build: async (world) => {
      await boxBetween(world);
      await world.of('box').run(answersPass);
    },
    break: onBox(`iptables -A FORWARD -i near0 -j DROP; iptables -A FORWARD -s ${client} -d ${server} -p tcp --dport 80 -j ACCEPT`),
    fix: async (world, finding) => {
      await giveUp(world.of('client'));
      const box = world.of('box');
      const [, rule = ''] = /-A FORWARD (.+)/.exec(await box.run('iptables -t filter -S FORWARD 3')) ?? [];
      await world.apply(box, finding, `iptables -I FORWARD 2 ${rule} && iptables -D FORWARD 4`, /iptables -t filter -S FORWARD 3 +# put the same rule in with -I FORWARD 2, then -D FORWARD 4/);
    },
  },
  {
    ...common, name: 'fw-later-nft-chain', about: 'One table of nft accepts the client, and another program\'s table drops it afterwards.',
    codes: ['FW-05'], silent: ['FW-01', 'FW-02', 'FW-04'], proof: /drop/, programs: ['nft'],
    build: async (world) => {
      await boxBetween(world);
      await world.of('box').run(`nft -f - <<'RULES'
table inet guard {
  chain forward { type filter hook forward priority filter; policy drop; ct state established,related accept; ip saddr ${client} tcp dport 80 counter accept; }
}
RULES`);
    },
    break: onBox(`nft -f - <<'RULES'
table inet machines {
  chain forward { type filter hook forward priority filter + 10; policy accept; ct state established,related accept; oifname "far0" counter drop; }
}
RULES`),
    fix: firstFix(/nft insert rule inet machines forward index 1 ip saddr 10\.83\.0\.1 ip daddr 10\.84\.0\.2 tcp dport 80 accept/),
  },
  {
    ...common, name: 'fw-two-engines', about: 'A program that was moved to the old engine left its rules in the new one, and both are passed.',
    codes: ['FW-04', 'FW-05'], silent: ['FW-01', 'FW-02'], proof: /-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT/,
    build: async (world) => {
      await boxBetween(world);
      await world.of('box').run(`${answersPass} && iptables -A FORWARD -s ${client} -p tcp --dport 80 -j ACCEPT && iptables -A FORWARD -i near0 -j DROP`);
    },
    break: onBox('iptables-legacy -A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT; iptables-legacy -A FORWARD -i near0 -j DROP'),
    fix: async (world, finding) => {
      await giveUp(world.of('client'));
      await world.apply(world.of('box'), finding, 'iptables-legacy-save > /root/legacy.rules; iptables-legacy -F', /iptables-legacy-save > \/root\/legacy\.rules; iptables-legacy -F/);
    },
  },
  {
    ...common, name: 'fw-accepts-everything', about: 'To make something work, somebody accepted everything before the rules that keep clients out.',
    codes: ['FW-09'], silent: ['FW-01', 'FW-02', 'FW-08'], proof: /-A FORWARD -j ACCEPT/, quiet: true,
    build: async (world) => {
      await boxBetween(world);
      await world.of('box').run(`${answersPass} && iptables -A FORWARD -p tcp --dport 80 -j ACCEPT && iptables -A FORWARD -i near0 -j DROP`);
    },
    break: async (world) => { await world.of('box').run('iptables -I FORWARD -j ACCEPT'); },
    fix: async (world, finding) => { await world.apply(world.of('box'), finding, finding.fixes[0]?.command ?? 'false', /iptables -t filter -D FORWARD 1/); },
  },
];
