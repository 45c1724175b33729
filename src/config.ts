import { readFileSync } from 'node:fs';
import { buildConfig } from './config/build-config.ts';
import { parseConfigFile } from './config/config-file.ts';
import type { FileValue } from './config/config-file.ts';
import { resolveSettings } from './config/resolve.ts';
import type { Environment } from './config/resolve.ts';
import type { SettingKey } from './config/settings.ts';

/** Every setting of `fairway run`, with its default applied. Times in milliseconds. Frozen. */
export interface Config {
  /** Directory of manifests. */
  readonly directory: string;
  readonly stateDir: string;
  readonly haproxy: { readonly program: string; readonly threads: number | null; readonly maxConnections: number | null; readonly user: string | null; readonly hardStopAfter: number };
  readonly listen: {
    readonly http: number;
    readonly https: number;
    readonly admin: number;
    readonly adminAddress: string;
    readonly addresses: 'v4' | 'v6' | 'v4v6';
    /** CIDRs from which a PROXY protocol header is expected; empty: nobody sends one. */
    readonly proxyProtocolFrom: readonly string[];
  };
  readonly tls: {
    readonly profile: 'modern' | 'intermediate' | 'old' | 'custom';
    /** OpenSSL names, TLS 1.2 and older. */
    readonly ciphers: readonly string[];
    /** TLS 1.3 suites. */
    readonly cipherSuites: readonly string[];
    readonly curves: readonly string[];
    readonly minVersion: 'TLSv1.0' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3';
    readonly maxVersion: 'TLSv1.0' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3' | null;
    readonly http2: boolean;
    readonly strictSni: boolean;
    /** File or directory with the default certificate; null: a self-signed one is made and kept in the state directory. */
    readonly defaultCertificate: string | null;
    /** PEM file of the CA for re-encrypt rules that bring none. */
    readonly defaultDestinationCa: string | null;
    /** Domain for the made certificate's wildcard SAN, and for `subdomain`. */
    readonly domain: string;
  };
  readonly timeouts: {
    readonly connect: number; readonly client: number; readonly clientFin: number; readonly server: number; readonly serverFin: number;
    readonly httpRequest: number; readonly httpKeepAlive: number; readonly tunnel: number; readonly inspect: number; readonly check: number; readonly queue: number;
  };
  readonly defaults: {
    readonly balance: 'random' | 'roundrobin' | 'leastconn' | 'source';
    readonly tcpBalance: 'random' | 'roundrobin' | 'leastconn' | 'source';
    readonly cookieName: string | null;
    readonly forwardedHeaders: 'append' | 'replace' | 'if-none' | 'never';
    readonly checkInterval: number;
    readonly requestHeaders: readonly import('./resources/route.ts').HeaderAction[];
    readonly responseHeaders: readonly import('./resources/route.ts').HeaderAction[];
    /** Header names in the case wanted by old HTTP/1 peers. */
    readonly h1AdjustCase: readonly string[];
  };
  readonly admission: {
    readonly allowWildcardRoutes: boolean;
    readonly disableNamespaceOwnershipCheck: boolean;
    readonly extendedValidation: boolean;
    readonly allowedDomains: readonly string[];
    readonly deniedDomains: readonly string[];
    readonly hostnameTemplate: string | null;
    readonly overrideHostname: boolean;
    readonly overrideDomains: readonly string[];
    /** Addresses that are loopback, link-local or cloud metadata are refused from the Kubernetes API and allowed from a directory. */
    readonly allowLocalAddresses: boolean;
  };
  /** What an unknown host gets. */
  readonly unknownHost: '503' | '404' | 'close';
  readonly accessLog: { readonly address: string; readonly format: string | null } | null;
  readonly pace: { readonly quiet: number; readonly longest: number; readonly verifyEvery: number };
  readonly stop: { readonly readinessDelay: number; readonly drain: number;
    /** SIGTERM leaves HAProxy serving, for the next Fairway to take over. */
    readonly leaveHaproxy: boolean };
  readonly log: { readonly level: 'debug' | 'info' | 'warn' | 'error'; readonly format: 'text' | 'json' };
  /** Least number of spare backends of the commonest kind. */
  readonly spares: number;
  readonly metrics: {
    /** Above this many members each gets its essential figures only. */
    readonly memberThreshold: number;
    /** HTTP basic authentication for /metrics; null: nobody is asked. */
    readonly login: { readonly user: string; readonly password: string } | null;
  };
}

/** What a command line brings. Everything else has a stand-in for tests. */
export interface ConfigInputs {
  /** By key, as typed; switches as `true` or `false`. */
  readonly flags: ReadonlyMap<SettingKey, string>;
  /** `--config`; null: the variable FAIRWAY_CONFIG, or none. */
  readonly file: string | null;
  readonly environment?: Environment;
  readonly readFile?: (path: string) => string;
  /** Null where the system knows no user numbers. */
  readonly uid?: number | null;
}

export type LoadedConfig =
  | { readonly ok: true; readonly config: Config; readonly notices: readonly string[] }
  /** Sentences: which source, what is wrong, what to write instead. */
  | { readonly ok: false; readonly problems: readonly string[] };

/** Brings flags, environment, configuration file and defaults together, in this order of strength. */
export function loadConfig(inputs: ConfigInputs): LoadedConfig {
  const environment = inputs.environment ?? process.env;
  const readFile = inputs.readFile ?? ((path: string): string => readFileSync(path, 'utf8'));
  const path = inputs.file ?? (environment['FAIRWAY_CONFIG'] || null);
  const problems: string[] = [];
  let file: { readonly path: string; readonly values: readonly FileValue[] } | null = null;
  if (path !== null) {
    try {
      const parsed = parseConfigFile(readFile(path));
      file = { path, values: parsed.values };
      problems.push(...parsed.problems.map(({ line, message }) => `${path}:${line}: ${message}.`));
    } catch (error) {
      problems.push(`The configuration file ${path} cannot be read: ${error instanceof Error ? error.message : String(error)}.`);
    }
  }
  const resolved = resolveSettings({ flags: inputs.flags, environment, file });
  const built = buildConfig(resolved.values, { environment, readFile, uid: inputs.uid === undefined ? (process.getuid?.() ?? null) : inputs.uid });
  problems.push(...resolved.problems, ...built.problems);
  if (problems.length > 0) return { ok: false, problems };
  return { ok: true, config: built.config, notices: [...resolved.notices, ...built.notices] };
}

/** Every default, for tests and tools; nothing of the environment is read. */
export function defaultConfig(flags: Partial<Record<SettingKey, string>> = {}): Config {
  const loaded = loadConfig({ flags: new Map(Object.entries(flags) as [SettingKey, string][]), file: null, environment: { HOME: '/root' }, uid: 0 });
  if (!loaded.ok) throw new Error(loaded.problems.join(' '));
  return loaded.config;
}
