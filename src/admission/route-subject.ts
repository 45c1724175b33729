import type { Route } from '../resources/route.ts';
import type { InsecurePolicy, Termination } from './claim.ts';
import type { Note } from './note.ts';
import type { AdmissionOptions } from './options.ts';
import { effectiveHost } from './rules/host-rewriting.ts';

/** A Route as the rules look at it. */
export interface RouteSubject {
  readonly route: Route;
  readonly options: AdmissionOptions;
  /** The host asked for, after `spec.subdomain`, template and override. May be empty or invalid. */
  readonly host: string;
  /** `wildcardPolicy: Subdomain`. */
  readonly subdomains: boolean;
  /** null: `spec.tls` names none that exists. */
  readonly termination: Termination | null;
  /** An unknown policy reads as `none`; its own rule refuses it. */
  readonly insecure: InsecurePolicy;
}

/** A rule answers one question about a route; silence is consent. */
export type RouteRule = (subject: RouteSubject) => readonly Note[];

export const routeSubject = (route: Route, options: AdmissionOptions): RouteSubject => ({
  route, options,
  host: effectiveHost(route, options),
  subdomains: route.wildcardPolicy === 'Subdomain',
  termination: terminationOf(route),
  insecure: insecureOf(route),
});

const terminationOf = ({ tls }: Route): Termination | null => {
  switch (tls?.termination) {
    case undefined:
      return 'none';
    case 'edge':
    case 'reencrypt':
    case 'passthrough':
      return tls.termination;
    default:
      return null;
  }
};

const insecureOf = ({ tls }: Route): InsecurePolicy => {
  switch (tls?.insecureEdgeTerminationPolicy) {
    // Without TLS there is nothing that port 80 would be less secure than.
    case undefined:
    case 'Allow':
      return 'allow';
    case 'Redirect':
      return 'redirect';
    default:
      return 'none';
  }
};
