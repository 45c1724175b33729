import type { Balance, Claim, ForwardedHeaders } from '../admission/claim.ts';
import type { StoreView } from '../store/store-view.ts';
import { md5, membersOf } from './members.ts';
import { isRootPath } from './order.ts';
import type { Rule, RuleSettings } from './routing-table.ts';

/** What the router is told for all rules. */
export interface TableOptions {
  readonly balance: Balance;
  readonly tcpBalance: Balance;
  readonly cookieName: string | null;
  readonly forwardedHeaders: ForwardedHeaders;
  /** Milliseconds. */
  readonly checkInterval: number;
  /** PEM of the CA for re-encrypt rules that bring none. */
  readonly defaultDestinationCa: string | null;
  /** Whether loopback, link-local and cloud metadata addresses may serve: from a directory yes, from the Kubernetes API no. */
  readonly allowLocalAddresses: boolean;
}

/** The rule that a claim becomes with the endpoints that there are. Pure. */
export const buildRule = (claim: Claim, view: StoreView, options: TableOptions): Rule => {
  const { metadata } = claim.route;
  const passthrough = claim.termination === 'passthrough';
  const ca = claim.destinationCa ?? options.defaultDestinationCa;
  const reencrypt = claim.termination === 'reencrypt';
  const byService = reencrypt && claim.destinationCa === null && options.defaultDestinationCa !== null;
  return {
    id: `${metadata.namespace}/${metadata.name}`,
    host: claim.host, wildcard: claim.wildcard, path: claim.path,
    termination: claim.termination, insecure: claim.insecure,
    settings: settingsOf(claim, options),
    pool: {
      mode: passthrough ? 'tcp' : 'http',
      balance: balanceOf(claim, options),
      members: membersOf(claim, view, { verifyServiceName: byService, allowLocalAddresses: options.allowLocalAddresses }),
      tls: reencrypt ? { ca } : null,
      memberMaxConnections: claim.settings.memberMaxConnections,
      checkInterval: claim.settings.checkInterval ?? options.checkInterval,
    },
    age: { created: metadata.creationTimestamp, uid: metadata.uid },
  };
};

/** The annotation wins; several services of weight > 0 share by round robin; else the router's default for the mode. */
const balanceOf = (claim: Claim, options: TableOptions): Balance => {
  if (claim.settings.balance !== null) return claim.settings.balance;
  if (new Set(claim.services.filter(({ weight }) => weight > 0).map(({ name }) => name)).size > 1) return 'roundrobin';
  return claim.termination === 'passthrough' ? options.tcpBalance : options.balance;
};

/** Default name of the stickiness cookie, as the OpenShift router makes it: md5 of a space and `namespace:name`. */
export const routingKey = (namespace: string, name: string): string => md5(` ${namespace}:${name}`);

const settingsOf = (claim: Claim, options: TableOptions): RuleSettings => {
  const { settings } = claim;
  const { namespace, name } = claim.route.metadata;
  const tls = claim.termination === 'edge' || claim.termination === 'reencrypt';
  const http = claim.termination !== 'passthrough';
  // Behind `Allow` the same cookie must also work in clear text, so it may not be Secure.
  const secure = tls && claim.insecure !== 'allow';
  const cookie = http && settings.cookie !== null
    ? {
        name: settings.cookie.name ?? options.cookieName ?? routingKey(namespace, name),
        attributes: secure ? `; Secure; SameSite=${settings.cookie.sameSite}` : '',
      }
    : null;
  return {
    cookie,
    timeoutServer: http ? settings.timeoutServer : null,
    timeoutTunnel: http ? settings.timeoutTunnel : settings.timeoutTunnel ?? settings.timeoutServer,
    allowList: settings.allowList,
    rateLimit: settings.rateLimit === null ? null : { ...settings.rateLimit, rateHttp: http ? settings.rateLimit.rateHttp : null },
    hsts: tls ? settings.hsts : null,
    forwardedHeaders: settings.forwardedHeaders ?? options.forwardedHeaders,
    rewrite: http && settings.rewriteTarget !== null
      ? { prefix: isRootPath(claim.path) ? '' : claim.path, target: settings.rewriteTarget }
      : null,
    requestHeaders: http ? settings.requestHeaders : [],
    responseHeaders: http ? settings.responseHeaders : [],
    h1AdjustCase: http && settings.h1AdjustCase,
  };
};
