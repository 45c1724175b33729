import type { HeaderAction, Route } from '../resources/route.ts';

export type Termination = 'none' | 'edge' | 'reencrypt' | 'passthrough';
export type InsecurePolicy = 'none' | 'allow' | 'redirect';
export type Balance = 'random' | 'roundrobin' | 'leastconn' | 'source';
export type ForwardedHeaders = 'append' | 'replace' | 'if-none' | 'never';

/** One service of a claim, weight as the router reads it (missing = 1, clamped to 0..256). */
export interface ClaimService {
  readonly name: string;
  readonly weight: number;
}

/** Certificate and key after validation and cleaning (PEM). */
export interface ServedCertificate {
  /** Key, certificate, chain: the order HAProxy reads from one PEM file. */
  readonly pem: string;
}

/** Settings of a route, judged and with defaults applied; null = not asked for. Times in milliseconds. */
export interface ClaimSettings {
  /** null: the router's default for the kind of route and number of services. */
  readonly balance: Balance | null;
  /** Parsed CIDRs in canonical text (`10.0.0.0/8`, `2001:db8::/32`, a single address as /32 or /128). null = no list, [] = deny all. */
  readonly allowList: readonly string[] | null;
  readonly timeoutServer: number | null;
  readonly timeoutTunnel: number | null;
  /** `rate-limit-connections`; null = off. Each limit null = not limited. */
  readonly rateLimit: {
    readonly concurrentTcp: number | null;
    readonly rateTcp: number | null;
    readonly rateHttp: number | null;
  } | null;
  /** `pod-concurrent-connections`: maximum connections per member. */
  readonly memberMaxConnections: number | null;
  readonly checkInterval: number | null;
  /** Stickiness cookie; null = disabled or not HTTP. `name` null = default (the routing key). */
  readonly cookie: { readonly name: string | null; readonly sameSite: 'None' | 'Lax' | 'Strict' } | null;
  /** Verbatim header text, judged. */
  readonly hsts: string | null;
  readonly forwardedHeaders: ForwardedHeaders | null;
  readonly rewriteTarget: string | null;
  readonly h1AdjustCase: boolean;
  readonly requestHeaders: readonly HeaderAction[];
  readonly responseHeaders: readonly HeaderAction[];
}

/** One host and path that an admitted object may have, with its services and settings. Plain data; immutable. */
export interface Claim {
  /** The Route that holds it. Identity of the claim: `namespace/name`. */
  readonly route: Route;
  /** Lower-case DNS name without trailing dot; for a wildcard the parent domain, see `wildcard`. */
  readonly host: string;
  /** true: answers for every one-label child of the parent domain of `route.host`; then `host` is that parent domain. */
  readonly wildcard: boolean;
  /** Literal `spec.path`, "" when none. */
  readonly path: string;
  readonly termination: Termination;
  readonly insecure: InsecurePolicy;
  readonly services: readonly ClaimService[];
  readonly targetPort: string | null;
  /** null: the default certificate serves. */
  readonly certificate: ServedCertificate | null;
  /** PEM of the CA that the members' certificates must chain to; null = the default CA or none. */
  readonly destinationCa: string | null;
  readonly settings: ClaimSettings;
}
