import { expect } from 'vitest';
import { underLoad } from './load.ts';
import type { LoadReport, LoadTarget, LoadWish } from './load.ts';
import type { Router } from './router.ts';

/**
 * The no-reload contract: makes `change` under load and holds that no request failed, that HAProxy was not reloaded and that
 * the same process serves. `change` must itself wait until the new behaviour shows.
 */
export async function withoutReload(router: Router, targets: readonly LoadTarget[], change: () => Promise<unknown>, wish: Partial<LoadWish> = {}): Promise<LoadReport> {
  const before = { reloads: await router.reloads(), workers: router.haproxyPids() };
  const report = await underLoad({ rps: 150, ...wish, targets }, change);
  expect(report.failures).toEqual([]);
  expect(report.sent).toBeGreaterThan(20);
  expect({ reloads: await router.reloads(), workers: router.haproxyPids() }).toEqual(before);
  return report;
}

/** Load targets for `host` on a router's two listeners. */
export function plainTarget(router: Router, host: string, more: Partial<LoadTarget> = {}): LoadTarget {
  return { port: router.http, host, ...more };
}

export function tlsTarget(router: Router, host: string, more: Partial<LoadTarget> = {}): LoadTarget {
  return { port: router.https, host, tls: true, ...more };
}
