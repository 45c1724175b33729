import type { Lab } from '../lab.ts';
import { ask, boxBetween, giveUp, keepTrying, once, server } from './two-networks.ts';

const common = { needs: 'namespaces', programs: ['iptables', 'conntrack'], collectArguments: once, inTests: false, probe: ask } as const;

/** One client after the other meets the same: the counters move while the evidence is collected. */
const again = `sh -c 'while :; do curl -s --max-time 4 -o /run/answer http://${server}/ & sleep 0.5; done'`;

export const fwTracking: readonly Lab[] = [
  {
    ...common, name: 'fw-invalid-half', about: 'The answers of the server pass the box by, so the box drops what the client says after its first packet.',
    codes: ['FW-03'], silent: ['FW-01', 'FW-02', 'L2-01', 'TC-01'], proof: /-A FORWARD -m conntrack --ctstate INVALID -j DROP/, inTests: true, collectArguments: {},
    build: async (world) => {
      await boxBetween(world);
      const [client, far] = [world.of('client'), world.of('server')];
      await world.cable(client, 'leg0', far, 'leg0');
      await far.run('ip address add 10.86.0.2/24 dev leg0');
      await client.run('ip address add 10.86.0.1/24 dev leg0');
      for (const host of [client, far]) await host.run('sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.leg0.rp_filter=0 net.ipv4.conf.eth0.rp_filter=0');
      await world.of('box').run('iptables -A FORWARD -m conntrack --ctstate INVALID -j DROP');
    },
    break: async (world) => {
      await world.of('server').run('ip route add 10.83.0.1/32 via 10.86.0.1');
      await world.of('client').start('again', again);
      // A first packet is under way for a while: only entries older than that count.
      await world.of('box').until('conntrack -L -p tcp --state SYN_SENT 2>/dev/null | grep -qE "tcp +6 (11[0-6]|10[0-9]) "');
    },
    fix: async (world, finding) => {
      await world.of('client').run('kill $(cat /run/lab/again.pid)');
      await world.apply(world.of('box'), finding, `iptables -I FORWARD 1 -p tcp --dport 80 -j ACCEPT`, /iptables -I FORWARD 1 -p tcp --dport 80 -j ACCEPT/);
    },
  },
  {
    ...common, name: 'fw-notrack-of-new', about: 'Port 80 was taken out of tracking in both directions, and the rules of the server accept only what tracking knows.',
    codes: ['FW-10'], silent: ['CT-01', 'FW-03'], proof: /-A PREROUTING -p tcp -m tcp --dport 80 -j (?:NOTRACK|CT --notrack)/,
    build: async (world) => {
      await boxBetween(world);
      await world.of('server').run('iptables -A INPUT -i lo -j ACCEPT && iptables -A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT && iptables -A INPUT -p tcp --dport 80 -m conntrack --ctstate NEW -j ACCEPT && iptables -A INPUT -p icmp -j ACCEPT && iptables -P INPUT DROP');
    },
    break: async (world) => {
      await world.of('server').run('iptables -t raw -A PREROUTING -p tcp --dport 80 -j CT --notrack && iptables -t raw -A OUTPUT -p tcp --sport 80 -j CT --notrack');
      await keepTrying(world.of('client'));
    },
    fix: async (world, finding) => {
      await giveUp(world.of('client'));
      await world.apply(world.of('server'), finding, 'iptables -I INPUT -p tcp --dport 80 -m conntrack --ctstate UNTRACKED -j ACCEPT', /Accept UNTRACKED for port 80 in INPUT/);
    },
  },
  {
    ...common, name: 'fw-notrack-one-direction', about: 'Only what comes in for port 80 is taken out of tracking; the answers are tracked, and dropped as INVALID.',
    codes: ['FW-10'], silent: ['CT-01', 'FW-01', 'FW-02'], proof: /-A PREROUTING -p tcp -m tcp --dport 80 -j (?:NOTRACK|CT --notrack)/,
    build: async (world) => {
      await boxBetween(world);
      await world.of('server').run('iptables -A OUTPUT -m conntrack --ctstate INVALID -j DROP');
    },
    break: async (world) => { await world.of('server').run('iptables -t raw -A PREROUTING -p tcp --dport 80 -j CT --notrack'); },
    fix: async (world, finding) => { await world.apply(world.of('server'), finding, 'iptables -t raw -A OUTPUT -p tcp --sport 80 -j CT --notrack', /iptables -t raw -A OUTPUT -p tcp --sport 80 -j CT --notrack/); },
  },
  {
    ...common, name: 'fw-notrack-translated', about: 'Port 80 is translated to 8080, and somebody took it out of tracking to save entries.',
    codes: ['FW-10'], silent: ['CT-01', 'FW-01', 'FW-02'], proof: /-A PREROUTING -p tcp -m tcp --dport 80 -j (?:NOTRACK|CT --notrack)/,
    build: async (world) => {
      await boxBetween(world);
      const far = world.of('server');
      await far.run('kill $(cat /run/lab/answer.pid)');
      await far.start('answer8080', 'node $LABS/programs/answer.ts 8080');
      await far.until('ss -ltn | grep -q ":8080 "');
      await far.run('iptables -t nat -A PREROUTING -p tcp --dport 80 -j REDIRECT --to-ports 8080');
    },
    break: async (world) => { await world.of('server').run('iptables -t raw -A PREROUTING -p tcp --dport 80 -j CT --notrack && iptables -t raw -A OUTPUT -p tcp --sport 80 -j CT --notrack'); },
    fix: async (world, finding) => { await world.apply(world.of('server'), finding, 'iptables -t raw -F', /Track port 80 again/); },
  },
];
