import { isDnsSubdomain } from '../../net/dns-names.ts';
import type { Route, RouteTarget } from '../../resources/route.ts';
import type { ClaimService } from '../claim.ts';
import { quoted, refuse, warn } from '../note.ts';
import type { Note } from '../note.ts';
import type { RouteRule } from '../route-subject.ts';

/** Are `spec.to` and `spec.alternateBackends` Services with weights that add up to something? */
export const backends: RouteRule = ({ route }) => {
  const notes: Note[] = judgeTarget(route.to, 'spec.to');
  if (route.alternateBackends.length > 3) {
    notes.push(refuse('backends-too-many', 'spec.alternateBackends', `${route.alternateBackends.length} alternate backends are more than three.`));
  }
  route.alternateBackends.slice(0, 16).forEach((target, index) => notes.push(...judgeTarget(target, `spec.alternateBackends[${index}]`)));
  const targets = [route.to, ...route.alternateBackends];
  const names = new Set<string>();
  targets.forEach(({ name }, index) => {
    if (names.has(name) && name !== '') notes.push(warn('backend-duplicate', `spec.alternateBackends[${index - 1}].name`, `${quoted(name)} is named more than once; its last weight counts.`));
    names.add(name);
  });
  const missing = targets.findIndex(({ weight }) => weight === null);
  if (missing >= 0 && targets.some(({ weight }) => weight !== null && weight !== 1)) {
    notes.push(warn('weight-missing', missing === 0 ? 'spec.to' : `spec.alternateBackends[${missing - 1}]`, `${quoted(targets[missing]?.name ?? '')} has no weight beside others that have one; it counts as 1.`));
  }
  if (targets.every(({ weight }) => weight === 0)) notes.push(warn('weights-all-zero', 'spec.to.weight', 'No service takes new clients.'));
  return notes;
};

const judgeTarget = ({ kind, name, weight }: RouteTarget, path: string): Note[] => {
  const notes: Note[] = [];
  if (kind !== '' && kind !== 'Service') notes.push(refuse('backend-invalid', `${path}.kind`, `${quoted(kind)} is not a kind that a route can send to.`));
  if (name === '') notes.push(refuse('backend-invalid', `${path}.name`, 'The backend names no Service.'));
  else if (!isDnsSubdomain(name)) notes.push(refuse('backend-invalid', `${path}.name`, `${quoted(name)} is no name of a Service.`));
  if (weight !== null && (!Number.isInteger(weight) || weight < 0 || weight > 256)) notes.push(refuse('weight-invalid', `${path}.weight`, `${weight} is no weight from 0 to 256.`));
  return notes;
};

/** The services of a claim: each name once, where it first stands, with the weight it has last; a missing weight is 1. */
export const claimServices = (route: Route): readonly ClaimService[] => {
  const weights = new Map<string, number>();
  for (const { name, weight } of [route.to, ...route.alternateBackends]) weights.set(name, Math.min(256, Math.max(0, weight ?? 1)));
  return [...weights].map(([name, weight]) => ({ name, weight }));
};
