import type { Lab, World } from '../lab.ts';
import { addressOf, ask, configure, haproxy, member, network, oneSample, reload, rotate, shop } from './ro-network.ts';

const m1 = `server m1 ${addressOf('m1')}:8080`;
const base = { needs: 'namespaces', programs: ['haproxy', 'socat'], collectArguments: oneSample } as const;

/** A WebSocket of the client, quiet after its opening; how long it lived, in milliseconds, up to 2 s. */
async function tunnel(world: World): Promise<number> {
  const program = `const s = require('net').connect(80, '${addressOf('router')}'); const b = Date.now(); const end = () => { console.log(Date.now() - b); process.exit(); }; s.on('error', end); s.on('close', end); setTimeout(end, 2000); s.resume(); s.write('GET /ws HTTP/1.1\\r\\nHost: shop\\r\\nConnection: Upgrade\\r\\nUpgrade: websocket\\r\\nSec-WebSocket-Version: 13\\r\\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\\r\\n\\r\\n');`;
  return Number((await world.of('client').run(`node -e "${program}"`)).trim());
}

const ladder = (server: string): string => `timeout connect 3s\n  timeout client 30s\n  timeout server ${server}`;

export const roClients: readonly Lab[] = [
  {
    ...base, name: 'ro-clients-leave', about: 'Answers take longer than the patience of clients: they close first, and nobody gets an answer.',
    codes: ['RO-11'], silent: ['RO-08', 'RO-09', 'RO-16'], proof: /shop\/m1 \d+\/\d+\/\d+\/-1\/\d+ .* CH--/, inTests: false,
    // Without abortonclose HAProxy waits for the answer all the same and logs 200.
    build: async (world) => { await shop(world, { defaults: 'option abortonclose' }); },
    break: async (world) => { await member(world.of('m1'), 'slow', 1500); },
    fix: async (world, finding) => {
      await member(world.of('m1'));
      await world.apply(world.of('router'), finding, rotate, /look at the slow server/);
    },
    probe: (world) => ask(world, { times: 5, seconds: 0.6 }),
  },
  {
    ...base, name: 'ro-large-headers', about: 'An answer has more headers than fit into HAProxy\'s buffer: 502.',
    codes: ['RO-12'], silent: ['RO-06', 'RO-07', 'RO-09', 'PP-02'], proof: /shop\/m1 .* 50[02] .* PH--/, inTests: false,
    build: async (world) => { await shop(world); },
    break: async (world) => { await member(world.of('m1'), 'headers', 16_000); },
    fix: async (world, finding) => {
      await configure(world.of('router'), { global: 'tune.bufsize 32768' });
      await world.of('router').run(rotate);
      await world.apply(world.of('router'), finding, reload, /tune\.bufsize 32768/);
    },
    probe: ask,
  },
  {
    ...base, name: 'ro-no-route', about: 'A name that no route has goes to the default backend: 503.',
    codes: ['RO-01'], silent: ['RO-06', 'RO-07'], proof: /default_503\/<NOSRV> .* 503 .* SC--/, inTests: false,
    build: async (world) => { await shop(world, named('shop.example.com')); },
    break: async (world) => {
      await configure(world.of('router'), named('shopp.example.com'));
      await world.of('router').run(reload);
    },
    fix: async (world, finding) => {
      await configure(world.of('router'), named('shop.example.com'));
      await world.of('router').run(rotate);
      await world.apply(world.of('router'), finding, reload, /add a route for it/);
    },
    probe: (world) => ask(world, { more: '-H "Host: shop.example.com"' }),
  },
  {
    ...base, name: 'ro-quiet-tunnel', about: 'A quiet WebSocket is cut by timeout server, because timeout tunnel is not set.',
    codes: ['RO-17'], silent: ['RO-08', 'RO-13', 'CT-10'], proof: / 101 .* [cs]D--/, inTests: false,
    build: async (world) => { await shop(world, { backend: `timeout tunnel 1h\n  timeout server 700ms\n  ${m1}` }); },
    break: async (world) => {
      await configure(world.of('router'), { backend: `timeout server 700ms\n  ${m1}` });
      await world.of('router').run(reload);
    },
    fix: async (world, finding) => {
      await configure(world.of('router'), { backend: `timeout tunnel 1h\n  timeout server 700ms\n  ${m1}` });
      await world.of('router').run(rotate);
      await world.apply(world.of('router'), finding, reload, /timeout tunnel/);
    },
    probe: async (world) => {
      const lived = await tunnel(world);
      return lived >= 1900 ? { ok: true } : { ok: false, saw: `the WebSocket was closed after ${String(lived)} ms` };
    },
  },
  {
    ...base, name: 'ro-timeout-ladder', about: 'A balancer in front waits shorter than the router behind it, so slow answers are lost at the balancer.',
    codes: ['RO-16'], silent: ['RO-07', 'RO-11'], proof: /server router 10\.80\.0\.2:80/, inTests: false,
    build: async (world) => {
      await network(world, ['m1', 'front']);
      await member(world.of('m1'), 'slow', 1500);
      await configure(world.of('router'));
      await configure(world.of('front'), { defaults: ladder('40s'), backend: `server router ${addressOf('router')}:80` });
      for (const name of ['router', 'front']) await haproxy(world.of(name));
    },
    break: async (world) => {
      await configure(world.of('front'), { defaults: ladder('1s'), backend: `server router ${addressOf('router')}:80` });
      await world.of('front').run(reload);
    },
    fix: async (world, finding) => {
      await configure(world.of('front'), { defaults: ladder('40s'), backend: `server router ${addressOf('router')}:80` });
      for (const name of ['router', 'front']) await world.of(name).run(rotate);
      await world.apply(world.of('front'), finding, reload, /Let front wait longer than router/);
    },
    probe: async (world) => {
      const { output } = await world.of('client').tries(`curl -s -o /dev/null --max-time 8 -w '%{http_code}' http://${addressOf('front')}/`);
      return output === '200' ? { ok: true } : { ok: false, saw: output };
    },
  },
  {
    ...base, name: 'ro-forged-header', about: 'An allow list asks X-Forwarded-For, which the client writes itself: outsiders get in.',
    codes: ['RO-20'], silent: ['RO-19', 'PP-05'], proof: /hdr_ip\(x-forwarded-for\)/i, inTests: false,
    build: async (world) => { await shop(world, { frontend: `http-request deny unless { src 10.99.0.0/16 }\n  ${routed}` }); },
    break: async (world) => {
      await configure(world.of('router'), { frontend: `http-request deny unless { req.hdr_ip(x-forwarded-for) 10.99.0.0/16 }\n  ${routed}` });
      await world.of('router').run(reload);
    },
    fix: async (world, finding) => {
      await configure(world.of('router'), { frontend: `http-request set-header X-Forwarded-For %[src]\n  http-request deny unless { req.hdr_ip(x-forwarded-for) 10.99.0.0/16 }\n  ${routed}` });
      await world.apply(world.of('router'), finding, reload, /replace the header.*set-header X-Forwarded-For/);
    },
    probe: async (world) => {
      const { output } = await world.of('client').tries(`curl -s -o /dev/null --max-time 3 -H 'X-Forwarded-For: 10.99.0.7' -w '%{http_code}' http://${addressOf('router')}/`);
      return output === '403' ? { ok: true } : { ok: false, saw: `a client from elsewhere with a header of its own gets ${output}` };
    },
  },
];

const routed = 'default_backend shop';

function named(name: string): { readonly frontend: string; readonly sections: string } {
  return { frontend: `capture request header Host len 64\n  use_backend shop if { req.hdr(host) -i ${name} }\n  default_backend default_503`, sections: 'backend default_503' };
}
