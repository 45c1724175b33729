import type { Lab, World } from '../lab.ts';
import { addressOf, ask, configure, haproxy, network, oneSample, reload, rotate } from './ro-network.ts';
import { authorities, base, certificate } from './tl-network.ts';

const tls = `server m1 ${addressOf('m1')}:8443 ssl verify required ca-file /etc/haproxy/tls/members.pem check inter 200ms fall 2 rise 1`;

/** The member's own authority and certificate, and a program that serves with them. */
async function site(world: World, name: string, names: readonly string[], ofNewAuthority = true): Promise<void> {
  const host = world.of(name);
  if (ofNewAuthority) await authorities(host);
  await certificate(host, 'site', { names });
  await host.tries('[ -f /run/lab/site.pid ] && kill $(cat /run/lab/site.pid); while ss -ltn | grep -q ":8443 "; do sleep 0.05; done', 5);
  await host.start('site', 'openssl s_server -accept 8443 -cert /etc/haproxy/tls/site.pem -key /etc/haproxy/tls/site.pem -www -quiet -alpn h2,http/1.1');
  await host.until('ss -ltn | grep -q ":8443 "');
}

/** The router learns the authority of the member. */
async function learns(world: World): Promise<void> {
  await world.of('router').write('/etc/haproxy/tls/members.pem', await world.of('m1').run('cat /etc/haproxy/tls/ca.pem'));
}

const passthrough = (rules: string): string => `mode tcp\n  option tcplog\n  bind :443\n  tcp-request inspect-delay 5s\n  tcp-request content accept if { req.ssl_hello_type 1 }\n  ${rules}`;
const sections = `backend be_sni\n  mode tcp\n  server m1 ${addressOf('m1')}:8443\nbackend be_no_sni\n  mode tcp\n  server m1 ${addressOf('m1')}:8443\nbackend be_second\n  mode tcp\n  server m2 ${addressOf('m2')}:8443`;
const named = 'use_backend be_sni if { req.ssl_sni -m found }\n  default_backend be_no_sni';

function handshake(name: string | null, more = ''): string {
  return `openssl s_client -connect ${addressOf('router')}:443 ${name === null ? '-noservername' : `-servername ${name}`} ${more} </dev/null`;
}

const [one, other] = ['one.example.com', 'two.example.com'] as const;
const wild = ['*.example.com', one, other] as const;
const toBoth = `use_backend be_sni if { req.ssl_sni -i ${one} }\n  use_backend be_second if { req.ssl_sni -i ${other} }\n  default_backend be_no_sni`;

export const tlMembers: readonly Lab[] = [
  {
    ...base, collectArguments: oneSample, name: 'tl-member-not-trusted', about: 'The member was given a certificate of a new authority, which the router does not know.',
    codes: ['TL-13'], silent: ['TL-14', 'RO-07', 'RO-18'], proof: /Server shop\/m1 is DOWN.*Layer6/, inTests: false,
    build: async (world) => {
      await network(world, ['m1']);
      await site(world, 'm1', ['m1.internal']);
      await learns(world);
      await configure(world.of('router'), { backend: tls });
      await haproxy(world.of('router'));
    },
    break: async (world) => {
      await world.of('router').run(rotate);
      await site(world, 'm1', ['m1.internal']);
      await world.of('router').until('grep -q "has no server available" /var/log/haproxy.log');
      // The member came back at once, with its new authority: what is down now is down for that.
      await world.of('router').run(`${rotate}; ${reload}`);
      await world.of('router').until('grep -q "has no server available" /var/log/haproxy.log');
    },
    fix: async (world, finding) => {
      await learns(world);
      await world.of('router').run(rotate);
      await world.apply(world.of('router'), finding, reload, /Give the router the authority that issued the server's certificate/);
    },
    probe: (world) => ask(world),
  },
  {
    ...base, collectArguments: oneSample, name: 'tl-no-name', about: 'A client connects without the name in its hello, and the router that passes TLS through does not know where to.',
    codes: ['TL-12'], silent: ['TL-02', 'TL-14', 'RO-06'], proof: /be_no_sni\/m1/, quiet: true, inTests: false,
    build: async (world) => {
      await network(world, ['m1']);
      await site(world, 'm1', [one]);
      await configure(world.of('router'), { frontend: passthrough(named), sections: sections.replace(/\nbackend be_second[^]*$/, '') });
      await haproxy(world.of('router'));
    },
    break: async (world) => { await world.of('client').run(`for i in 1 2 3; do ${handshake(null)}; done`); },
    fix: async (world, finding) => {
      await world.of('router').run(rotate);
      await world.apply(world.of('client'), finding, handshake(one), /-servername NAME/);
    },
    probe: async (world) => {
      const { code, output } = await world.of('client').tries(handshake(one));
      return code === 0 ? { ok: true } : { ok: false, saw: output.trim() };
    },
  },
  {
    ...base, collectArguments: oneSample, typed: { client: [one, other].map((name) => `${handshake(name, '-alpn h2 -CAfile /etc/ssl/lab-ca.pem')} | tee /tmp/seen; openssl x509 -noout -serial -in /tmp/seen`) }, name: 'tl-coalescing', about: 'Two names share a wildcard certificate and an address, and are passed through to different servers: browsers send both over one connection.',
    codes: ['TL-10'], silent: ['TL-06', 'TL-08', 'TL-02'], proof: /use_backend|serial|Serial|ALPN/, quiet: true, inTests: false,
    build: async (world) => {
      await network(world, ['m1', 'm2']);
      await site(world, 'm1', [one]);
      await site(world, 'm2', [other]);
      await world.of('client').write('/etc/ssl/lab-ca.pem', await world.of('m1').run('cat /etc/haproxy/tls/ca.pem') + await world.of('m2').run('cat /etc/haproxy/tls/ca.pem'));
      await configure(world.of('router'), { frontend: passthrough(toBoth), sections });
      await haproxy(world.of('router'));
    },
    break: async (world) => {
      await site(world, 'm1', wild, false);
      const both = await world.of('m1').run('cat /etc/haproxy/tls/site.pem');
      await world.of('m2').write('/etc/haproxy/tls/site.pem', both);
      await world.of('m2').run('kill $(cat /run/lab/site.pid)');
      await world.of('m2').start('again', 'openssl s_server -accept 8443 -cert /etc/haproxy/tls/site.pem -key /etc/haproxy/tls/site.pem -www -quiet -alpn h2,http/1.1');
      await world.of('m2').until('ss -ltn | grep -q ":8443 "');
    },
    fix: async (world, finding) => {
      await world.apply(world.of('m2'), finding, 'kill $(cat /run/lab/again.pid)', /Give each of the names a certificate of its own/);
      await site(world, 'm2', [other], false);
    },
    probe: async (world) => {
      const { code, output } = await world.of('client').tries(`${handshake(one)} && ${handshake(other)}`);
      return code === 0 ? { ok: true } : { ok: false, saw: output.trim() };
    },
  },
];
