import { expect, test } from 'vitest';
import { makeSelfSigned } from '../net/self-signed.ts';
import { parseShowStat } from '../haproxy/observed/show-stat.ts';
import type { Member, Rule } from '../table/routing-table.ts';
import { createHistory } from './history.ts';
import { buildStatusView } from './status-view.ts';
import type { StatusInputs } from './status-view.ts';

export function member(id: string, more: Partial<Member> = {}): Member {
  return { id, label: id, address: '10.0.0.1', port: 8080, weight: 1, service: 'web', pod: '', protocol: 'http', verifyHost: null, checked: true, ...more };
}

export function rule(id: string, members: readonly Member[], more: Partial<Rule> = {}): Rule {
  return {
    id, host: `${id.split('/')[1] ?? ''}.test`, wildcard: false, path: '', termination: 'none', insecure: 'none', age: { created: 0, uid: id },
    settings: { cookie: null, timeoutServer: null, timeoutTunnel: null, allowList: null, rateLimit: null, hsts: null, forwardedHeaders: 'append', rewrite: null, requestHeaders: [], responseHeaders: [], h1AdjustCase: false },
    pool: { mode: 'http', balance: 'random', members, tls: null, memberMaxConnections: null, checkInterval: 5000 }, ...more,
  };
}

const now = Date.UTC(2026, 10, 21);
const csv = (...rows: readonly string[]): string => `# pxname,svname,type,status,scur,\n${rows.join('\n')}\n`;

function view(more: Partial<StatusInputs>): ReturnType<typeof buildStatusView> {
  return buildStatusView({
    fairway: { version: '1', pid: 1, startedAt: now - 5000, ready: true, directory: 'm', adopted: false },
    table: { rules: [], certificates: [], defaultCertificate: '', refused: [] }, verdicts: [], problems: [], workers: [],
    history: createHistory(['spares-exhausted']).view(), stat: null, info: null, now,
    owners: { backendOwner: (backend) => (backend === 'b1' ? { kind: 'rule', rule: 'shop/web' } : { kind: 'spare' }), memberOf: (_, server) => server },
    ...more,
  });
}

test('a member is as healthy as HAProxy says', () => {
  const members = ['up', 'going-down', 'down', 'maint', 'none'].map((id) => member(id)).concat(member('zero', { weight: 0 }), member('missing'));
  const stat = parseShowStat(csv('b1,up,2,UP,3', 'b1,going-down,2,UP 1/3,0', 'b1,down,2,DOWN 1/2,0', 'b1,maint,2,MAINT,0', 'b1,none,2,no check,0', 'b1,zero,2,UP,1', 'other,missing,2,UP,9', 'b1,BACKEND,1,UP,3'));
  const built = view({ table: { rules: [rule('shop/web', members)], certificates: [], defaultCertificate: '', refused: [] }, stat });
  expect(built.rules[0]!.members.map(({ health, sessions }) => [health, sessions])).toEqual([
    ['up', 3], ['up', 0], ['down', 0], ['maintenance', 0], ['unchecked', 0], ['draining', 1], ['absent', null],
  ]);
  expect(built.counts).toMatchObject({ members: 7, membersDown: 1, pools: 1 });
});

test('while HAProxy does not answer, nothing is claimed about members', () => {
  const built = view({ table: { rules: [rule('shop/web', [member('a')])], certificates: [], defaultCertificate: '', refused: [] } });
  expect(built.haproxy).toMatchObject({ answers: false, version: null });
  expect(built.rules[0]!.members[0]).toMatchObject({ health: 'unknown', sessions: null });
});

test('certificates show when they end, and never their text', async () => {
  const pem = await makeSelfSigned({ commonName: 'a.test', names: ['a.test'], notBefore: now - 9e9, notAfter: now - 1000 });
  const built = view({ table: { rules: [], certificates: [{ host: 'a.test', pem, rule: 'shop/a' }, { host: 'b.test', pem: 'junk', rule: 'shop/b' }], defaultCertificate: '', refused: [] } });
  expect(built.certificates).toEqual([
    { host: 'a.test', route: 'shop/a', notBefore: new Date(now - 9e9).toISOString(), notAfter: new Date(now - 1000).toISOString(), expired: true },
    { host: 'b.test', route: 'shop/b', notBefore: null, notAfter: null, expired: false },
  ]);
  expect(JSON.stringify(built)).not.toContain('PRIVATE KEY');
});

test('history counts everything and keeps the latest twenty', () => {
  const history = createHistory(['spares-exhausted', 'step-refused']);
  const outcome = { steps: 2, reload: null, drift: [], refused: [], milliseconds: 1 };
  for (let at = 0; at < 25; at += 1) history.converged({ at, outcome: { ...outcome, reload: { reason: 'spares-exhausted', detail: String(at) } }, changeToLive: 3 });
  history.failed({ at: 30, message: 'no' });
  expect(history.view().failure).toEqual({ at: 30, message: 'no' });
  history.verified({ at: 31, outcome: { ...outcome, drift: ['x', 'y'] } });
  const seen = history.view();
  expect(seen.reloads).toMatchObject({ total: 25, byReason: { 'spares-exhausted': 25, 'step-refused': 0 } });
  expect(seen.reloads.latest.map(({ detail }) => detail)).toEqual(Array.from({ length: 20 }, (_, index) => String(index + 5)));
  expect(seen).toMatchObject({ failure: null, drift: { repaired: 2 }, changes: { total: 25, last: { at: 24, milliseconds: 3 } } });
});
