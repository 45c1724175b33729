import type { PoolContext } from '../desired/pool-spec.ts';
import type { ReloadReason } from '../reload-reasons.ts';
import type { Step } from './steps.ts';

/** What a planner needs to know besides tables: names that HAProxy reads files by. */
export interface PlanContext extends PoolContext {
  readonly certificateFile: (host: string, pem: string) => string;
  readonly defaultCertificateFile: string;
}

/** A backend's server that no rule wants any more. */
export interface Leftover {
  readonly backend: string;
  readonly server: string;
}

/** Only a new worker can serve the table. */
export interface ReloadPlan {
  readonly kind: 'reload';
  readonly reason: ReloadReason;
  readonly detail: string;
}

export interface StepsPlan {
  readonly kind: 'steps';
  readonly steps: readonly Step[];
  /** Deleted once they are idle. */
  readonly leftovers: readonly Leftover[];
}

export type Plan = StepsPlan | ReloadPlan;
