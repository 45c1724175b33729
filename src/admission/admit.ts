import type { Resource } from '../resources/kinds.ts';
import { compareResources } from '../resources/order.ts';
import type { Route } from '../resources/route.ts';
import type { StoreView } from '../store/store-view.ts';
import { createTlsJudge } from './certificates/remember-material.ts';
import type { Claim } from './claim.ts';
import { createClaimBook } from './claim-book.ts';
import { judgeRoute } from './judge-route.ts';
import type { AdmissionOptions } from './options.ts';
import { createRouteVerdicts } from './route-verdicts.ts';
import { judgePlainObject } from './judge-plain-object.ts';
import type { Verdict } from './verdict.ts';

export interface Admission {
  /** One per object, in the order kind, namespace, name. */
  readonly verdicts: readonly Verdict[];
  /** In the order of their routes' namespaces and names. */
  readonly claims: readonly Claim[];
}

const nothing: Admission = { verdicts: [], claims: [] };

/**
 * Makes the function that judges all objects. Its answer depends on the objects alone: what it remembers between calls
 * only saves work. Every object is judged once, hosts are judged anew only where a route of theirs came or went, and a
 * verdict or claim whose inputs did not change is the same object as before.
 */
export const createAdmission = (options: AdmissionOptions): ((view: StoreView) => Admission) => {
  const judgeTls = createTlsJudge(options.now);
  const book = createClaimBook({ ownership: !options.disableNamespaceOwnershipCheck, wildcards: options.allowWildcardRoutes });
  const routes = createRouteVerdicts(options, book);
  const verdicts = new Map<Resource, Verdict>();
  let seen: readonly Resource[] = [];
  let last = nothing;

  return (view) => {
    if (view.resources === seen) return last;
    const { gone, come } = differenceOf(seen, view.resources);
    const touched = new Set<string>();
    for (const resource of gone) {
      verdicts.delete(resource);
      if (resource.kind === 'Route') routes.remove(resource);
      else noteService(touched, resource);
    }
    for (const resource of come) {
      if (resource.kind === 'Route') routes.add(resource, judgeRoute(resource, options, judgeTls));
      else {
        verdicts.set(resource, judgePlainObject(resource, options));
        noteService(touched, resource);
      }
    }
    const again = new Set<Route>([...book.settle(), ...come.filter((resource) => resource.kind === 'Route'), ...routes.naming(touched)]);
    const replaced = new Set<Verdict>();
    for (const route of again) {
      const before = verdicts.get(route);
      const verdict = routes.verdictOf(route, view, before);
      verdicts.set(route, verdict);
      if (before !== undefined && before !== verdict) replaced.add(before);
    }
    seen = view.resources;
    last = collect(view.resources, last, { gone, replaced, verdicts });
    return last;
  };
};

/** Services and slices by `namespace/name` of the service: neither half can hold a slash. */
const noteService = (touched: Set<string>, resource: Resource): void => {
  const { namespace } = resource.metadata;
  if (resource.kind === 'Service') touched.add(`${namespace}/${resource.metadata.name}`);
  else if (resource.kind === 'EndpointSlice') touched.add(`${namespace}/${resource.serviceName}`);
};

/**
 * The answer in the order of the objects. Most of them keep verdict and place, so the last answer is walked alongside:
 * finding 30,000 verdicts by their objects would cost more than everything else in a call.
 */
const collect = (resources: readonly Resource[], last: Admission, now: Change): Admission => {
  const list: Verdict[] = [];
  const claims: Claim[] = [];
  let place = 0;
  let before = last.verdicts[place];
  for (const resource of resources) {
    while (before !== undefined && before.resource !== resource && now.gone.has(before.resource)) before = last.verdicts[(place += 1)];
    const same = before?.resource === resource ? before : undefined;
    const verdict = same === undefined || (now.replaced.size > 0 && now.replaced.has(same)) ? now.verdicts.get(resource) : same;
    if (same !== undefined) before = last.verdicts[(place += 1)];
    if (verdict === undefined) throw new Error(`${resource.kind} ${resource.metadata.namespace}/${resource.metadata.name} has no verdict`);
    list.push(verdict);
    if (verdict.claim !== null) claims.push(verdict.claim);
  }
  const unchanged = claims.length === last.claims.length && claims.every((claim, index) => claim === last.claims[index]);
  return { verdicts: list, claims: unchanged ? last.claims : claims };
};

interface Change {
  readonly gone: ReadonlySet<Resource>;
  /** Verdicts of the last answer that are no longer true, of objects that are still there. */
  readonly replaced: ReadonlySet<Verdict>;
  readonly verdicts: ReadonlyMap<Resource, Verdict>;
}

/** What left and what came between two lists sorted alike. Lists in another order only cost more. */
const differenceOf = (before: readonly Resource[], after: readonly Resource[]): { readonly gone: ReadonlySet<Resource>; readonly come: readonly Resource[] } => {
  const gone = new Set<Resource>();
  const come: Resource[] = [];
  let place = 0;
  for (const resource of after) {
    for (let old = before[place]; old !== undefined && old !== resource && compareResources(old, resource) <= 0; old = before[place]) {
      gone.add(old);
      place += 1;
    }
    if (before[place] === resource) place += 1;
    else come.push(resource);
  }
  for (; place < before.length; place += 1) gone.add(before[place] as Resource);
  const kept = new Set(come.filter((resource) => gone.delete(resource)));
  return { gone, come: kept.size === 0 ? come : come.filter((resource) => !kept.has(resource)) };
};
