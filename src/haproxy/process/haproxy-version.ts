export interface HaproxyVersion {
  /** As printed: "2.6.12-1+deb12u4". */
  readonly text: string;
  readonly major: number; readonly minor: number; readonly patch: number;
  readonly features: ReadonlySet<string>;
}
export type VersionAnswer = { readonly ok: true; readonly version: HaproxyVersion } | { readonly ok: false; readonly message: string };
/** Null when the text is not that of `haproxy -vv`. */
export function parseHaproxyVersion(_text: string): HaproxyVersion | null { throw new Error('not written yet'); }
export function readHaproxyVersion(_program: string): Promise<VersionAnswer> { throw new Error('not written yet'); }
