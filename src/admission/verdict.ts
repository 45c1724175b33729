import type { Resource } from '../resources/kinds.ts';
import type { Claim } from './claim.ts';
import type { RefusalCode, WarningCode } from './refusals.ts';

/** A no from admission: a value that feeds status, log, metric, `fairway check` and the console. */
export interface Refusal {
  readonly code: RefusalCode;
  /** Reason as in the OpenShift API (`HostAlreadyClaimed`, ...). */
  readonly reason: string;
  /** One sentence for the object's owner. Never names an object of another namespace. */
  readonly message: string;
  /** What to write or do instead. */
  readonly hint: string;
  /** Field inside the object, where one can be named. */
  readonly path?: string;
  /** 1-based line in the object's file. */
  readonly line: number;
  /** The object that won, for the operator's eyes (check, explain, log), not for `message`. */
  readonly winner?: Resource;
}

/** Something that is served, but not quite as written (a bad annotation value). */
export interface Warning {
  readonly code: WarningCode;
  readonly path: string;
  readonly message: string;
  readonly hint: string;
  readonly line: number;
}

/** Admission's answer for one object. */
export interface Verdict {
  readonly resource: Resource;
  /** Present when admitted and the kind makes claims (Route). */
  readonly claim: Claim | null;
  /** Empty when admitted. */
  readonly refusals: readonly Refusal[];
  readonly warnings: readonly Warning[];
  /**
   * What a Route asked for, admitted or not, after `spec.subdomain` and template; absent for other kinds and where the
   * host is no DNS name. `host` is the parent domain where `wildcard` is true, as in `Claim`.
   */
  readonly asked?: { readonly host: string; readonly wildcard: boolean; readonly path: string };
}
