import type { Balance, ForwardedHeaders, InsecurePolicy, Termination } from '../admission/claim.ts';
import type { HeaderAction } from '../resources/route.ts';

/** An address that serves. Identity: `id`. */
export interface Member {
  /**
   * md5 hex of `pod:<pod>:<service>:<port name>:<ip>:<port>` (or `ept:<service>:...`): the same on every router,
   * and what the stickiness cookie carries (as in the OpenShift router, so that sessions survive a move).
   */
  readonly id: string;
  /** Readable form of the same: what `id` is the digest of. */
  readonly label: string;
  readonly address: string;
  readonly port: number;
  /** 0..256; 0 = keeps existing sessions, takes no new clients. */
  readonly weight: number;
  readonly service: string;
  readonly pod: string;
  /** `h2c`: HTTP/2 in clear text (appProtocol). */
  readonly protocol: 'http' | 'h2c';
  /** Name the member's certificate must carry (re-encrypt with the default CA), else null. */
  readonly verifyHost: string | null;
  /** Health-checked: only when the pool has more than one member that takes new clients. */
  readonly checked: boolean;
}

/** How a rule's pool talks to its members. */
export interface Pool {
  readonly mode: 'http' | 'tcp';
  readonly balance: Balance;
  readonly members: readonly Member[];
  /** Re-encrypt: TLS towards the members. ca null = the certificate is not verified. */
  readonly tls: { readonly ca: string | null } | null;
  readonly memberMaxConnections: number | null;
  /** Milliseconds. */
  readonly checkInterval: number;
}

/** What happens to requests of a rule besides being passed to a member. Absent wishes are null. */
export interface RuleSettings {
  /** Stickiness cookie: full name; attributes beyond `path=/; HttpOnly`, e.g. `; Secure; SameSite=None`. */
  readonly cookie: { readonly name: string; readonly attributes: string } | null;
  readonly timeoutServer: number | null;
  readonly timeoutTunnel: number | null;
  readonly allowList: readonly string[] | null;
  readonly rateLimit: { readonly concurrentTcp: number | null; readonly rateTcp: number | null; readonly rateHttp: number | null } | null;
  readonly hsts: string | null;
  readonly forwardedHeaders: ForwardedHeaders;
  /** Replaces `prefix` at the start of the path by `target`. */
  readonly rewrite: { readonly prefix: string; readonly target: string } | null;
  readonly requestHeaders: readonly HeaderAction[];
  readonly responseHeaders: readonly HeaderAction[];
  readonly h1AdjustCase: boolean;
}

/** One host and path and what serves it. Identity: `id`, the `namespace/name` of the object that asked for it. */
export interface Rule {
  readonly id: string;
  readonly host: string;
  readonly wildcard: boolean;
  readonly path: string;
  readonly termination: Termination;
  readonly insecure: InsecurePolicy;
  readonly settings: RuleSettings;
  readonly pool: Pool;
  /** Milliseconds since the epoch; then uid: the order of age used for ties. */
  readonly age: { readonly created: number; readonly uid: string };
}

/** A certificate and the host it is presented for. One per host. */
export interface Certificate {
  /** `name.example.com` or `*.example.com`. */
  readonly host: string;
  readonly pem: string;
  /** Rule it came from. */
  readonly rule: string;
}

/** A host and path somebody asked for and does not have: so that the answer can say why. */
export interface RefusedName {
  readonly host: string;
  readonly wildcard: boolean;
  readonly path: string;
  /** OpenShift reason, e.g. `HostAlreadyClaimed`. */
  readonly reason: string;
}

/** How a table differs from an earlier one, so that a reader who has that one need not look at what did not change. */
export interface TableDifference {
  /** `build` of the earlier table. */
  readonly since: object;
  readonly gone: readonly Rule[];
  readonly come: readonly Rule[];
}

/** All that should be served. Plain data, in one total order (see `order.ts`), equal for equal sets of objects. */
export interface RoutingTable {
  readonly rules: readonly Rule[];
  readonly certificates: readonly Certificate[];
  /** PEM presented where no certificate fits the SNI. */
  readonly defaultCertificate: string;
  readonly refused: readonly RefusedName[];
  /** Stands for this table in a later one's `difference`; absent from tables that were put together by hand. */
  readonly build?: object;
  /** Absent or null: everything may have changed. */
  readonly difference?: TableDifference | null;
}
