import { describe, expect, test } from 'vitest';
import { defaultConfig, loadConfig } from './config.ts';
import type { ConfigInputs, LoadedConfig } from './config.ts';
import { variableOf } from './config/setting.ts';
import { settingKeys, settingOf } from './config/settings.ts';
import type { SettingKey } from './config/settings.ts';

function load(given: { flags?: Partial<Record<SettingKey, string>>; environment?: Record<string, string>; file?: string; uid?: number }): LoadedConfig {
  const inputs: ConfigInputs = {
    flags: new Map(Object.entries(given.flags ?? {}) as [SettingKey, string][]),
    file: given.file === undefined ? null : 'fairway.yaml',
    environment: { HOME: '/home/jo', ...given.environment },
    readFile: (path) => {
      if (path === 'fairway.yaml' && given.file !== undefined) return given.file;
      if (path === '/etc/stats/user') return 'scraper\n';
      if (path === '/etc/stats/password') return 'secret\n';
      throw new Error(`ENOENT: ${path}`);
    },
    uid: given.uid ?? 1000,
  };
  return loadConfig(inputs);
}

function good(given: Parameters<typeof load>[0]): Extract<LoadedConfig, { ok: true }> {
  const loaded = load(given);
  if (!loaded.ok) throw new Error(loaded.problems.join('\n'));
  return loaded;
}

function problems(given: Parameters<typeof load>[0]): readonly string[] {
  const loaded = load(given);
  return loaded.ok ? [] : loaded.problems;
}

describe('who decides', () => {
  test('a flag beats the environment, the environment the file, the file the default', () => {
    const file = 'listen:\n  http: 3\n';
    const environment = { FAIRWAY_HTTP_PORT: '2', ROUTER_SERVICE_HTTP_PORT: '4' };
    expect(good({}).config.listen.http).toBe(80);
    expect(good({ file }).config.listen.http).toBe(3);
    expect(good({ file, environment: { ROUTER_SERVICE_HTTP_PORT: '4' } }).config.listen.http).toBe(4);
    expect(good({ file, environment }).config.listen.http).toBe(2);
    expect(good({ file, environment, flags: { 'listen.http': '1' } }).config.listen.http).toBe(1);
  });

  test('an empty variable counts as not set', () => {
    expect(good({ environment: { FAIRWAY_HTTP_PORT: '', ROUTER_SERVICE_HTTP_PORT: '' } }).config.listen.http).toBe(80);
  });

  test('the result is frozen to the bottom', () => {
    const { config } = good({});
    expect(Object.isFrozen(config)).toBe(true);
    expect(Object.isFrozen(config.tls.ciphers)).toBe(true);
    expect(() => { (config.listen as { http: number }).http = 1; }).toThrow(TypeError);
  });

  test('state is kept where the user may write', () => {
    expect(good({}).config.stateDir).toBe('/home/jo/.local/state/fairway');
    expect(good({ environment: { XDG_STATE_HOME: '/data' } }).config.stateDir).toBe('/data/fairway');
    expect(good({ uid: 0 }).config.stateDir).toBe('/var/lib/fairway');
  });
});

describe('the variables of the OpenShift router', () => {
  test.each<[Record<string, string>, (config: ReturnType<typeof defaultConfig>) => unknown, unknown]>([
    [{ ROUTER_DISABLE_HTTP2: 'true' }, (config) => config.tls.http2, false],
    [{ ROUTER_DISABLE_HTTP2: 'false' }, (config) => config.tls.http2, true],
    [{ ROUTER_USE_PROXY_PROTOCOL: 'true' }, (config) => config.listen.proxyProtocolFrom, ['0.0.0.0/0', '::/0']],
    [{ ROUTER_USE_PROXY_PROTOCOL: 'false' }, (config) => config.listen.proxyProtocolFrom, []],
    [{ STATS_PORT: '1936' }, (config) => [config.listen.adminAddress, config.listen.admin], ['0.0.0.0', 1936]],
    [{ ROUTER_LISTEN_ADDR: '127.0.0.1:9000', STATS_PORT: '1936' }, (config) => [config.listen.adminAddress, config.listen.admin], ['127.0.0.1', 9000]],
    [{ ROUTER_LISTEN_ADDR: '[::1]:9000' }, (config) => [config.listen.adminAddress, config.listen.admin], ['::1', 9000]],
    [{ ROUTER_LISTEN_ADDR: ':9000' }, (config) => [config.listen.adminAddress, config.listen.admin], ['0.0.0.0', 9000]],
    [{ ROUTER_MAX_CONNECTIONS: 'auto' }, (config) => config.haproxy.maxConnections, null],
    [{ ROUTER_DEFAULT_SERVER_TIMEOUT: '2m' }, (config) => config.timeouts.server, 120_000],
    [{ ROUTER_IP_V4_V6_MODE: 'v4v6' }, (config) => config.listen.addresses, 'v4v6'],
    [{ ROUTER_ALLOW_WILDCARD_ROUTES: 'T' }, (config) => config.admission.allowWildcardRoutes, true],
    [{ ROUTER_ALLOWED_DOMAINS: ' a.test, b.test ,' }, (config) => config.admission.allowedDomains, ['a.test', 'b.test']],
    [{ ROUTER_SUBDOMAIN: '"${name}.apps.test"' }, (config) => config.admission.hostnameTemplate, '${name}.apps.test'],
    [{ ROUTER_SYSLOG_ADDRESS: '10.0.0.1:514', ROUTER_SYSLOG_FORMAT: '"%ci %ST"' }, (config) => config.accessLog, { address: '10.0.0.1:514', format: '%ci %ST' }],
    [{ ROUTER_ERRORFILE_404: '/x' }, (config) => config.unknownHost, '404'],
    [{ SSL_MIN_VERSION: 'TLSv1.3' }, (config) => config.tls.minVersion, 'TLSv1.3'],
    [{ DEFAULT_CERTIFICATE_DIR: '/etc/pki/tls/private' }, (config) => config.tls.defaultCertificate, '/etc/pki/tls/private'],
    [
      { ROUTER_HTTP_REQUEST_HEADERS: 'X-Env:a%2Cb+c:Set,X-Gone:Delete' },
      (config) => config.defaults.requestHeaders,
      [{ type: 'Set', name: 'X-Env', value: 'a,b c' }, { type: 'Delete', name: 'X-Gone' }],
    ],
    [{ STATS_USERNAME_FILE: '/etc/stats/user', STATS_PASSWORD_FILE: '/etc/stats/password' }, (config) => config.metrics.login, { user: 'scraper', password: 'secret' }],
  ])('%j', (environment, read, expected) => {
    expect(read(good({ environment }).config)).toEqual(expected);
  });

  test('one that asks for safety which is not there ends the start', () => {
    expect(problems({ environment: { ROUTER_MUTUAL_TLS_AUTH: 'required' } })).toEqual([expect.stringMatching(/ROUTER_MUTUAL_TLS_AUTH is set.*not checked/)]);
    expect(problems({ environment: { ROUTER_MUTUAL_TLS_AUTH: 'none' } })).toEqual([]);
    expect(problems({ environment: { ROUTE_LABELS: 'shard=a' } })).toHaveLength(1);
  });

  test('one that is not needed is told', () => {
    expect(good({ environment: { RELOAD_INTERVAL: '5s' } }).notices).toEqual([expect.stringMatching(/^The variable RELOAD_INTERVAL is set\. /)]);
  });
});

describe('clear errors', () => {
  test.each<[Parameters<typeof load>[0], RegExp]>([
    [{ flags: { 'listen.http': '70000' } }, /^--http-port is "70000"; write a whole number from 0 to 65535\.$/],
    [{ environment: { FAIRWAY_TIMEOUT_SERVER: '1h30m' } }, /^the variable FAIRWAY_TIMEOUT_SERVER is "1h30m"; write a whole number with us, ms, s, m, h or d/],
    [{ environment: { ROUTER_IP_V4_V6_MODE: 'v5' } }, /^the variable ROUTER_IP_V4_V6_MODE is "v5"; write one of v4, v6, v4v6\.$/],
    [{ file: '\nlisten:\n  http: yes please\n' }, /^listen\.http in fairway\.yaml:3 is "yes please"; write a whole number/],
    [{ file: 'listen:\n  htpp: 80\n' }, /^fairway\.yaml:2: unknown setting listen\.htpp; did you mean listen\.http\?\.?$/],
    [{ file: 'httpsPort: 80\n' }, /^fairway\.yaml:1: unknown setting httpsPort/],
    [{ file: 'listen: 80\n' }, /^fairway\.yaml:1: listen holds settings, such as http: write them indented under it\.$/],
    [{ file: 'listen: [\n' }, /^fairway\.yaml:\d: is no YAML: /],
    [{ file: '- a\n' }, /^fairway\.yaml:1: holds no settings/],
    [{ file: 'listen:\n  http: 80\n  http: 81\n' }, /^fairway\.yaml:3: is no YAML: Map keys must be unique/],
    [{ file: '__proto__:\n  polluted: 1\n' }, /unknown setting __proto__\.polluted/],
    [{ environment: { FAIRWAY_HTP_PORT: '80' } }, /^The variable FAIRWAY_HTP_PORT is unknown; did you mean FAIRWAY_HTTP_PORT\?/],
    [{ flags: { 'listen.http': '8080', 'listen.admin': '8080' } }, /^--admin-port and --http-port are both 8080/],
    [{ flags: { 'admission.overrideHostname': 'true' } }, /^--override-hostname needs a template/],
    [{ flags: { 'admission.deniedDomains': 'ok.test,*.bad.test' } }, /\("\*\.bad\.test" is not\)/],
    [{ flags: { stateDir: `/${'x'.repeat(100)}` } }, /too long a name for the sockets/],
    [{ flags: { 'defaults.requestHeaders': 'Cookie:x:Set' } }, /a header other than/],
    [{ flags: { 'metrics.user': 'x' } }, /a user but no password/],
    [{ flags: { 'listen.proxyProtocolFrom': '10.0.0.0/8,10.0.0.0/33' } }, /an address or network/],
  ])('%j', (given, expected) => {
    expect(problems(given)).toEqual([expect.stringMatching(expected)]);
  });

  test('a password never stands in an error text', () => {
    expect(problems({ flags: { 'metrics.password': 'hunter\u00012' } }).join(' ')).not.toContain('hunter');
  });

  test('all of them are told at once', () => {
    expect(problems({ flags: { 'listen.http': 'x', 'listen.https': 'y' } })).toHaveLength(2);
  });
});

describe('TLS and HTTP/2', () => {
  test('the default is the intermediate profile with HTTP/2', () => {
    expect(defaultConfig().tls).toMatchObject({ profile: 'intermediate', minVersion: 'TLSv1.2', http2: true });
  });

  test('modern is TLS 1.3 alone', () => {
    expect(good({ flags: { 'tls.ciphers': 'modern' } }).config.tls).toMatchObject({ ciphers: [], minVersion: 'TLSv1.3', http2: true });
    expect(problems({ flags: { 'tls.ciphers': 'modern', 'tls.minVersion': 'TLSv1.2' } })).toEqual([expect.stringMatching(/for TLS 1\.3 alone/)]);
  });

  test('old turns HTTP/2 off and says so; asking for both is refused with the suites named', () => {
    const old = good({ flags: { 'tls.ciphers': 'old' } });
    expect(old.config.tls).toMatchObject({ profile: 'old', http2: false, minVersion: 'TLSv1.0' });
    expect(old.notices).toEqual([expect.stringMatching(/^HTTP\/2 is off/)]);
    expect(problems({ flags: { 'tls.ciphers': 'old', 'tls.http2': 'true' } })).toEqual([expect.stringMatching(/"old" holds suites that HTTP\/2 forbids.*DES-CBC3-SHA; choose --ciphers intermediate, or turn HTTP\/2 off with --no-http2\.$/)]);
  });

  test('a literal list that HTTP/2 forbids is refused with exactly those suites named', () => {
    const list = 'ECDHE-RSA-AES128-GCM-SHA256:AES128-GCM-SHA256:ECDHE-RSA-AES256-SHA384';
    expect(problems({ environment: { ROUTER_CIPHERS: list } })).toEqual([
      'The cipher list holds suites that HTTP/2 forbids (RFC 9113 appendix A): AES128-GCM-SHA256, ECDHE-RSA-AES256-SHA384; take them out of --ciphers, or turn HTTP/2 off with --no-http2.',
    ]);
    expect(good({ environment: { ROUTER_CIPHERS: list, ROUTER_DISABLE_HTTP2: 'true' } }).config.tls.ciphers).toHaveLength(3);
    // With TLS 1.3 alone the list is never used.
    expect(good({ environment: { ROUTER_CIPHERS: list, SSL_MIN_VERSION: 'TLSv1.3' } }).config.tls.http2).toBe(true);
  });

  test('classes of suites cannot be judged while HTTP/2 is on', () => {
    expect(problems({ flags: { 'tls.ciphers': 'kEDH+AESGCM:ECDHE-RSA-AES128-GCM-SHA256:!DSS' } })).toEqual([expect.stringMatching(/holds classes \(kEDH\+AESGCM\)/)]);
    expect(problems({ flags: { 'tls.ciphers': 'HIGH', 'tls.http2': 'false' } })).toEqual([]);
  });

  test('profiles and suites do not mix, and TLS 1.3 suites have their own setting', () => {
    expect(problems({ flags: { 'tls.ciphers': 'modern:ECDHE-RSA-AES128-GCM-SHA256', 'tls.http2': 'false' } })).toEqual([expect.stringMatching(/mixes the profile modern/)]);
    expect(problems({ flags: { 'tls.ciphers': 'TLS_AES_128_GCM_SHA256' } })).toEqual([expect.stringMatching(/belong to --cipher-suites/)]);
    expect(problems({ flags: { 'tls.ciphers': 'a;b' } })).toHaveLength(1);
  });
});

describe('the list of settings', () => {
  test('flags and variables are unique, and every default passes through its own kind', () => {
    const flags = settingKeys.map((key) => settingOf(key).flag);
    expect(new Set(flags).size).toBe(flags.length);
    const foreign = settingKeys.flatMap((key) => (settingOf(key).openshift ?? []).map(({ name }) => name)).filter((name) => !['ROUTER_LISTEN_ADDR', 'STATS_PORT'].includes(name));
    expect(new Set(foreign).size).toBe(foreign.length);
    for (const key of settingKeys) {
      const { fallback, kind, fallbackText } = settingOf(key);
      if (fallback === null) expect(fallbackText, key).toBeDefined();
      else if (typeof fallback === 'string' || typeof fallback === 'number' || typeof fallback === 'boolean') expect(kind.read(String(fallback)), key).toEqual({ ok: true, value: fallback });
    }
  });

  test('every setting can be given by its variable and in the file', () => {
    expect(variableOf(settingOf('tls.minVersion'))).toBe('FAIRWAY_TLS_MIN_VERSION');
    const file = 'tls:\n  http2: false\n  ciphers: [ECDHE-RSA-AES128-GCM-SHA256, ECDHE-RSA-AES256-GCM-SHA384]\ntimeouts: {server: 90s, client: 1500}\nstop:\n  drain: null\n';
    const { config } = good({ file });
    expect(config.tls).toMatchObject({ http2: false, profile: 'custom', ciphers: ['ECDHE-RSA-AES128-GCM-SHA256', 'ECDHE-RSA-AES256-GCM-SHA384'] });
    expect(config.timeouts).toMatchObject({ server: 90_000, client: 1_500 });
    expect(config.stop.drain).toBe(30_000);
  });
});
