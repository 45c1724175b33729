/** Names as Kubernetes understands RFC 1123: lower case only, no trailing dot (k8s.io/apimachinery util/validation). */
const label = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const subdomain = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/;

/** 1 to 63 of `a-z 0-9 -`, alphanumeric at both ends. */
export const isDnsLabel = (text: string): boolean => label.test(text);

/** What names of most objects look like: labels joined by dots, 253 in all. Single labels may be longer than 63. */
export const isDnsSubdomain = (text: string): boolean => text.length <= 253 && subdomain.test(text);

/** A host that can be asked for: every label a DNS label, 253 in all. */
export const isHostName = (text: string): boolean => text.length > 0 && text.length <= 253 && text.split('.').every(isDnsLabel);

/** What stands after the first dot; empty for a single label. */
export const parentDomain = (host: string): string => {
  const dot = host.indexOf('.');
  return dot < 0 ? '' : host.slice(dot + 1);
};

/** Is `host` the domain itself or under it, at a label boundary? `notexample.com` is not under `example.com`. */
export const isInDomain = (host: string, domain: string): boolean => host === domain || host.endsWith(`.${domain}`);
