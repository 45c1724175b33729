/** One service of a rule, as far as its share of the traffic goes. */
export interface WeightedService {
  /** 0..256, as written. */
  readonly weight: number;
  /** Members it brings. */
  readonly members: number;
}

/** HAProxy's `server ... weight` takes 0..256 (configuration manual, section 5.2 "weight"). */
const heaviest = 256;

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));

/**
 * Weight of each service's members, so that services share the traffic in the ratio of their weights however many members they have.
 * Same meaning as in the OpenShift router (weight / members, scaled), but exact where small whole numbers can say it: HAProxy keeps
 * 16 tree entries per unit of weight in `random` and consistent hashing, so 1:3 costs a sixtieth of 85:256.
 */
export const memberWeights = (services: readonly WeightedService[]): readonly number[] => {
  const active = services.filter((service) => service.members > 0 && service.weight > 0);
  if (active.length === 1) return services.map((service) => (service === active[0] ? 1 : 0));
  if (active.length === 0) return services.map(() => 0);

  const common = active.reduce((multiple, { members }) => (multiple * members) / gcd(multiple, members), 1);
  const shares = services.map(({ weight, members }) => (members === 0 ? 0 : (weight * common) / members));
  const divisor = shares.reduce((a, b) => gcd(a, b), 0);
  const exact = shares.map((share) => share / divisor);
  const precise = Number.isSafeInteger(common * heaviest);
  if (precise && Math.max(...exact) <= heaviest) return exact;

  const ratios = precise ? exact : services.map(({ weight, members }) => (members === 0 ? 0 : weight / members));
  const largest = Math.max(...ratios);
  // Multiplied first: a quotient of its own would be rounded, and the heaviest would come out as 255.99... and lose a step.
  const rounded = ratios.map((ratio) => (ratio === 0 ? 0 : Math.max(1, Math.trunc((ratio * heaviest) / largest))));
  const shared = rounded.reduce((a, b) => gcd(a, b), 0);
  return rounded.map((weight) => weight / shared);
};
