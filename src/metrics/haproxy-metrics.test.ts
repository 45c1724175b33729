import { expect, test } from 'vitest';
import { parseShowStat } from '../haproxy/observed/show-stat.ts';
import type { Member, Rule } from '../table/routing-table.ts';
import { createBaselines } from './baselines.ts';
import { createFairwayMetrics } from './fairway-metrics.ts';
import { haproxyMetrics } from './haproxy-metrics.ts';
import type { Joined } from './haproxy-metrics.ts';
import { wantedColumns } from './haproxy-families.ts';

function member(id: string, address = '10.0.0.1'): Member {
  return { id, label: id, address, port: 8080, weight: 1, service: 'web', pod: 'web-1', protocol: 'http', verifyHost: null, checked: true };
}

function rule(id: string, members: readonly Member[]): Rule {
  return {
    id, host: 'a.test', wildcard: false, path: '', termination: 'edge', insecure: 'none', age: { created: 0, uid: id },
    settings: { cookie: null, timeoutServer: null, timeoutTunnel: null, allowList: null, rateLimit: null, hsts: null, forwardedHeaders: 'append', rewrite: null, requestHeaders: [], responseHeaders: [], h1AdjustCase: false },
    pool: { mode: 'http', balance: 'random', members, tls: null, memberMaxConnections: null, checkInterval: 5000 },
  };
}

/** A row with the given values by column, 0 for the other figures. */
function row(values: Record<string, string | number>): string {
  return wantedColumns.map((column) => String(values[column] ?? (column === 'status' ? 'UP' : 0))).join(',');
}

const header = `# ${wantedColumns.join(',')},\n`;
const text = (joined: Joined): string => [...haproxyMetrics(joined)].map(String).join('');

function joined(rows: readonly string[], more: Partial<Joined> = {}): Joined {
  const rules = new Map([rule('shop/web', [member('m1'), member('m2', '2001:db8::1')])].map((each) => [each.id, each]));
  return {
    stat: parseShowStat(`${header}${rows.join('\n')}\n\n`)!, rule: (id) => rules.get(id), baselines: createBaselines(), everyMemberFigure: true,
    owners: {
      backendOwner: (backend) => (backend === 'b1' ? { kind: 'rule', rule: 'shop/web' } : backend.startsWith('spare') ? { kind: 'spare' } : { kind: 'other' }),
      memberOf: (_, server) => (server.startsWith('m') ? server : undefined),
    },
    ...more,
  };
}

test("figures carry the names and labels of the OpenShift router's", () => {
  const page = text(joined([
    row({ pxname: 'plain', svname: 'FRONTEND', type: 0, conn_tot: 7, status: 'OPEN' }),
    row({ pxname: 'b1', svname: 'm1', type: 2, stot: 5, hrsp_2xx: 4 }),
    row({ pxname: 'b1', svname: 'm2', type: 2, status: 'DOWN 1/2' }),
    row({ pxname: 'b1', svname: 'free', type: 2, stot: 99 }),
    row({ pxname: 'b1', svname: 'BACKEND', type: 1, stot: 6, hrsp_5xx: '' }),
    row({ pxname: 'spare', svname: 'BACKEND', type: 1, stot: 55 }),
    row({ pxname: 'answer-unmatched', svname: 'BACKEND', type: 1, stot: 3 }),
  ]));
  expect(page).toContain('haproxy_frontend_connections_total{frontend="plain"} 7\n');
  expect(page).toContain('haproxy_server_connections_total{server="10.0.0.1:8080",namespace="shop",route="web",pod="web-1",service="web"} 5\n');
  expect(page).toContain('haproxy_server_http_responses_total{server="10.0.0.1:8080",namespace="shop",route="web",pod="web-1",service="web",code="2xx"} 4\n');
  expect(page).toContain('haproxy_server_up{server="[2001:db8::1]:8080",namespace="shop",route="web",pod="web-1",service="web"} 0\n');
  expect(page).toContain('haproxy_backend_connections_total{backend="https-edge",namespace="shop",route="web"} 6\n');
  expect(page).toContain('haproxy_backend_connections_total{backend="other/answer-unmatched",namespace="",route=""} 3\n');
  expect(page).not.toMatch(/ 99\n| 55\n/);
  // An empty field is no sample.
  expect(page).not.toMatch(/haproxy_backend_http_responses_total\{backend="https-edge"[^}]*code="5xx"/);
});

test('each family stands together with one TYPE, as the text format wants it', () => {
  const page = text(joined([row({ pxname: 'b1', svname: 'm1', type: 2 }), row({ pxname: 'b1', svname: 'BACKEND', type: 1 })]));
  const order = page.trimEnd().split('\n').map((line) => (line.startsWith('# ') ? line.split(' ')[2]! : line.split('{')[0]!));
  const runs = order.filter((name, index) => name !== order[index - 1]);
  expect(new Set(runs).size).toBe(runs.length);
  expect(page.match(/^# TYPE /gm)!.length).toBe(runs.length);
});

test('with very many members each keeps its essential figures', () => {
  const page = text(joined([row({ pxname: 'b1', svname: 'm1', type: 2 })], { everyMemberFigure: false }));
  expect(page).toContain('haproxy_server_up{');
  expect(page).not.toContain('haproxy_server_bytes_in_total{');
});

test('a rule that takes over a backend does not inherit its counters, and a new worker starts from zero', () => {
  const baselines = createBaselines();
  const rules = new Map([rule('shop/old', []), rule('shop/new', [])].map((each) => [each.id, each]));
  const scrape = (owner: string, worker: string, connections: number): string => {
    baselines.begin(worker);
    return text(joined([row({ pxname: 'b1', svname: 'BACKEND', type: 1, stot: connections })], { baselines, rule: (id) => rules.get(id), owners: { backendOwner: () => ({ kind: 'rule', rule: owner }), memberOf: () => undefined } }));
  };
  expect(scrape('shop/old', '1', 10)).toContain('route="old"} 10\n');
  expect(scrape('shop/new', '1', 12)).toContain('haproxy_backend_connections_total{backend="https-edge",namespace="shop",route="new"} 2\n');
  expect(scrape('shop/new', '1', 15)).toContain('haproxy_backend_connections_total{backend="https-edge",namespace="shop",route="new"} 5\n');
  expect(scrape('shop/new', '2', 4)).toContain('haproxy_backend_connections_total{backend="https-edge",namespace="shop",route="new"} 4\n');
});

test("Fairway's own figures: every reload reason is there from the start", async () => {
  const metrics = createFairwayMetrics(['spares-exhausted', 'step-refused'], '1.2.3');
  const outcome = { steps: 3, reload: { reason: 'step-refused' as const, detail: '' }, drift: ['x'], refused: [], milliseconds: 1 };
  metrics.converged({ table: { rules: [rule('a/b', [member('m')]), rule('a/c', [])], certificates: [], defaultCertificate: '', refused: [] }, verdicts: [], problems: [], outcome, changeToLive: 4 });
  const page = await metrics.text({ oldWorkers: 1, ready: true });
  for (const line of [
    'fairway_haproxy_reloads_total{reason="spares-exhausted"} 0', 'fairway_haproxy_reloads_total{reason="step-refused"} 1', 'fairway_plan_steps_total 3', 'fairway_drift_repaired_total 1',
    'fairway_rules 2', 'fairway_pools 1', 'fairway_members 1', 'fairway_change_to_live_seconds_bucket{le="0.005"} 1', 'fairway_haproxy_old_workers 1', 'fairway_ready 1', 'fairway_build_info{version="1.2.3"} 1',
    'fairway_objects{kind="Route"} 0',
  ]) expect(page).toContain(`${line}\n`);
});
