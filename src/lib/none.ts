/** The one empty list for the many objects that have nothing of a kind: an empty array each would be 32 bytes, times ten thousands. */
export const none: readonly never[] = Object.freeze([]);

/** The list, or `none` when it is empty. */
export const orNone = <T>(list: readonly T[]): readonly T[] => (list.length === 0 ? none : list);
