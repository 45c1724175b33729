import type { Host, Lab, Probe, World } from '../lab.ts';
import { addressOf, configure, haproxy, member, network } from './ro-network.ts';

export const site = 'shop.example.com';

/** Where certificates lie; the folder is one host's own. */
const folder = '/etc/haproxy/tls';

export interface Wish {
  readonly names?: readonly string[];
  /** From now on; less than 0: it has ended. */
  readonly days?: number;
  /** Signed by the intermediate authority; the chain is sent unless `bare`. */
  readonly byIntermediate?: boolean;
  readonly bare?: boolean;
  readonly key?: string;
}

/** An authority of this host, and one that it has signed. The client trusts the first. */
export async function authorities(host: Host): Promise<void> {
  await host.run(`mkdir -p ${folder} && cd ${folder}
one() { openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout $1.key -out $1.csr -subj "/CN=$2" 2>/dev/null; }
printf 'basicConstraints=critical,CA:TRUE\\nkeyUsage=critical,keyCertSign\\nsubjectKeyIdentifier=hash\\n' > ca.ext
one ca "Lab Root"; openssl x509 -req -in ca.csr -signkey ca.key -days 30 -extfile ca.ext -out ca.pem 2>/dev/null
one middle "Lab Intermediate"; openssl x509 -req -in middle.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 -extfile ca.ext -out middle.pem 2>/dev/null`);
}

/** `NAME.pem` with certificate, chain and key, as HAProxy loads it. */
export async function certificate(host: Host, name: string, { names = [site], days = 30, byIntermediate = false, bare = false, key = 'ec -pkeyopt ec_paramgen_curve:P-256' }: Wish = {}): Promise<string> {
  const issuer = byIntermediate ? 'middle' : 'ca';
  await host.run(`mkdir -p ${folder} && cd ${folder}
openssl req -new -newkey ${key} -nodes -keyout one.key -out one.csr -subj "/CN=${names[0] ?? site}" 2>/dev/null
printf 'subjectAltName=${names.map((each) => `DNS:${each}`).join(',')}\\nauthorityKeyIdentifier=keyid\\n' > one.ext
openssl x509 -req -in one.csr -CA ${issuer}.pem -CAkey ${issuer}.key -set_serial 0x$(openssl rand -hex 8) -days ${String(days)} -sha256 -extfile one.ext -out one.pem 2>/dev/null
cat one.pem ${byIntermediate && !bare ? 'middle.pem' : ''} one.key > ${name}.pem; rm -f one.*`);
  return `${folder}/${name}.pem`;
}

/** The router serves `site` on port 443 with `bind`; the client trusts the router's authority. */
export async function tlsShop(world: World, bind: string, wishes: Readonly<Record<string, Wish>> = { site: {} }, backend?: string): Promise<void> {
  await network(world, ['m1']);
  await member(world.of('m1'));
  const router = world.of('router');
  await authorities(router);
  for (const [name, wish] of Object.entries(wishes)) await certificate(router, name, wish);
  await trusts(world.of('client'), router);
  await world.of('client').run(`echo '${addressOf('router')} ${site}' >> /etc/hosts`);
  await serves(world, bind, backend);
  await haproxy(router);
}

export async function trusts(client: Host, router: Host): Promise<void> {
  await client.write('/etc/ssl/lab-ca.pem', await router.run(`cat ${folder}/ca.pem`));
}

export async function serves(world: World, bind: string, backend?: string): Promise<void> {
  await configure(world.of('router'), { frontend: `bind :443 ${bind}\n  default_backend shop`, ...(backend === undefined ? {} : { backend }) });
}

/** What a careful client gets, with the authority it trusts. */
export async function askTls(world: World, more = ''): Promise<Probe> {
  const { code, output } = await world.of('client').tries(`curl -sS -o /dev/null --max-time 5 --cacert /etc/ssl/lab-ca.pem ${more} -w '%{http_code}' https://${site}/`);
  return code === 0 && output.trim() === '200' ? { ok: true } : { ok: false, saw: output.trim().split('\n', 1)[0] ?? '' };
}

const target = `${addressOf('router')}:443`;

/** What people type when TLS is in doubt. */
export const looks = {
  curl: `curl -v --max-time 5 --cacert /etc/ssl/lab-ca.pem https://${site}/`,
  handshake: `openssl s_client -connect ${target} -servername ${site} -CAfile /etc/ssl/lab-ca.pem -verify_return_error </dev/null`,
  chain: `openssl s_client -connect ${target} -servername ${site} -CAfile /etc/ssl/lab-ca.pem -showcerts </dev/null`,
  http2: `openssl s_client -connect ${target} -servername ${site} -CAfile /etc/ssl/lab-ca.pem -alpn h2 -tls1_2 </dev/null`,
  nameless: `openssl s_client -connect ${target} -noservername </dev/null`,
} as const satisfies Readonly<Record<string, string>>;

export const base = { needs: 'namespaces', programs: ['haproxy', 'socat', 'openssl'] } as const satisfies Partial<Lab>;
