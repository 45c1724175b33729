import type { Address } from '../address.ts';

/** Whether two addresses are of one family. */
export function sameFamily(a: Address, b: Address): boolean {
  return a.includes(':') === b.includes(':');
}
