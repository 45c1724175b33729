import type { Certificate, RoutingTable } from '../table/routing-table.ts';
import type { ReloadReason } from './reload-reasons.ts';

/** What came of one call of `converge`. */
export interface Outcome {
  /** Steps sent through the runtime socket and confirmed. */
  readonly steps: number;
  /** Present when a new HAProxy worker had to take over. */
  readonly reload: { readonly reason: ReloadReason; readonly detail: string } | null;
  /** Differences between observed and desired state that nobody asked for: somebody else changed HAProxy. */
  readonly drift: readonly string[];
  /** Rules that HAProxy refused; they are not served. */
  readonly refused: readonly { readonly rule: string; readonly message: string }[];
  /** Milliseconds from the call to the last confirmed step. */
  readonly milliseconds: number;
}

/** What is known of a table before its rules are built. */
export interface Foreseen extends Pick<RoutingTable, 'certificates' | 'defaultCertificate'> {
  /** Whether it will have a passthrough rule. */
  readonly passthrough: boolean;
}

/** One HAProxy process that Fairway started or adopted. */
export interface WorkerView {
  readonly pid: number;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly current: boolean;
}

/** The door to HAProxy: makes it serve a table, and says what it serves. */
export interface HaproxyDriver {
  /** Adopts a running HAProxy of the same state directory, or notes that none runs. Binds nothing. */
  open(): Promise<{ readonly adopted: boolean }>;
  /**
   * Told certificates that the first table will most likely hold, as they become known, long before it: HAProxy begins to load them. The
   * first call begins it, with or without certificates. Never fails; one that is not in the table after all costs a new beginning, and is never served.
   */
  expect(certificates: readonly Pick<Certificate, 'host' | 'pem'>[], defaultCertificate: () => Promise<string>): void;
  /** Told what the first table will hold: what HAProxy can begin with meanwhile it does. Never fails; `converge` does, and tells, what was not begun. */
  foresee(first: Foreseen): Promise<void>;
  /** Makes HAProxy serve `table`. Starts HAProxy at the first call when none was adopted. */
  converge(table: RoutingTable): Promise<Outcome>;
  /** Re-reads what HAProxy has, repairs what differs from the last table, reports it. */
  verify(): Promise<Outcome>;
  /** The steps that `converge` would send, printable; nothing is changed. */
  plan(table: RoutingTable): Promise<readonly string[]>;
  workers(): readonly WorkerView[];
  view(): DriverView;
  /** Graceful stop: no new connections, open ones drain for at most `milliseconds`. */
  stop(milliseconds: number): Promise<void>;
  /** Leaves HAProxy running and closes the sockets to it. */
  detach(): Promise<void>;
}

/** What the driver knows of the running HAProxy, for status and explain. */
export interface DriverView {
  readonly version: string;
  /** Path of the stats socket. */
  readonly socket: string;
  readonly twoHops: boolean;
  /** Spare backends left, per kind. */
  readonly spares: ReadonlyMap<string, number>;
  readonly refused: readonly { readonly rule: string; readonly message: string }[];
  readonly backendOf: (rule: string) => string | null;
}
