import type { Host, Lab, Probe, World } from '../lab.ts';
import { addressOf, member, network, oneSample } from './ro-network.ts';

const shop = 'shop.example.com';
const six = 'fd00:80::99';
const base = { needs: 'namespaces', programs: ['dig'], collectArguments: oneSample } as const;

/** The resolver of a host says this from now on. */
async function says(host: Host, ...records: readonly string[]): Promise<void> {
  await host.tries('[ -f /run/lab/names.pid ] && kill $(cat /run/lab/names.pid); while ss -lun | grep -q ":53 "; do sleep 0.05; done', 5);
  await host.start('names', `node $LABS/programs/name-server.ts ${records.join(' ')}`);
  await host.until('ss -lun | grep -q ":53 "');
}

/** Two places that serve port 8080, a resolver, and a client that asks it. */
async function names(world: World, records: readonly string[], others: readonly string[] = []): Promise<void> {
  await network(world, ['other', 'dns', ...others]);
  for (const name of ['router', 'other']) await member(world.of(name));
  await says(world.of('dns'), ...records);
  await world.of('client').write('/etc/resolv.conf', `nameserver ${addressOf('dns')}\noptions timeout:1 attempts:1\n`);
}

/** A plain program: it takes each address of the name in turn, without a second try. */
async function everyAddress(world: World): Promise<Probe> {
  const { output } = await world.of('client').tries(`set -- $(getent ahosts ${shop} | awk '$2 == "STREAM" { print $1 }'); [ $# -gt 0 ] || echo "no address"; for a in "$@"; do case $a in *:*) a="[$a]";; esac; curl -s -o /dev/null --max-time 2 "http://$a:8080/" || echo "$a fails"; done`);
  return output === '' ? { ok: true } : { ok: false, saw: output.trim().replaceAll('\n', ', ') };
}

const both = `${shop}=${addressOf('router')},${addressOf('other')}`;

export const dnsNames: readonly Lab[] = [
  {
    ...base, name: 'dns-one-of-two-dead', about: 'A name has two addresses, and on one of them nobody listens: every second connection is refused.',
    codes: ['DNS-03'], silent: ['DNS-01', 'DNS-06', 'FW-07'], proof: /shop\.example\.com\.\s.*\sA\s+10\.80\.0\.3/, inTests: true,
    typed: { client: [`dig ${shop}`, ...['router', 'other'].map((name) => `curl -v --max-time 3 http://${addressOf(name)}:8080/`)] },
    build: async (world) => { await names(world, [both]); },
    break: async (world) => { await world.of('other').run('kill $(cat /run/lab/member.pid)'); },
    fix: async (world, finding) => {
      await world.apply(world.of('dns'), finding, 'true', /Take 10\.80\.0\.3 out of the record/);
      await says(world.of('dns'), `${shop}=${addressOf('router')}`);
    },
    probe: everyAddress,
  },
  {
    ...base, name: 'dns-six-without-path', about: 'The name has an IPv6 address that nobody has: programs that prefer IPv6 wait or fail.',
    codes: ['DNS-06'], silent: ['DNS-01', 'DNS-03'], proof: /AAAA\s+fd00:80::99/, inTests: false,
    typed: { client: [`dig ${shop} A`, `dig ${shop} AAAA`, `curl -4 -v --max-time 3 http://${shop}:8080/`, `curl -6 -v --max-time 4 http://${shop}:8080/`] },
    build: async (world) => {
      await names(world, [`${shop}=${addressOf('router')}`]);
      await world.of('client').run('ip address add fd00:80::1/64 dev eth0 nodad');
    },
    break: async (world) => { await says(world.of('dns'), `${shop}=${addressOf('router')},${six}`); },
    fix: async (world, finding) => {
      await world.apply(world.of('dns'), finding, 'true', /Remove the AAAA record/);
      await says(world.of('dns'), `${shop}=${addressOf('router')}`);
    },
    probe: everyAddress,
  },
  {
    ...base, name: 'dns-name-missing-inside', about: 'The name is in the outer zone and not in the one that this client\'s resolver answers from.',
    codes: ['DNS-01'], silent: ['DNS-03', 'DNS-06'], proof: /NXDOMAIN|status/, inTests: false,
    typed: { client: [`dig ${shop}`, `dig @${addressOf('m1')} ${shop}`] },
    build: async (world) => {
      await names(world, [`${shop}=${addressOf('router')}`], ['m1']);
      await says(world.of('m1'), `${shop}=${addressOf('router')}`);
    },
    break: async (world) => { await says(world.of('dns'), `www.example.com=${addressOf('router')}`); },
    fix: async (world, finding) => {
      await world.apply(world.of('dns'), finding, 'true', /Add the record to the zone that this client's resolver answers from/);
      await says(world.of('dns'), `${shop}=${addressOf('router')}`);
    },
    probe: everyAddress,
  },
  {
    ...base, name: 'dns-client-behind-proxy', about: 'The client\'s environment names a proxy, which does not reach the inside.',
    codes: ['DNS-08'], silent: ['DNS-01', 'TL-01'], proof: /https_proxy=/, programs: ['dig', 'openssl'], inTests: false,
    typed: { client: ['cat /etc/environment', `env $(cat /etc/environment) curl -vk --max-time 3 https://${shop}:8443/`] },
    build: async (world) => {
      await names(world, [`${shop}=${addressOf('router')}`]);
      const router = world.of('router');
      await router.run(`cd /tmp && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -keyout k.pem -out c.pem -subj /CN=${shop} 2>/dev/null`);
      await router.start('site', 'openssl s_server -accept 8443 -cert /tmp/c.pem -key /tmp/k.pem -www -quiet');
      await world.of('other').run('kill $(cat /run/lab/member.pid); while ss -ltn | grep -q ":8080 "; do sleep 0.05; done');
      await world.of('other').start('proxy', `node $LABS/programs/member.ts 3128 connect ${shop}`);
      await world.of('client').write('/etc/environment', 'LANG=C.UTF-8\n');
    },
    break: async (world) => { await world.of('client').write('/etc/environment', `https_proxy=http://${addressOf('other')}:3128\nno_proxy=localhost\n`); },
    fix: async (world, finding) => { await world.apply(world.of('client'), finding, `sed -i 's/^no_proxy=.*/&,${shop}/' /etc/environment`, /Add the name and the address to no_proxy/); },
    probe: async (world) => {
      const { code, output } = await world.of('client').tries(`env $(cat /etc/environment) curl -sSk -o /dev/null --max-time 3 https://${shop}:8443/`);
      return code === 0 ? { ok: true } : { ok: false, saw: output.trim() };
    },
  },
  {
    ...base, name: 'dns-first-resolver-silent', about: 'The first of two resolvers is gone: every lookup waits for it, and then the second one answers.',
    codes: ['DNS-09'], silent: ['DNS-01', 'DNS-03', 'DNS-07'], programs: ['dig', 'nft'], proof: /communications error to 10\.80\.0\.20#53/, inTests: false,
    typed: { client: [`dig ${shop}`] },
    build: async (world) => {
      await names(world, [`${shop}=${addressOf('router')}`], ['m1']);
      await says(world.of('m1'), `${shop}=${addressOf('router')}`);
      await world.of('client').write('/etc/resolv.conf', `nameserver ${addressOf('dns')}\nnameserver ${addressOf('m1')}\noptions timeout:2 attempts:1\n`);
    },
    break: async (world) => { await world.of('dns').run('nft add table inet f && nft add chain inet f in "{ type filter hook input priority 0; }" && nft add rule inet f in udp dport 53 counter drop'); },
    fix: async (world, finding) => { await world.apply(world.of('client'), finding, `printf 'nameserver ${addressOf('m1')}\noptions timeout:2 attempts:1\n' > /etc/resolv.conf`, /Take it out of \/etc\/resolv\.conf/); },
    probe: async (world) => {
      const began = performance.now();
      const found = await everyAddress(world);
      const took = performance.now() - began;
      return found.ok && took > 1900 ? { ok: false, saw: `it works, after ${String(Math.round(took / 100) / 10)} s` } : found;
    },
  },
];
