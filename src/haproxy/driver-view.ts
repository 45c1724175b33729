import type { Running } from './adopt.ts';
import type { DriverView } from './driver.ts';
import type { House } from './house.ts';
import type { RefusedRules } from './refused-rules.ts';

/** What status and explain are told. `house` null: nothing is open yet; `running` null: no HAProxy runs. */
export const describeDriver = (house: House | null, running: Running | null, refused: RefusedRules | null): DriverView => ({
  version: running?.version ?? house?.version ?? '',
  socket: house?.settings.paths.socket ?? '',
  twoHops: running?.twoHops ?? false,
  spares: running === null ? new Map() : running.planner.spares(),
  refused: refused?.list() ?? [],
  backendOf: (rule) => running?.planner.backendOf(rule) ?? null,
});
