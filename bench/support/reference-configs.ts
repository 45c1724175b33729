import { hostOf } from './manifests.ts';

/** Settings that both sides of a comparison share: those of Fairway's own configuration. */
const globalSection = (threads: number, extra: readonly string[] = []): readonly string[] => [
  'global', `nbthread ${threads}`, 'maxconn 9000', 'no strict-limits', 'tune.bufsize 32768', 'tune.maxrewrite 8192', ...extra,
  'defaults', 'mode http',
  'timeout connect 5000', 'timeout client 30000', 'timeout client-fin 1000', 'timeout server 30000', 'timeout server-fin 1000',
  'timeout http-request 10000', 'timeout http-keep-alive 300000', 'timeout tunnel 3600000', 'timeout check 5000', 'timeout queue 5000',
  'option redispatch', 'retries 3',
];

/** The same forwarded headers as Fairway writes, the `Proxy` header deleted, Host in lower case. */
const forwarded = [
  'http-request add-header x-forwarded-for %[src]',
  'http-request add-header x-forwarded-host %[req.hdr(host)]',
  'http-request add-header x-forwarded-port %[dst_port]',
  'http-request add-header x-forwarded-proto %[ssl_fc,iif(https,http)]',
  'http-request add-header x-forwarded-proto-version h2 if { ssl_fc_alpn -i h2 }',
  'http-request add-header forwarded "for=%[src];host=%[req.hdr(host)];proto=%[ssl_fc,iif(https,http)]"',
];
const frontendRules = ['http-request del-header proxy', 'http-request set-header host %[req.hdr(host),lower]'];

const pool = (name: string, index: number, port: number, secure: boolean): readonly string[] => [
  `backend ${name}`, 'balance random', ...forwarded,
  `cookie ${'0123456789abcdef'.repeat(2)} insert indirect nocache httponly${secure ? ' secure attr SameSite=None' : ''}`,
  `server s${index} 127.0.0.1:${port} weight 1 cookie ${index.toString(16).padStart(32, '0')}`,
];

const text = (lines: readonly string[]): string => `${lines.join('\n')}\n`;

export interface TlsListener {
  readonly certificate: string;
  /** The lines of Fairway's own global section that choose versions, ciphers and curves. */
  readonly options: readonly string[];
}

/** A hundred backends taken at random: no look-up of any kind. The limit that a look-up can approach. */
export const bareConfig = (wish: { readonly port: number; readonly threads: number; readonly members: readonly number[]; readonly tls?: TlsListener }): string => text([
  ...globalSection(wish.threads, wish.tls?.options),
  'frontend front',
  wish.tls === undefined ? `bind 127.0.0.1:${wish.port}` : `bind 127.0.0.1:${wish.port} ssl crt ${wish.tls.certificate} alpn h2,http/1.1`,
  ...frontendRules,
  `use_backend pool-%[rand(${wish.members.length})]`,
  ...wish.members.flatMap((port, index) => pool(`pool-${index}`, index, port, wish.tls !== undefined)),
]);

/**
 * Look-ups in lists of regular expressions, as OpenShift's router lays them out: one expression for each route in the map of
 * redirects and in the map of backends, in descending order, both walked for each request on port 80.
 */
export const regexConfig = (wish: { readonly port: number; readonly threads: number; readonly members: readonly number[]; readonly routes: number; readonly maps: { readonly redirect: string; readonly backends: string } }): string => text([
  ...globalSection(wish.threads),
  'frontend front', `bind 127.0.0.1:${wish.port}`, ...frontendRules,
  `acl redirected base,lower,map_reg_int(${wish.maps.redirect}) -m int gt 0`,
  'redirect scheme https if redirected',
  `use_backend %[base,lower,map_reg(${wish.maps.backends})]`,
  ...Array.from({ length: wish.routes }, (_, index) => pool(`pool-${index}`, index, wish.members[index % wish.members.length]!, false)).flat(),
]);

/** Key: host, optional trailing dot, optional port, and any path below the root. */
export const regexMap = (routes: number, valueOf: (index: number) => string): string =>
  text(Array.from({ length: routes }, (_, index) => `^${hostOf(index).replaceAll('.', '\\.')}\\.?(:[0-9]+)?(/.*)?$ ${valueOf(index)}`).sort().reverse());
