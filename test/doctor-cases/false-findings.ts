import type { DoctorCase } from './case-file.ts';

/** A healthy case, or one that only looks like something: it has something that must not be said. */
export function isSilent(each: DoctorCase): boolean {
  return each.expect.length === 0 || each.notThese.length > 0;
}

/** Codes that were found and should not have been, each as often as it is too many. */
export function falseFindings(each: DoctorCase, found: readonly string[]): readonly string[] {
  const left = new Map(each.expect.map((wanted) => [wanted.code, wanted.times]));
  return found.filter((code) => {
    if (each.notThese.includes(code)) return true;
    const more = left.get(code);
    if (more === undefined) return each.others === 'forbidden';
    left.set(code, more - 1);
    return more <= 0;
  });
}
