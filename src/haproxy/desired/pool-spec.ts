import type { Rule } from '../../table/routing-table.ts';
import { digestOf, kindName, type BackendKind } from '../naming.ts';
import { isUncommon, type SettingsContext } from './rule-settings.ts';

/** One server of a backend as it should be. */
export interface ServerSpec {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly weight: number;
  /** Whether health checks run. */
  readonly checked: boolean;
  /** Server keywords that cannot change at run time, without `check`. */
  readonly keywords: string;
}

/** A rule's pool as HAProxy should hold it. */
export interface PoolSpec {
  readonly kind: BackendKind;
  readonly kindName: string;
  /** Digest of all that cannot change in place: when it differs, the pool moves to a fresh backend. */
  readonly digest: string;
  readonly servers: readonly ServerSpec[];
  /** PEM of the CA, or null. */
  readonly ca: string | null;
}

export interface PoolContext extends SettingsContext {
  /** Path of the CA file with that PEM, as HAProxy names it. */
  readonly caFile: (pem: string) => string;
  /** Whether HTTP/2 is offered to re-encrypt members. */
  readonly http2: boolean;
}

/** Kind of backend a rule needs. */
export const kindOf = (rule: Rule, context: SettingsContext): BackendKind => {
  const tcp = rule.pool.mode === 'tcp';
  return {
    mode: rule.pool.mode,
    balance: rule.pool.balance,
    full: !tcp && isUncommon(rule, context),
    tunnel: tcp ? rule.settings.timeoutTunnel : null,
    adjustCase: rule.settings.h1AdjustCase,
  };
};

let last = { text: '', digest: '' };

/** `digestOf`, the last answer remembered: nearly all pools are alike in what it is made from. */
const digestOfLast = (text: string): string => {
  if (last.text !== text) last = { text, digest: digestOf(text) };
  return last.digest;
};

/** What a rule's pool should be in HAProxy. Pure. */
export const poolSpec = (rule: Rule, context: PoolContext): PoolSpec => {
  const { pool } = rule;
  const kind = kindOf(rule, context);
  const shared = [
    `inter ${String(pool.checkInterval)}ms`,
    pool.memberMaxConnections === null ? '' : `maxconn ${String(Math.max(0, pool.memberMaxConnections))}`,
    tlsKeywords(rule, context),
  ].filter((part) => part !== '').join(' ');
  const servers = pool.members.map((member): ServerSpec => ({
    name: member.id,
    address: member.address,
    port: member.port,
    weight: member.weight,
    checked: member.checked,
    keywords: [
      shared,
      member.protocol === 'h2c' ? 'proto h2' : '',
      member.verifyHost === null || (pool.tls?.ca ?? null) === null ? '' : `verifyhost ${member.verifyHost}`,
    ].filter((part) => part !== '').join(' '),
  }));
  const kindText = kindName(kind);
  const clearTextHttp2 = servers.filter((server) => server.keywords.includes('proto h2'));
  const mixed = clearTextHttp2.length === 0 ? 'none' : clearTextHttp2.length === servers.length ? 'all' : clearTextHttp2.map(({ name }) => name).sort().join();
  const verified = servers.some((server) => server.keywords.includes('verifyhost ')) ? '\nverifyhost' : '';
  return { kind, kindName: kindText, digest: digestOfLast(`${kindText}\n${shared}\n${mixed}${verified}`), servers, ca: pool.tls?.ca ?? null };
};

/** Towards re-encrypt members, as the OpenShift router: own or default CA verifies, without one nothing is verified. */
const tlsKeywords = (rule: Rule, context: PoolContext): string => {
  const { tls } = rule.pool;
  if (tls === null) return '';
  const alpn = context.http2 ? ' alpn h2,http/1.1' : '';
  return tls.ca === null ? `ssl verify none${alpn}` : `ssl verify required ca-file ${context.caFile(tls.ca)}${alpn}`;
};
