import type { Bench } from './report.ts';
import { benches as latency } from './latency.ts';
import { benches as lookups } from './lookups.ts';

/** Every benchmark, in the order of docs/benchmarks.md. */
export const benches: readonly Bench[] = [...lookups, ...latency];
