import type { Lab, Probe, World } from '../lab.ts';
import { addressOf, configure, haproxy, member, network, oneSample, reload, rotate } from './ro-network.ts';

const expects = `tcp-request connection expect-proxy layer4 if { src ${addressOf('front')} }\n  default_backend shop`;
const base = { needs: 'namespaces', programs: ['haproxy', 'socat'], collectArguments: oneSample, inTests: false, probe: askFront } as const;

/** The balancer in front passes connections on as they are, with or without the header. */
async function front(world: World, words: string): Promise<void> {
  await configure(world.of('front'), { defaults: 'mode tcp\n  option tcplog', backend: `server router ${addressOf('router')}:80 ${words}` });
}

/** `client` - `front` - `router` - `m1`; the router expects the header from the balancer only. */
async function twoProxies(world: World, words = 'send-proxy-v2'): Promise<void> {
  await network(world, ['front', 'm1']);
  await member(world.of('m1'));
  await configure(world.of('router'), { frontend: expects });
  await haproxy(world.of('router'));
  await front(world, words);
  await haproxy(world.of('front'));
}

/** What a simple balancer does: opens the port, says what `says` prints, and closes. */
function checks(says: string): string {
  return `sh -c "while :; do ${says} | socat -u - TCP:${addressOf('router')}:80; sleep 0.3; done"`;
}

async function askFront(world: World): Promise<Probe> {
  const { output } = await world.of('client').tries(`for i in 1 2 3; do curl -s -o /dev/null --max-time 2 -w '%{http_code} ' http://${addressOf('front')}/; done`);
  return /^(?:200 ){3}$/.test(output) ? { ok: true } : { ok: false, saw: output.trim() };
}

export const ppHeaders: readonly Lab[] = [
  {
    ...base, name: 'pp-not-sent', about: 'The balancer in front was set up anew without the PROXY header that the router expects.',
    codes: ['PP-01'], silent: ['PP-02', 'PP-03', 'PP-04', 'TL-14'], proof: /PROXY protocol header/, inTests: true,
    build: async (world) => { await twoProxies(world); },
    break: async (world) => {
      await front(world, '');
      await world.of('front').run(reload);
    },
    fix: async (world, finding) => {
      await front(world, 'send-proxy-v2');
      await world.apply(world.of('front'), finding, reload, /Let the balancer in front send the header.*send-proxy-v2/);
      await world.of('router').run(rotate);
    },
  },
  {
    ...base, name: 'pp-not-expected', about: 'The router lost the line that expects the header, and takes it for a request.',
    codes: ['PP-02'], silent: ['PP-01', 'PP-03', 'RO-18', 'TL-14'], proof: /<BADREQ>/,
    build: async (world) => { await twoProxies(world, 'send-proxy'); },
    break: async (world) => {
      await configure(world.of('router'));
      await world.of('router').run(`${rotate}; ${reload}`);
    },
    fix: async (world, finding) => {
      await configure(world.of('router'), { frontend: expects });
      await world.apply(world.of('router'), finding, reload, /Expect the header, from that balancer only.*expect-proxy layer4/);
      await world.of('router').run(rotate);
    },
  },
  {
    ...base, name: 'pp-check-without-header', about: 'The checks of the balancer open and close the port without the header; users are served.',
    codes: ['PP-03'], silent: ['PP-01', 'PP-02', 'PP-04'], proof: /PROXY protocol header/, quiet: true,
    build: async (world) => { await twoProxies(world); },
    break: async (world) => {
      await world.of('front').start('checks', checks('true'));
      await world.of('router').until('grep -q "PROXY protocol header" /var/log/haproxy.log');
    },
    fix: async (world, finding) => {
      await world.of('front').run('kill $(cat /run/lab/checks.pid)');
      // Version 2, command LOCAL, no addresses.
      await world.apply(world.of('front'), finding, `nohup ${checks("printf '\\r\\n\\r\\n\\000\\r\\nQUIT\\n\\040\\000\\000\\000'")} >/dev/null 2>&1 &`, /Let the probe speak the protocol \(version 2, LOCAL\)/);
      await world.sleep(400);
      await world.of('router').run(rotate);
    },
  },
  {
    ...base, name: 'pp-anybody-may-say', about: 'A listener believes the PROXY header of anybody.',
    codes: ['PP-05'], silent: ['PP-01', 'PP-02', 'PP-03'], proof: /bind :81 accept-proxy/, quiet: true,
    build: async (world) => { await twoProxies(world); },
    break: async (world) => {
      await configure(world.of('router'), { frontend: expects, sections: 'frontend inside\n  bind :81 accept-proxy\n  default_backend shop' });
      await world.of('router').run(reload);
    },
    fix: async (world, finding) => {
      await configure(world.of('router'), { frontend: expects, sections: `frontend inside\n  bind :81\n  ${expects}` });
      await world.apply(world.of('router'), finding, reload, /tcp-request connection expect-proxy layer4.*instead of accept-proxy/);
    },
  },
];
