import type { Lab, World } from '../lab.ts';
import { ask, haproxy, oneSample, reload, rotate } from './ro-network.ts';
import { askTls, base, certificate, looks, serves, site, tlsShop } from './tl-network.ts';

const crt = 'ssl crt /etc/haproxy/tls/site.pem';
const forbidden = `${crt} alpn h2,http/1.1 ssl-max-ver TLSv1.2 ciphers ECDHE-ECDSA-AES128-SHA:ECDHE-ECDSA-AES128-GCM-SHA256`;
const types = (...typed: readonly string[]): Pick<Lab, 'typed' | 'collectArguments'> => ({ typed: { client: typed }, collectArguments: oneSample });

async function changed(world: World, bind: string): Promise<void> {
  await serves(world, bind);
  await world.of('router').run(`${rotate}; ${reload}`);
}

export const tlHandshakes: readonly Lab[] = [
  {
    ...base, ...types(looks.http2), name: 'tl-h2-weak-cipher', about: 'The first cipher of the list is one that HTTP/2 forbids, and h2 is offered: curl is happy, browsers refuse.',
    codes: ['TL-08'], silent: ['TL-07', 'TL-09', 'TL-10'], proof: /Cipher.*ECDHE-ECDSA-AES128-SHA$/, quiet: true, inTests: true,
    build: async (world) => { await tlsShop(world, `${crt} alpn h2,http/1.1`); },
    break: async (world) => { await changed(world, forbidden); },
    fix: async (world, finding) => {
      await serves(world, `${crt} alpn h2,http/1.1 ssl-max-ver TLSv1.2 ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256`);
      await world.apply(world.of('router'), finding, reload, /ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256/);
    },
    probe: (world) => askTls(world, '--http2'),
  },
  {
    ...base, ...types(looks.curl, looks.handshake), name: 'tl-expired', about: 'The certificate ended yesterday.',
    codes: ['TL-03'], silent: ['TL-02', 'TL-04', 'TL-07', 'TL-14'], proof: /NotAfter|expired|notAfter/, inTests: true,
    build: async (world) => { await tlsShop(world, crt); },
    break: async (world) => {
      await certificate(world.of('router'), 'site', { days: -1 });
      await world.of('router').run(reload);
    },
    fix: async (world, finding) => {
      await certificate(world.of('router'), 'site');
      await world.apply(world.of('router'), finding, reload, /Renew the certificate/);
    },
    probe: askTls,
  },
  {
    ...base, ...types(looks.nameless, looks.handshake), name: 'tl-default-certificate', about: 'The certificate of the name is gone, and the default one, of another name, is served.',
    codes: ['TL-02'], silent: ['TL-03', 'TL-04', 'TL-06'], proof: /subject=.*default\.example\.net/, inTests: false,
    build: async (world) => { await tlsShop(world, 'ssl crt /etc/haproxy/tls/default.pem crt /etc/haproxy/tls/site.pem', { default: { names: ['default.example.net'] }, site: {} }); },
    break: async (world) => { await changed(world, 'ssl crt /etc/haproxy/tls/default.pem'); },
    fix: async (world, finding) => {
      await serves(world, 'ssl crt /etc/haproxy/tls/default.pem crt /etc/haproxy/tls/site.pem');
      await world.apply(world.of('router'), finding, reload, new RegExp(`Give the router a certificate for ${site}`));
    },
    probe: askTls,
  },
  {
    ...base, ...types(looks.chain), name: 'tl-chain-short', about: 'The certificate of the intermediate authority is not sent.',
    codes: ['TL-04'], silent: ['TL-02', 'TL-03', 'TL-07'], proof: /0 s:CN = shop\.example\.com|Verif/, inTests: false,
    build: async (world) => { await tlsShop(world, crt, { site: { byIntermediate: true } }); },
    break: async (world) => {
      await certificate(world.of('router'), 'site', { byIntermediate: true, bare: true });
      await world.of('router').run(reload);
    },
    fix: async (world, finding) => { await world.apply(world.of('router'), finding, `cd /etc/haproxy/tls && cat site.pem middle.pem > tls.pem && mv tls.pem site.pem && ${reload}`, /Append the intermediate certificates/); },
    probe: askTls,
  },
  {
    ...base, ...types(looks.handshake), name: 'tl-key-mismatch', about: 'After a renewal the certificate is the new one and the key the old one: HAProxy does not start.',
    codes: ['TL-05'], silent: ['TL-03', 'TL-14'], proof: /inconsistencies between private key and certificate/, inTests: false,
    build: async (world) => { await tlsShop(world, crt); },
    break: async (world) => {
      const router = world.of('router');
      await certificate(router, 'next');
      await router.run('cd /etc/haproxy/tls && cp site.pem old.pem && { openssl x509 -in next.pem; openssl pkey -in old.pem; } > site.pem && kill $(cat /run/haproxy.pid)');
      await router.until('! ss -ltn | grep -q ":443 "');
      await router.tries('haproxy -W -f /etc/haproxy/haproxy.cfg >> /var/log/haproxy.log 2>&1', 5);
    },
    fix: async (world, finding) => {
      const router = world.of('router');
      await router.run(rotate);
      await world.apply(router, finding, 'cp /etc/haproxy/tls/next.pem /etc/haproxy/tls/site.pem', /Put the key and the certificate of one request together again/);
      await haproxy(router);
    },
    probe: askTls,
  },
  {
    ...base, ...types(looks.curl, `${looks.handshake} -tls1_2`), name: 'tl-no-common-version', about: 'The router takes TLS 1.3 only, the client knows 1.2.',
    codes: ['TL-07'], silent: ['TL-03', 'TL-08', 'TL-14'], proof: /alert protocol version|alert number 70/, inTests: false,
    build: async (world) => { await tlsShop(world, `${crt} ssl-min-ver TLSv1.2`); },
    break: async (world) => { await changed(world, `${crt} ssl-min-ver TLSv1.3`); },
    fix: async (world, finding) => {
      await serves(world, `${crt} ssl-min-ver TLSv1.2`);
      await world.apply(world.of('router'), finding, reload, /Enable an older version or cipher at the server/);
    },
    probe: (world) => askTls(world, '--tls-max 1.2'),
  },
  {
    ...base, ...types(looks.handshake), name: 'tl-old-protocol', about: 'A copied list of options lets TLS 1.0 in again.',
    codes: ['TL-09'], silent: ['TL-07', 'TL-08', 'TL-11'], proof: /ssl-min-ver TLSv1\.0/, quiet: true, inTests: false,
    build: async (world) => { await tlsShop(world, crt); },
    break: async (world) => { await changed(world, `${crt} ssl-min-ver TLSv1.0`); },
    fix: async (world, finding) => {
      await serves(world, `${crt} ssl-min-ver TLSv1.2`);
      await world.apply(world.of('router'), finding, reload, /ssl-min-ver TLSv1\.2/);
    },
    probe: askTls,
  },
  {
    ...base, ...types(looks.curl, looks.handshake), name: 'tl-plain-port', about: 'The word ssl fell out of the bind line: port 443 speaks plain HTTP.',
    codes: ['TL-14'], silent: ['TL-01', 'TL-07', 'PP-01', 'PP-02'], proof: /wrong version number|packet length too long/, inTests: false,
    build: async (world) => { await tlsShop(world, crt); },
    break: async (world) => { await changed(world, ''); },
    fix: async (world, finding) => {
      await serves(world, crt);
      await world.of('router').run(rotate);
      await world.apply(world.of('router'), finding, reload, /Use the same on both ends/);
    },
    probe: askTls,
  },
  {
    ...base, ...types(looks.curl), name: 'tl-member-speaks-plain', about: 'The server line says ssl, and the member speaks plain HTTP: its check fails at TLS.',
    codes: ['TL-14', 'RO-06'], silent: ['TL-13', 'RO-07', 'RO-18'], proof: /Server shop\/m1 is DOWN.*Layer6/, inTests: false,
    build: async (world) => { await tlsShop(world, crt, { site: {} }, 'server m1 10.80.0.11:8080 check inter 200ms fall 2 rise 1'); },
    break: async (world) => {
      await serves(world, crt, 'server m1 10.80.0.11:8080 ssl verify none check inter 200ms fall 2 rise 1');
      await world.of('router').run(`${rotate}; ${reload}`);
      await world.of('router').until('grep -q "has no server available" /var/log/haproxy.log');
    },
    fix: async (world, finding) => {
      await serves(world, crt, 'server m1 10.80.0.11:8080 check inter 200ms fall 2 rise 1');
      await world.of('router').run(rotate);
      await world.apply(world.of('router'), finding, reload, /without it for a plain one/);
    },
    probe: (world) => ask(world),
  },
];
