import type { ServerSpec } from '../desired/pool-spec.ts';
import { kindName, type BackendKind } from '../naming.ts';
import { answeringBackends } from './answering-backends.ts';
import { frontends } from './frontends.ts';
import type { HaproxySettings } from './haproxy-settings.ts';
import { commonInterval, mapPath, poolDefaults, quote } from './pool-defaults.ts';

/** A backend that holds a pool, or a spare one without servers. */
export interface BackendSection {
  readonly name: string;
  readonly kindName: string;
  readonly servers: readonly ServerSpec[];
}

export interface ConfigurationInput {
  readonly settings: HaproxySettings;
  /** Digest of the settings, put into HAProxy's environment for the next Fairway to read. */
  readonly digest: string;
  readonly twoHops: boolean;
  readonly kinds: readonly BackendKind[];
  readonly backends: readonly BackendSection[];
}

/** Environment variables of the worker: what a later Fairway adopts (`show env` on the socket), and what its Lua files read. */
export const environment = {
  settings: 'FAIRWAY_SETTINGS', hops: 'FAIRWAY_TLS_HOPS', kinds: 'FAIRWAY_KINDS',
  certificates: 'FAIRWAY_CERTIFICATES_MAP', misdirected: 'FAIRWAY_MISDIRECTED_PAGE',
} as const;

/** The whole configuration as text. Pure. Everything that comes from objects is in maps, certificates and server lines. */
export const renderConfiguration = (input: ConfigurationInput): string => {
  const { settings } = input;
  const lines = [
    ...globalSection(input),
    ...frontends(settings, input.twoHops),
    ...answeringBackends(settings),
    'global',
    `setenv ${environment.kinds} ${input.kinds.map(kindName).join(',')}`,
    ...input.kinds.flatMap((kind) => poolDefaults(kind, settings)),
  ].map((line) => (sectionStart.test(line) ? `\n${line}` : `  ${line}`));
  for (const backend of input.backends) lines.push(backendText(backend));
  return `${lines.join('\n')}\n`;
};

/** Everything up to the line at which HAProxy loads the certificates, with that line: the same whatever the kinds and backends are. */
export const certificatesHead = (input: Omit<ConfigurationInput, 'kinds' | 'backends'>): string => {
  const text = renderConfiguration({ ...input, kinds: [], backends: [] });
  const listener = /^ {2}bind .* crt-list .*\n/m.exec(text);
  return listener === null ? '' : text.slice(0, listener.index + listener[0].length);
};

const sectionStart = /^(?:global|defaults|frontend|backend|listen)\b(?! ?-)/;

const globalSection = ({ settings, digest, twoHops }: ConfigurationInput): readonly string[] => [
  'global',
  `stats socket ${quote(settings.paths.socket)} mode 600 level admin expose-fd listeners`,
  'stats timeout 1d',
  `maxconn ${String(settings.maxConnections)}`,
  // More checked servers than open files are allowed must not keep HAProxy from starting: maxconn was derived from the real limit.
  'no strict-limits',
  `hard-stop-after ${String(settings.hardStopAfter)}`,
  ...(settings.threads === null ? [] : [`nbthread ${String(settings.threads)}`]),
  ...(settings.user === null ? [] : [`user ${settings.user}`]),
  'tune.bufsize 32768',
  'tune.maxrewrite 8192',
  'spread-checks 5',
  `tune.ssl.default-dh-param ${settings.tls.profile === 'old' ? '1024' : '2048'}`,
  `ssl-default-bind-options ssl-min-ver ${settings.tls.minVersion}${settings.tls.maxVersion === null ? '' : ` ssl-max-ver ${settings.tls.maxVersion}`}`,
  ...(settings.tls.ciphers.length === 0 ? [] : [`ssl-default-bind-ciphers ${settings.tls.ciphers.join(':')}`]),
  ...(settings.tls.cipherSuites.length === 0 ? [] : [`ssl-default-bind-ciphersuites ${settings.tls.cipherSuites.join(':')}`]),
  ...(settings.tls.curves.length === 0 ? [] : [`ssl-default-bind-curves ${settings.tls.curves.join(':')}`]),
  // The common state loads nothing else; it too holds what is given back there.
  `lua-load ${quote(`${settings.paths.lua}/memory.lua`)}`,
  ...['memory', 'headers'].map((name) => `lua-load-per-thread ${quote(`${settings.paths.lua}/${name}.lua`)}`),
  // HAProxy 2.6 passes no arguments to Lua files.
  `setenv ${environment.certificates} ${quote(mapPath(settings, 'certificates'))}`,
  `setenv ${environment.misdirected} ${quote(`${settings.paths.pages}/misdirected-request.html`)}`,
  `lua-load-per-thread ${quote(`${settings.paths.lua}/connections.lua`)}`,
  ...settings.defaults.h1AdjustCase.map((name) => `h1-case-adjust ${quote(name.toLowerCase())} ${quote(name)}`),
  `setenv ${environment.settings} ${digest}`,
  `setenv ${environment.hops} ${twoHops ? '2' : '1'}`,
];

/**
 * Stickiness names the server; none, an unknown or an unusable one is passed over and balancing decides. TRUE needs 250 bytes less
 * per backend than asking whether the variable is set, which evaluating it tells as well.
 */
const useCookie = 'use-server %[var(txn.stick)] if TRUE';

const backendText = ({ name, kindName: kind, servers }: BackendSection): string => {
  const head = `\nbackend ${name} from ${kind}`;
  const lines = kind.startsWith('http') ? [head, `  ${useCookie}`] : [head];
  for (const server of servers) lines.push(`  server ${inFile(serverKeywords(server, server.checked ? 'check' : 'none'))}`);
  return lines.join('\n');
};

/** What a static server has by itself; an added one must be told, without it would keep no idle connections. */
const staticDefaults = 'pool-purge-delay 5s pool-max-conn -1';

/** Of twenty thousand servers nearly all say the same: HAProxy starts 0.07 s sooner where the defaults of a static server are not said. */
const inFile = (keywords: string): string => keywords.replace(` weight 1 ${staticDefaults}`, '').replace(` inter ${String(commonInterval)}ms`, '');

/** IPv6 in brackets, as HAProxy writes address and port (configuration manual, section 11.1). */
export const serverAddress = (server: { readonly address: string; readonly port: number }): string =>
  `${server.address.includes(':') ? `[${server.address}]` : server.address}:${String(server.port)}`;

/**
 * Words after `server` or `add server backend/`, `staticDefaults` among them.
 */
export const serverKeywords = (server: ServerSpec, check: 'check' | 'none'): string => {
  const checks = check === 'none' ? '' : server.keywords.includes('ssl ') ? ' check check-ssl' : ' check';
  return `${server.name} ${serverAddress(server)}${checks} weight ${String(server.weight)} ${staticDefaults} ${server.keywords}`;
};
