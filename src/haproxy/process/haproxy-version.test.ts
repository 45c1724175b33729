import { expect, it } from 'vitest';
import { findVersionProblem, parseHaproxyVersion, readHaproxyVersion } from './haproxy-version.ts';

const debian = `HAProxy version 2.6.12-1+deb12u4 2026/10/17 - https://haproxy.org/
Status: long-term supported branch - will stop receiving fixes around Q2 2027.
Build options :
  OPTIONS = USE_PCRE2=1 USE_OPENSSL=1 USE_LUA=1

Feature list : -51DEGREES +ACCEPT4 -ENGINE +LUA +OPENSSL +OT -QUIC +THREAD

Default settings :
  bufsize = 16384, maxrewrite = 1024, maxpollevents = 200
`;

it('reads version and features', () => {
  expect(parseHaproxyVersion(debian)).toEqual({ text: '2.6.12-1+deb12u4', major: 2, minor: 6, patch: 12, features: new Set(['ACCEPT4', 'LUA', 'OPENSSL', 'OT', 'THREAD']) });
  expect(parseHaproxyVersion('HA-Proxy version 2.2.9-2+deb11u6 2023/12/01\n')).toMatchObject({ major: 2, minor: 2, patch: 9 });
  expect(parseHaproxyVersion('HAProxy version 3.4-dev5-abc 2026/01/01')).toMatchObject({ text: '3.4-dev5-abc', major: 3, minor: 4, patch: 5 });
  expect(parseHaproxyVersion('nginx version: nginx/1.22.1')).toBeNull();
});

it('says what a HAProxy lacks', () => {
  const version = parseHaproxyVersion(debian)!;
  expect(findVersionProblem(version)).toBeNull();
  expect(findVersionProblem({ ...version, minor: 5 })).toMatch(/too old/);
  expect(findVersionProblem({ ...version, major: 3, minor: 0 })).toBeNull();
  expect(findVersionProblem({ ...version, features: new Set(['LUA']) })).toMatch(/built without OPENSSL\./);
  expect(findVersionProblem({ ...version, features: new Set() })).toMatch(/built without OPENSSL and LUA\./);
});

it('asks the installed one', async () => {
  expect(await readHaproxyVersion('haproxy')).toMatchObject({ ok: true });
});

it('says what to do about a program that is missing or is another', async () => {
  expect(await readHaproxyVersion('/nosuch/haproxy')).toEqual({ ok: false, message: expect.stringMatching(/not found: there is no program "\/nosuch\/haproxy"\. Install HAProxy 2\.6/) as string });
  expect(await readHaproxyVersion('/bin/true')).toEqual({ ok: false, message: expect.stringMatching(/does not answer like HAProxy/) as string });
  expect(await readHaproxyVersion('/etc/passwd')).toEqual({ ok: false, message: expect.stringMatching(/may not be executed/) as string });
});
