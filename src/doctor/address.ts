import ipaddr from 'ipaddr.js';

/**
 * Addresses as evidence has them. People mask octets before they paste (`***.24.69.222`, `x.x.x.10`): such a token is kept as it is
 * and compared as a string, and every question that needs arithmetic on it is answered `unknown`.
 * Plain addresses are brought into one spelling first, so that string comparison is right for them too.
 */
export type Address = string;

const maskedV4 = /^(?:[0-9]{1,3}|[*xX?#]{1,3}|[A-Za-z])(?:\.(?:[0-9]{1,3}|[*xX?#]{1,3}|[A-Za-z])){3}$/;

/** One spelling for one address: dotted IPv4, compressed lower-case IPv6, `::ffff:1.2.3.4` as IPv4, zone (`%eth0`) dropped. Masked tokens as they are; null when it is no address. */
export function address(text: string): Address | null {
  const bare = text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text;
  if (bare.length === 0 || bare.length > 64) return null;
  const first = bare.charCodeAt(0);
  // The spelling of nearly every address there is: a table of a hundred thousand rows asks for each of its four.
  if (/^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/.test(bare)) return bare;
  // Only strict dotted quads: ipaddr.js would also read `10` or `0x0a.1` as IPv4.
  if (/^\d{1,3}(?:\.\d{1,3}){3}$/.test(bare)) {
    const octets = bare.split('.').map(Number);
    return octets.every((octet) => octet <= 255) ? octets.join('.') : null;
  }
  if (bare.includes(':')) {
    const unzoned = bare.replace(/%.*$/, '');
    if (!/^[0-9A-Fa-f:.]+$/.test(unzoned) || !ipaddr.IPv6.isValid(unzoned)) return null;
    const parsed = ipaddr.IPv6.parse(unzoned);
    return parsed.isIPv4MappedAddress() ? parsed.toIPv4Address().toString() : parsed.toString();
  }
  // `*` alone stands for "any" in ss output and is not an address.
  if ((first === 42 || first === 63 || first === 35 || /[0-9A-Za-z]/.test(bare[0] ?? '')) && maskedV4.test(bare) && /[0-9]/.test(bare)) return bare;
  return null;
}

/** True for a token with masked octets. */
export function isMasked(token: Address): boolean {
  return !token.includes(':') && !/^\d{1,3}(?:\.\d{1,3}){3}$/.test(token);
}

export function isIpv6(token: Address): boolean {
  return token.includes(':');
}

export interface Prefix {
  readonly address: Address;
  readonly length: number;
}

/** `10.0.0.0/8`, `10.0.0.1` (a host prefix), `default` and `0.0.0.0/0`, dotted masks (`10.0.0.0/255.0.0.0`), masked tokens. */
export function prefix(text: string): Prefix | null {
  if (text === 'default' || text === 'any' || text === 'anywhere') return { address: '0.0.0.0', length: 0 };
  const slash = text.lastIndexOf('/');
  const base = address(slash < 0 ? text : text.slice(0, slash));
  if (base === null) return null;
  const full = isIpv6(base) ? 128 : 32;
  if (slash < 0) return { address: base, length: full };
  const tail = text.slice(slash + 1);
  if (/^\d{1,3}$/.test(tail)) return Number(tail) <= full ? { address: base, length: Number(tail) } : null;
  const mask = ipaddr.IPv4.isValidFourPartDecimal(tail) ? ipaddr.IPv4.parse(tail).prefixLengthFromSubnetMask() : null;
  return mask === null ? null : { address: base, length: mask };
}

/** Whether the address lies in the prefix; `unknown` when masked octets stand in the way. */
export function contains(net: Prefix, token: Address): boolean | 'unknown' {
  if (isIpv6(net.address) !== isIpv6(token)) return false;
  if (net.length === 0) return true;
  const full = isIpv6(token) ? 128 : 32;
  if (net.length === full) return net.address === token ? true : isMasked(net.address) || isMasked(token) ? sameMasked(net.address, token) : false;
  if (isMasked(net.address) || isMasked(token)) return 'unknown';
  return isIpv6(token)
    ? ipaddr.IPv6.parse(token).match(ipaddr.IPv6.parse(net.address), net.length)
    : ipaddr.IPv4.parse(token).match(ipaddr.IPv4.parse(net.address), net.length);
}

/** Two different masked tokens may still be one address; two with a differing plain octet are not. */
function sameMasked(a: Address, b: Address): false | 'unknown' {
  const left = a.split('.');
  const right = b.split('.');
  const differs = left.some((octet, index) => /^\d+$/.test(octet) && /^\d+$/.test(right[index] ?? '') && octet !== right[index]);
  return differs ? false : 'unknown';
}

/** Lower case, colons, two digits each: `B4-05-5D-7D-89-3A`, `b405.5d7d.893a` and `da:e:cb:1:2:3` as Linux writes them. Null when it is no MAC. */
export type Mac = string;

export function mac(text: string): Mac | null {
  if (text.length < 11 || text.length > 17) return null;
  const dotted = /^([0-9a-f]{4})\.([0-9a-f]{4})\.([0-9a-f]{4})$/i.exec(text);
  if (dotted) return (dotted.slice(1).join('').toLowerCase().match(/../g) ?? []).join(':');
  if (!/^[0-9a-f]{1,2}(?:[:-][0-9a-f]{1,2}){5}$/i.test(text)) return null;
  return text.toLowerCase().split(/[:-]/).map((octet) => octet.padStart(2, '0')).join(':');
}

/** The group id of a VRRP virtual MAC (`00:00:5e:00:01:<vrid>` for IPv4, `...:02:` for IPv6: RFC 9568 section 7.3), else null. */
export function vrrpGroupOf(token: Mac): number | null {
  const found = /^00:00:5e:00:0[12]:([0-9a-f]{2})$/.exec(token);
  return found ? Number.parseInt(found[1] ?? '', 16) : null;
}
