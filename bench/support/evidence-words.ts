/** Numbers that look drawn and are always the same: the evidence of two runs is one and the same text. */
export class Draw {
  private state: number;

  constructor(seed: number) {
    this.state = (seed * 2_654_435_761 + 12_345) >>> 0;
  }

  /** An integer from 0 up to, not including, `below`. */
  below(below: number): number {
    this.state = (Math.imul(this.state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((this.state / 4_294_967_296) * below);
  }

  of<T>(list: readonly [T, ...T[]]): T {
    return list[this.below(list.length)] ?? list[0];
  }
}

/** `count` lines, each made from its place. */
export const many = (count: number, line: (at: number) => string): string[] => Array.from({ length: count }, (_, at) => line(at));

export const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');

/** A host of the set. */
export interface HostPlan {
  readonly name: string;
  /** Last octet of its address in 10.9.0.0/16. */
  readonly at: number;
  readonly role: 'director' | 'router' | 'node';
  readonly seed: number;
}

/** The virtual address of the set; the first director holds it. */
export const vip = '10.9.0.100';
export const routerAddresses = ['10.9.0.21', '10.9.0.22', '10.9.0.23'] as const;

export const macOf = (at: number, device = 0): string => `02:00:00:00:${hex(device, 2)}:${hex(at, 2)}`;

/** Devices of pods, on nodes only. */
export const podDevices = (plan: HostPlan): readonly string[] => (plan.role === 'node' ? many(24, (at) => `cali${hex(plan.seed * 65_536 + at * 257, 8)}`) : []);

/** `Sat Nov 21 06:00:00` and so many seconds. */
export const clock = (seconds: number): string => new Date(Date.UTC(2026, 10, 21, 0, 0, 0) + seconds * 1000).toISOString().slice(11, 19);
