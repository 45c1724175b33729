import type { MapEntry } from '../desired/rule-settings.ts';
import type { MapName } from '../naming.ts';
import type { Observed } from '../observed/observed.ts';
import type { Leftover, StepsPlan } from './plan.ts';
import { applyStep, type Step } from './steps.ts';

/** When a step is sent: before traffic is led to what it makes, as what leads traffic, or when traffic has left what it takes away. */
export type Phase = 'prepare' | 'change' | 'retire';

/** A plan while it is written. Each step is applied to the image as it is put down, so whoever comes next sees what will be there. */
export class Draft {
  readonly observed: Observed;
  /** What rules leave. Given up only after everything was taken: what one rule leaves, another may just be coming for. */
  readonly givenUp = { pools: [] as { readonly rule: string; readonly backend: string }[], entries: [] as MapEntry[], cas: [] as string[] };
  readonly #steps: Readonly<Record<Phase, Step[]>> = { prepare: [], change: [], retire: [] };
  readonly #leftovers: Leftover[] = [];

  constructor(observed: Observed) {
    this.observed = observed;
  }

  put(phase: Phase, step: Step): void {
    applyStep(this.observed, step);
    this.#steps[phase].push(step);
  }

  /** Puts down what gives the map the entry; nothing when it has it. */
  set(phase: Phase, [map, key, value]: MapEntry, rule: string | null): void {
    const has = this.observed.maps[map].get(key);
    if (has === undefined) this.put(phase, { rule, does: 'map-add', map, key, value });
    else if (has !== value) this.put(phase, { rule, does: 'map-set', map, key, value });
  }

  unset(phase: Phase, map: MapName, key: string): void {
    if (this.observed.maps[map].has(key)) this.put(phase, { rule: null, does: 'map-delete', map, key });
  }

  leave(leftover: Leftover): void {
    this.#leftovers.push(leftover);
  }

  /** The plan: every server that goes out of service is also left over. */
  finished(): StepsPlan {
    const { prepare, change, retire } = this.#steps;
    const steps = [...prepare, ...change, ...retire];
    for (const step of steps) if (step.does === 'server-maintenance') this.leave({ backend: step.backend, server: step.server });
    return { kind: 'steps', steps, leftovers: [...new Map(this.#leftovers.map((one) => [`${one.backend}/${one.server}`, one])).values()] };
  }
}
