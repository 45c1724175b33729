import type { Resource } from '../resources/kinds.ts';
import { patchSorted } from '../lib/patch-sorted.ts';
import { compareResources } from '../resources/order.ts';
import { compareSnapshots } from '../store/compare-snapshots.ts';
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
  const judgeTls = createTlsJudge(options.now, options.judgeTls);
  const book = createClaimBook({ ownership: !options.disableNamespaceOwnershipCheck, wildcards: options.allowWildcardRoutes });
  const routes = createRouteVerdicts(options, book);
  const verdicts = new Map<Resource, Verdict>();
  let seen: readonly Resource[] = [];
  let last = nothing;

  return (view) => {
    if (view.resources === seen) return last;
    const { gone, come } = compareSnapshots(seen, view.resources);
    // Of the first objects all are judged in any case.
    const isFirst = seen.length === 0;
    const touched = new Set<string>();
    const left: Verdict[] = [];
    for (const resource of gone) {
      const verdict = verdicts.get(resource);
      if (verdict !== undefined) left.push(verdict);
      verdicts.delete(resource);
      if (resource.kind === 'Route') routes.remove(resource);
      else noteService(touched, resource);
    }
    for (const resource of come) {
      if (resource.kind === 'Route') routes.add(resource, judgeRoute(resource, options, judgeTls));
      else {
        verdicts.set(resource, judgePlainObject(resource, options));
        if (!isFirst) noteService(touched, resource);
      }
    }
    const again = new Set<Route>([...book.settle(), ...come.filter((resource) => resource.kind === 'Route'), ...routes.naming(touched)]);
    const arrived = come.flatMap((resource) => (resource.kind === 'Route' ? [] : [verdicts.get(resource)])).filter((verdict) => verdict !== undefined);
    for (const route of again) {
      const before = verdicts.get(route);
      const verdict = routes.verdictOf(route, view, before);
      if (before === verdict) continue;
      verdicts.set(route, verdict);
      if (before !== undefined) left.push(before);
      arrived.push(verdict);
    }
    seen = view.resources;
    last = patch(last, left, arrived);
    return last;
  };
};

/** Services and slices by `namespace/name` of the service: neither half can hold a slash. */
const noteService = (touched: Set<string>, resource: Resource): void => {
  const { namespace } = resource.metadata;
  if (resource.kind === 'Service') touched.add(`${namespace}/${resource.metadata.name}`);
  else if (resource.kind === 'EndpointSlice') touched.add(`${namespace}/${resource.serviceName}`);
};

const byObject = (a: Verdict, b: Verdict): number => compareResources(a.resource, b.resource);
const byRoute = (a: Claim, b: Claim): number => compareResources(a.route, b.route);

/** The last answer without what left and with what came: most verdicts keep their place, so only those that do not are looked at. */
const patch = (last: Admission, left: readonly Verdict[], arrived: readonly Verdict[]): Admission => {
  const released = new Set(left.map(({ claim }) => claim));
  const taken = new Set(arrived.map(({ claim }) => claim));
  // A verdict can change (a new warning) while its claim stays the same object.
  const gone = [...released].filter((claim) => claim !== null && !taken.has(claim)).filter((claim) => claim !== null);
  const come = [...taken].filter((claim) => claim !== null && !released.has(claim)).filter((claim) => claim !== null);
  return { verdicts: patchSorted(last.verdicts, left, arrived, byObject), claims: patchSorted(last.claims, gone, come, byRoute) };
};
