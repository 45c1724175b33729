import type { Bench } from './report.ts';
import { benches as churn } from './churn.ts';
import { benches as doctor } from './doctor.ts';
import { benches as firewall } from './firewall.ts';
import { benches as latency } from './latency.ts';
import { benches as lookups } from './lookups.ts';
import { benches as memory } from './memory.ts';
import { benches as start } from './start.ts';
import { benches as streaming } from './streaming.ts';
import { benches as tls } from './tls.ts';

/** Every benchmark, in the order of docs/benchmarks.md. */
export const benches: readonly Bench[] = [...lookups, ...latency, ...churn, ...start, ...memory, ...tls, ...streaming, ...firewall, ...doctor];
