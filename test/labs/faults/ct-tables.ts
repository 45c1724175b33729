import { readFile, writeFile } from 'node:fs/promises';
import type { Host, Lab, Probe, World } from '../lab.ts';
import { ask, boxBetween, client, once, server } from './two-networks.ts';

const common = { programs: ['iptables', 'conntrack', 'nft'], inTests: false, probe: ask, build: (world: World) => tracked(world) } as const;

/** The box tracks connections: a rule asks for their state. */
async function tracked(world: World, wire?: Host): Promise<void> {
  await boxBetween(world, wire);
  await world.of('box').run('iptables -A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT');
}

/** One limit for the whole machine, compared with the entries of each network namespace; it can be changed outside only. */
const limit = '/proc/sys/net/netfilter/nf_conntrack_max';

async function setLimit(world: World, wanted: number): Promise<void> {
  const before = await readFile(limit, 'utf8');
  world.atEnd(async () => { await writeFile(limit, before); });
  await writeFile(limit, String(wanted));
}

/** Connections that half of the world has closed: the server sends its FIN, the client keeps its side open. */
const halfClosed = `node -e "for (let each = 0; each < 60; each++) require('net').connect({ port: 81, host: '${server}', allowHalfOpen: true }).on('error', () => {}).resume(); setTimeout(() => {}, 60000)"`;

/** Two words with a pause between them, on one connection. */
async function idleWord(world: World): Promise<Probe> {
  const line = `node -e "const open = require('net').connect(82, '${server}'); let heard = 0; open.on('data', () => { heard++; if (heard === 1) setTimeout(() => open.write('b'), 3500); else process.exit(0); }); open.on('error', () => process.exit(1)); open.write('a'); setTimeout(() => process.exit(2), 6000)"`;
  const { code } = await world.of('client').tries(line);
  return code === 0 ? { ok: true } : { ok: false, saw: code === 2 ? 'no answer on a connection that was idle for three seconds' : 'the connection was closed' };
}

export const ctTables: readonly Lab[] = [
  {
    ...common, name: 'ct-table-full', about: 'Datagrams of many ports fill the connection table of the box, and first packets of new connections are dropped.',
    codes: ['CT-01'], silent: ['CT-08', 'TC-02', 'FW-01'], proof: /table full, dropping packet|early_drop=[1-9]|drop=[1-9]/, needs: 'whole-kernel', collectArguments: { client: ['-i', '0'], server: ['-i', '0'] },
    break: async (world) => {
      await setLimit(world, 1500);
      // Answered, and so not thrown out early; the table is full of them.
      await world.of('server').start('echo', `node -e "const echo = require('dgram').createSocket('udp4'); echo.on('message', (text, from) => echo.send(text, from.port, from.address)).bind(83)"`);
      await world.of('client').start('flood', `node -e "const next = () => { for (let each = 0; each < 40; each++) { const one = require('dgram').createSocket('udp4'); one.on('error', () => {}); one.send('x', 83, '${server}', () => one.close()); } setTimeout(next, 20); }; next()"`);
      await world.of('box').until('conntrack -S | grep -qE " (early_)?drop=[1-9]"');
    },
    fix: async (world, finding) => {
      await world.of('client').run('kill $(cat /run/lab/flood.pid)');
      await world.apply(world.of('box'), finding, 'iptables -t raw -A PREROUTING -p udp -j CT --notrack && conntrack -F', /stop tracking the balancer's own ports in both directions/);
      // The kernel's lines stay true; what a host shows of them begins anew.
      await world.of('box').run('grep -o -m 1 "fairway lab [0-9-]* begins" /run/lab/dmesg > /dev/kmsg');
    },
  },
  {
    ...common, name: 'ct-half-closed', about: 'A box keeps half-closed connections for an hour, as kube-proxy tells it to, and they pile up.',
    codes: ['CT-03'], silent: ['CT-01', 'CT-06', 'CT-07'], proof: /CLOSE_WAIT/, needs: 'namespaces', quiet: true, collectArguments: once,
    break: async (world) => {
      await world.of('box').run('sysctl -qw net.netfilter.nf_conntrack_tcp_timeout_close_wait=3600');
      await world.of('server').start('closes', `node -e "require('net').createServer({ allowHalfOpen: true }, (one) => one.on('error', () => {}).end('bye')).listen({ port: 81, backlog: 100 })"`);
      await world.of('server').until('ss -ltn | grep -q ":81 "');
      await world.of('client').start('half', halfClosed);
      await world.of('box').until('[ "$(conntrack -L -p tcp --state CLOSE_WAIT 2>/dev/null | wc -l)" -ge 55 ]');
    },
    fix: async (world, finding) => { await world.apply(world.of('box'), finding, 'sysctl -w net.netfilter.nf_conntrack_tcp_timeout_close_wait=60', /sysctl -w net\.netfilter\.nf_conntrack_tcp_timeout_close_wait=60/); },
  },
  {
    ...common, name: 'ct-forgets-idle', about: 'The box forgets connections that were idle for two seconds, and drops what comes afterwards.',
    codes: ['CT-10'], silent: ['CT-01', 'TC-01', 'FW-01'], proof: /nf_conntrack_tcp_timeout_established = 2$/, needs: 'namespaces', collectArguments: once, probe: idleWord,
    build: async (world) => {
      await tracked(world);
      await world.of('box').run('sysctl -qw net.netfilter.nf_conntrack_tcp_loose=0; iptables -A FORWARD -m conntrack --ctstate INVALID -j DROP');
      await world.of('server').start('echo', `node -e "require('net').createServer((one) => one.on('error', () => {}).pipe(one)).listen(82)"`);
      await world.of('server').until('ss -ltn | grep -q ":82 "');
    },
    break: async (world) => { await world.of('box').run('sysctl -qw net.netfilter.nf_conntrack_tcp_timeout_established=2 net.netfilter.nf_conntrack_tcp_timeout_unacknowledged=2'); },
    fix: async (world, finding) => { await world.apply(world.of('box'), finding, 'sysctl -w net.netfilter.nf_conntrack_tcp_timeout_established=432000', /Or keep idle connections longer on box/); },
  },
  {
    ...common, name: 'ct-one-way', about: 'A cloud drops what the box passes on to the server: the box sees attempts, and never an answer.',
    codes: ['CT-07'], silent: ['CT-01', 'FW-02', 'RT-03'], proof: /SYN_SENT src=10\.83\.0\.1 dst=10\.84\.0\.2 .*\[UNREPLIED\]/, needs: 'namespaces', collectArguments: once,
    build: async (world) => { await tracked(world, await world.switch('cloud')); },
    break: async (world) => {
      // As a security group does, where nobody but the cloud's owner can look.
      await world.of('cloud').run(`nft 'table bridge group { chain passing { type filter hook forward priority 0; ip saddr ${client} tcp dport 80 drop; }; }'`);
      // One answered connection that is still listed says that the way back exists: those of before would hide the fault for two minutes.
      await world.of('box').run('conntrack -F');
      await world.of('client').start('first', `curl -sS --max-time 30 http://${server}/`);
      await world.of('client').start('second', `curl -sS --max-time 30 http://${server}/`);
      await world.of('box').until('[ "$(conntrack -L -p tcp --state SYN_SENT 2>/dev/null | grep -cE "tcp +6 1(0|1[0-5])")" -ge 2 ]');
    },
    fix: async (world, finding) => {
      await world.of('client').run('kill $(cat /run/lab/first.pid) $(cat /run/lab/second.pid)');
      await world.apply(world.of('cloud'), finding, 'nft flush ruleset', /it may be dropped at its sender|or the packet may not have arrived/);
    },
  },
];
