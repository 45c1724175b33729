import { join, resolve } from 'node:path';
import type { Config } from '../config.ts';
import { chooseTls } from './cipher-choice.ts';
import type { Environment } from './resolve.ts';
import type { Values } from './settings.ts';

/** What deciding the settings needs from outside. */
export interface Surroundings {
  readonly environment: Environment;
  readonly readFile: (path: string) => string;
  readonly uid: number | null;
}

export interface Built {
  readonly config: Config;
  readonly problems: readonly string[];
  readonly notices: readonly string[];
}

/** Unix socket names hold 107 bytes (unix(7), sun_path); the longest name under the state directory is this long, with room. */
const longestSocketName = 24;

/** Settings together: the rules that concern more than one of them, and the shape the program reads. */
export function buildConfig(values: Values, surroundings: Surroundings): Built {
  const tls = chooseTls(values);
  const login = readLogin(values, surroundings.readFile);
  const stateDir = resolve(values.stateDir ?? defaultStateDir(surroundings));
  const problems = [...tls.problems, ...login.problems];
  if (Buffer.byteLength(stateDir) > 107 - longestSocketName) {
    problems.push(`The state directory ${stateDir} has too long a name for the sockets in it; choose one of at most ${107 - longestSocketName} bytes with --state-dir.`);
  }
  problems.push(...clashingPorts(values));
  if (values['admission.hostnameTemplate'] === null) {
    const needing = [
      ...(values['admission.overrideHostname'] ? ['--override-hostname'] : []),
      ...(values['admission.overrideDomains'].length > 0 ? ['--override-domains'] : []),
    ];
    if (needing.length > 0) problems.push(`${needing.join(' and ')} needs a template for the new host; write one with --hostname-template.`);
  }
  return { config: freeze(shape(values, tls.tls, login.login, stateDir)), problems, notices: tls.notices };
}

function shape(values: Values, tls: ReturnType<typeof chooseTls>['tls'], login: Config['metrics']['login'], stateDir: string): Config {
  const address = values['accessLog.address'];
  return {
    directory: values.directory ?? '',
    stateDir,
    haproxy: {
      program: values['haproxy.program'], threads: values['haproxy.threads'], maxConnections: values['haproxy.maxConnections'],
      user: values['haproxy.user'], hardStopAfter: values['haproxy.hardStopAfter'],
    },
    listen: {
      http: values['listen.http'], https: values['listen.https'], admin: values['listen.admin'], adminAddress: values['listen.adminAddress'],
      addresses: values['listen.addresses'], proxyProtocolFrom: values['listen.proxyProtocolFrom'],
    },
    tls: {
      ...tls, strictSni: values['tls.strictSni'], defaultCertificate: values['tls.defaultCertificate'],
      defaultDestinationCa: values['tls.defaultDestinationCa'], domain: values['tls.domain'] ?? '',
    },
    timeouts: {
      connect: values['timeouts.connect'], client: values['timeouts.client'], clientFin: values['timeouts.clientFin'],
      server: values['timeouts.server'], serverFin: values['timeouts.serverFin'], httpRequest: values['timeouts.httpRequest'],
      httpKeepAlive: values['timeouts.httpKeepAlive'], tunnel: values['timeouts.tunnel'], inspect: values['timeouts.inspect'],
      check: values['timeouts.check'], queue: values['timeouts.queue'],
    },
    defaults: {
      balance: values['defaults.balance'], tcpBalance: values['defaults.tcpBalance'], cookieName: values['defaults.cookieName'],
      forwardedHeaders: values['defaults.forwardedHeaders'], checkInterval: values['defaults.checkInterval'],
      requestHeaders: values['defaults.requestHeaders'], responseHeaders: values['defaults.responseHeaders'], h1AdjustCase: values['defaults.h1AdjustCase'],
    },
    admission: {
      allowWildcardRoutes: values['admission.allowWildcardRoutes'],
      disableNamespaceOwnershipCheck: values['admission.disableNamespaceOwnershipCheck'],
      extendedValidation: values['admission.extendedValidation'],
      allowedDomains: values['admission.allowedDomains'], deniedDomains: values['admission.deniedDomains'],
      hostnameTemplate: values['admission.hostnameTemplate'], overrideHostname: values['admission.overrideHostname'],
      overrideDomains: values['admission.overrideDomains'], allowLocalAddresses: values['admission.allowLocalAddresses'],
    },
    unknownHost: values.unknownHost,
    accessLog: address === null ? null : { address, format: values['accessLog.format'] },
    pace: { quiet: values['pace.quiet'], longest: values['pace.longest'], verifyEvery: values['pace.verifyEvery'] },
    stop: { readinessDelay: values['stop.readinessDelay'], drain: values['stop.drain'], leaveHaproxy: values['stop.leaveHaproxy'] },
    log: { level: values['log.level'], format: values['log.format'] },
    spares: values.spares,
    metrics: { memberThreshold: values['metrics.memberThreshold'], login },
  };
}

function defaultStateDir({ environment, uid }: Surroundings): string {
  if (uid === 0) return '/var/lib/fairway';
  const base = environment['XDG_STATE_HOME'] || join(environment['HOME'] || '.', '.local', 'state');
  return join(base, 'fairway');
}

function clashingPorts(values: Values): string[] {
  const used = new Map<number, string>();
  const problems: string[] = [];
  for (const [flag, port] of [['--http-port', values['listen.http']], ['--https-port', values['listen.https']], ['--admin-port', values['listen.admin']]] as const) {
    const other = used.get(port);
    if (other !== undefined && port !== 0) problems.push(`${flag} and ${other} are both ${port}; choose different ports.`);
    used.set(port, flag);
  }
  return problems;
}

function readLogin(values: Values, readFile: (path: string) => string): { readonly login: Config['metrics']['login']; readonly problems: string[] } {
  const problems: string[] = [];
  const read = (literal: string | null, file: string | null): string | null => {
    // As in the OpenShift router, files are stronger than literals.
    if (file === null) return literal;
    try {
      return readFile(file).replace(/\r?\n$/, '');
    } catch (error) {
      problems.push(`The file ${file} cannot be read: ${error instanceof Error ? error.message : String(error)}.`);
      return null;
    }
  };
  const user = read(values['metrics.user'], values['metrics.userFile']);
  const password = read(values['metrics.password'], values['metrics.passwordFile']);
  if (problems.length > 0) return { login: null, problems };
  if ((user === null) !== (password === null)) {
    return { login: null, problems: [`/metrics has a ${user === null ? 'password but no user' : 'user but no password'}; give both or neither.`] };
  }
  if (user === '' || password === '') return { login: null, problems: ['The user or the password of /metrics is empty; write one.'] };
  return { login: user === null || password === null ? null : { user, password }, problems };
}

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const part of Object.values(value)) freeze(part);
  }
  return value;
}
