import { execFile } from 'node:child_process';
import type { ExecFileException } from 'node:child_process';

export interface HaproxyVersion {
  /** As printed: `2.6.12-1+deb12u4`. */
  readonly text: string;
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
  /** Names of the feature list that are built in: `LUA`, `OPENSSL`. */
  readonly features: ReadonlySet<string>;
}

export type VersionAnswer = { readonly ok: true; readonly version: HaproxyVersion } | { readonly ok: false; readonly message: string };

/** The oldest version that has what is relied on: `add server` with checks, `new ssl ca-file`, `add ssl crt-list`. */
const oldest = { major: 2, minor: 6 } as const;
const neededFeatures = ['OPENSSL', 'LUA'] as const;
const install = 'Install HAProxy 2.6 or newer (Debian and Ubuntu: apt-get install haproxy; Fedora and RHEL: dnf install haproxy), or name the program to use.';

/**
 * Output of `haproxy -vv`: `HAProxy version 2.6.12-1+deb12u4 2026/10/17 - https://haproxy.org/` (2.2 and older: `HA-Proxy`) and
 * `Feature list : -51DEGREES +ACCEPT4 ... +LUA ...`. Null when the text is something else.
 */
export function parseHaproxyVersion(text: string): HaproxyVersion | null {
  const version = /^HA-?Proxy version (?<text>(?<major>\d+)\.(?<minor>\d+)[.-](?:dev)?(?<patch>\d+)\S*)/m.exec(text)?.groups;
  if (version === undefined) return null;
  const features = /^Feature list : (.*)$/m.exec(text)?.[1] ?? '';
  return {
    text: version['text'] ?? '',
    major: Number(version['major']),
    minor: Number(version['minor']),
    patch: Number(version['patch']),
    features: new Set(features.split(' ').filter((feature) => feature.startsWith('+')).map((feature) => feature.slice(1))),
  };
}

/** Runs `<program> -vv`; refuses, saying what to do, a program that is missing, is no HAProxy, is too old or lacks TLS or Lua. */
export async function readHaproxyVersion(program: string): Promise<VersionAnswer> {
  const ran = await new Promise<{ readonly output: string; readonly error: ExecFileException | null }>((resolve) => {
    execFile(program, ['-vv'], { timeout: 10_000, maxBuffer: 1 << 20 }, (error, stdout) => { resolve({ output: stdout, error }); });
  });
  const version = parseHaproxyVersion(ran.output);
  if (version === null) return { ok: false, message: explainMissing(program, ran.error) };
  const problem = findVersionProblem(version);
  return problem === null ? { ok: true, version } : { ok: false, message: `${program}: ${problem}` };
}

/** Why this version cannot be used; null when it can. */
export function findVersionProblem(version: HaproxyVersion): string | null {
  if (version.major < oldest.major || (version.major === oldest.major && version.minor < oldest.minor)) {
    return `HAProxy ${version.text} is too old. ${install}`;
  }
  const missing = neededFeatures.filter((feature) => !version.features.has(feature));
  if (missing.length > 0) return `HAProxy ${version.text} was built without ${missing.join(' and ')}. ${install}`;
  return null;
}

function explainMissing(program: string, error: ExecFileException | null): string {
  const code = error?.code;
  if (code === 'ENOENT') return `HAProxy was not found: there is no program "${program}". ${install}`;
  if (code === 'EACCES') return `"${program}" may not be executed by this account. ${install}`;
  return `"${program} -vv" does not answer like HAProxy${error === null ? '' : ` (${error.message.split('\n')[0] ?? ''})`}. ${install}`;
}
