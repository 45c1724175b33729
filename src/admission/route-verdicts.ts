import type { Route } from '../resources/route.ts';
import { orNone } from '../lib/none.ts';
import type { StoreView } from '../store/store-view.ts';
import type { Claim } from './claim.ts';
import type { ClaimBook } from './claim-book.ts';
import type { RouteJudgement } from './judge-route.ts';
import { toRefusal, toWarning } from './note.ts';
import type { AdmissionOptions } from './options.ts';
import { refuseClaim } from './rules/claims.ts';
import type { Candidate } from './rules/claims.ts';
import { routeEndpoints } from './rules/route-endpoints.ts';
import type { Refusal, Verdict, Warning } from './verdict.ts';

/** The routes that are there, each with its judgement, and which services they name. */
export interface RouteVerdicts {
  add(route: Route, judgement: RouteJudgement): void;
  remove(route: Route): void;
  /** Routes that name one of these services (`namespace/name`). */
  naming(services: ReadonlySet<string>): readonly Route[];
  /** The verdict as of now; `before` itself when it says the same. */
  verdictOf(route: Route, view: StoreView, before: Verdict | undefined): Verdict;
}

interface Judged {
  readonly candidate: Candidate | null;
  readonly claim: Claim | null;
  readonly before: readonly Refusal[];
  readonly after: readonly Refusal[];
  readonly warnings: readonly Warning[];
  readonly asked: Verdict['asked'];
}

export const createRouteVerdicts = (options: AdmissionOptions, book: ClaimBook): RouteVerdicts => {
  const judged = new Map<Route, Judged>();
  /** One route, or several: most services have one, and a Set for each would be 200 bytes. */
  const byService = new Map<string, Route | Set<Route>>();

  return {
    add(route, judgement) {
      const { origin } = route.metadata;
      const { candidate } = judgement;
      judged.set(route, {
        candidate,
        claim: judgement.claim,
        before: orNone(judgement.before.map((note) => toRefusal(note, origin, options.lineOf))),
        after: orNone(judgement.after.map((note) => toRefusal(note, origin, options.lineOf))),
        warnings: orNone(judgement.warnings.map((note) => toWarning(note, origin, options.lineOf))),
        asked: candidate === null ? undefined : { host: candidate.wildcard ? candidate.domain : candidate.host, wildcard: candidate.wildcard, path: candidate.path },
      });
      for (const service of servicesOf(route)) {
        const routes = byService.get(service);
        if (routes === undefined) byService.set(service, route);
        else if (routes instanceof Set) routes.add(route);
        else if (routes !== route) byService.set(service, new Set([routes, route]));
      }
      if (candidate !== null) book.add(candidate);
    },
    remove(route) {
      const candidate = judged.get(route)?.candidate ?? null;
      judged.delete(route);
      for (const service of servicesOf(route)) {
        const routes = byService.get(service);
        if (routes instanceof Set) routes.delete(route);
        if (routes === route || (routes instanceof Set && routes.size === 0)) byService.delete(service);
      }
      if (candidate !== null) book.remove(candidate);
    },
    naming: (services) => [...services].flatMap((service) => {
      const routes = byService.get(service);
      return routes instanceof Set ? [...routes] : routes ?? [];
    }),
    verdictOf(route, view, before) {
      const known = judged.get(route);
      if (known === undefined) throw new Error(`Route ${route.metadata.namespace}/${route.metadata.name} was not judged before its verdict was asked for`);
      const { candidate, claim, asked } = known;
      const { origin } = route.metadata;
      const loss = candidate === null ? null : book.lossOf(candidate);
      const lost = candidate === null || loss === null ? [] : [toRefusal(refuseClaim(candidate, loss), origin, options.lineOf)];
      const endpoints = routeEndpoints(route, view, options).map((note) => toWarning(note, origin, options.lineOf));
      const refusals = orNone([...known.before, ...lost, ...known.after]);
      const verdict: Verdict = {
        resource: route,
        claim: refusals.length === 0 ? claim : null,
        refusals,
        warnings: orNone([...known.warnings, ...endpoints]),
        ...(asked === undefined ? {} : { asked }),
      };
      return before !== undefined && says(before, verdict) ? before : verdict;
    },
  };
};

const servicesOf = ({ metadata, to, alternateBackends }: Route): Iterable<string> =>
  alternateBackends.length === 0 ? [`${metadata.namespace}/${to.name}`] : new Set([to, ...alternateBackends].map(({ name }) => `${metadata.namespace}/${name}`));

/** Do two verdicts on one route say the same? Texts, lines and winners; the claim is one object per route. */
const says = (a: Verdict, b: Verdict): boolean =>
  a.claim === b.claim && a.refusals.length === b.refusals.length && a.warnings.length === b.warnings.length &&
  a.refusals.every((refusal, index) => refusal.code === b.refusals[index]?.code && refusal.message === b.refusals[index].message && refusal.winner === b.refusals[index].winner) &&
  a.warnings.every((warning, index) => warning.code === b.warnings[index]?.code && warning.message === b.warnings[index].message && warning.hint === b.warnings[index].hint);
