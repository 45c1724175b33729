import type { Address } from '../../address.ts';

/**
 * What the rules do not say but the kernel asks while a packet passes them: the host's own addresses and where it would send
 * something. Everything may be unknown; a walk that needs it then follows both ways or says so.
 */
export interface Surroundings {
  /** Every address of the host itself, loopback aside. Undefined: not captured. */
  readonly localAddresses: ReadonlySet<Address> | undefined;
  /** Where the host sends a packet, by its routing table. Undefined: not captured. */
  readonly route: ((destination: Address, mark: number | undefined) => RouteAnswer) | undefined;
  /** First address of a device, which MASQUERADE and REDIRECT take. */
  readonly addressOf: (device: string, family: 4 | 6) => Address | undefined;
  /** bridge-nf-call-iptables (or ip6tables): whether bridged packets meet the IP rules. Undefined: not captured. */
  readonly bridgeCallsIpRules: boolean | undefined;
}

export type RouteAnswer =
  | { readonly to: 'local' }
  | { readonly to: 'device'; readonly device: string; readonly port?: string }
  | { readonly to: 'nowhere' }
  | { readonly to: 'unknown' };

export const nothingKnown: Surroundings = {
  localAddresses: undefined,
  route: undefined,
  addressOf: () => undefined,
  bridgeCallsIpRules: undefined,
};

export type AddressType = 'LOCAL' | 'UNICAST' | 'BROADCAST' | 'MULTICAST' | 'UNSPEC';

/** addrtype and `fib ... type`. Subnet broadcast addresses are taken as UNICAST: the evidence for them is rarely there. */
export function addressType(token: Address, surroundings: Surroundings): AddressType | undefined {
  if (token === '0.0.0.0') return 'UNSPEC';
  if (token === '255.255.255.255') return 'BROADCAST';
  if (/^(?:22[4-9]|23\d)\./.test(token) || token.startsWith('ff')) return 'MULTICAST';
  if (token.startsWith('127.') || token === '::1') return 'LOCAL';
  if (surroundings.localAddresses === undefined) return undefined;
  return surroundings.localAddresses.has(token) ? 'LOCAL' : 'UNICAST';
}
