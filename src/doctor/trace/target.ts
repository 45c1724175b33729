import { address } from '../address.ts';
import type { Address } from '../address.ts';

/** What a request is sent to. */
export interface Target {
  readonly text: string;
  /** `tcp`: a connection only, nothing is known of what is spoken. */
  readonly scheme: 'tcp' | 'http' | 'https';
  /** Name in lower case, or the address, as a client would put it into Host and SNI. */
  readonly host: string;
  /** Null for a name. */
  readonly address: Address | null;
  readonly port: number;
  /** Path without query, as sent; `/` for tcp. */
  readonly path: string;
  /** Null where no name is sent: clear text, or an address (RFC 6066 section 3 allows names only). */
  readonly sni: string | null;
}

export type ParsedTarget = { readonly ok: true; readonly target: Target; /** Whether the port was written, rather than the scheme's own. */ readonly portGiven: boolean } | { readonly ok: false; readonly message: string };

/** `https://host[:port]/path`, `http://...`, `tcp://address:port`, `address:port`; a bare name counts as https. */
export function parseTarget(text: string): ParsedTarget {
  const found = /^(?:([a-z][a-z0-9+.-]*):\/\/)?(\[[0-9A-Fa-f:.%a-z]+\]|[^/?#:\s[\]]+)(?::(\d{1,5}))?([/?#]\S*)?$/.exec(text.trim());
  if (!found) return { ok: false, message: `${JSON.stringify(text)} is no target; write https://shop.example.com/path or tcp://10.0.0.1:443` };
  const [, given, rawHost = '', portText, rest = ''] = found;
  if (given !== undefined && given !== 'http' && given !== 'https' && given !== 'tcp') return { ok: false, message: `${given} cannot be traced; there are https, http and tcp` };
  const own = address(rawHost);
  const port = portText === undefined ? null : Number(portText);
  if (port !== null && (port === 0 || port > 65535)) return { ok: false, message: `${String(port)} is no port` };
  const scheme = given ?? (port !== null && port !== 80 && port !== 443 ? 'tcp' : port === 80 ? 'http' : 'https');
  if (scheme === 'tcp' && port === null) return { ok: false, message: `which port? write tcp://${rawHost}:443` };
  const host = own ?? rawHost.toLowerCase().replace(/\.+$/, '');
  if (own === null && !/^[a-z0-9_*](?:[a-z0-9._*-]{0,252})$/.test(host)) return { ok: false, message: `${JSON.stringify(rawHost)} is neither an address nor a name` };
  const path = rest.replace(/[?#].*$/, '') || '/';
  return {
    ok: true,
    portGiven: port !== null,
    target: { text: text.trim(), scheme, host, address: own, port: port ?? (scheme === 'http' ? 80 : 443), path, sni: scheme === 'https' && own === null ? host : null },
  };
}

/** `10.0.0.1:443`, `[2001:db8::1]:443`. */
export function endpointText(host: string, port: number | string): string {
  return `${host.includes(':') ? `[${host}]` : host}:${String(port)}`;
}
