import { createSecureContext } from 'node:tls';
import type { Logger } from '../lib/logger.ts';
import type { RoutingTable, Rule } from '../table/routing-table.ts';
import type { Outcome } from './driver.ts';
import { settingsEntries, type SettingsContext } from './desired/rule-settings.ts';

/**
 * Longest map entry. At a start HAProxy 2.6 reads a line of a map file into a buffer of 16384 bytes, whatever `tune.bufsize` says,
 * and takes the rest of a longer line for another entry (measured).
 */
const longestEntry = 16_000;

/**
 * Rules that HAProxy cannot serve, until their object changes. Some are known before HAProxy is asked; for the others its own
 * refusal counts.
 */
export class RefusedRules {
  readonly #log: Logger;
  readonly #context: SettingsContext;
  readonly #refused = new Map<string, { readonly rule: Rule | undefined; readonly pem: string | undefined; readonly message: string }>();
  readonly #usable = new Map<string, string | null>();
  #certificates: RoutingTable['certificates'] | null = null;

  constructor(log: Logger, context: SettingsContext) {
    this.#log = log;
    this.#context = context;
  }

  /** `why`: what HAProxy, or OpenSSL, says. */
  refuse(table: RoutingTable, id: string, why: string): void {
    this.#log.error('HAProxy refuses what an object asks for; the object is not served', { rule: id, message: why });
    this.#refused.set(id, { rule: table.rules.find((rule) => rule.id === id), pem: table.certificates.find(({ rule }) => rule === id)?.pem, message: why });
  }

  /** Refuses what is certain to fail. Looks at what came with the table only, when that is known. */
  foresee(table: RoutingTable): void {
    for (const rule of table.difference?.come ?? table.rules) {
      const { requestHeaders, responseHeaders } = rule.settings;
      if (requestHeaders.length === 0 && responseHeaders.length === 0) continue;
      const size = Math.max(0, ...settingsEntries(rule, this.#context).entries.map(([, key, value]) => key.length + value.length));
      if (size > longestEntry) this.#once(table, rule, `its header actions need ${String(size)} bytes in HAProxy's map; ${String(longestEntry)} fit. Shorten the values.`);
    }
    if (table.certificates === this.#certificates) return;
    // The first table is judged by HAProxy itself, at its start: asking OpenSSL about a thousand certificates would take half a second.
    if (this.#certificates === null) for (const { pem } of table.certificates) this.#usable.set(pem, null);
    this.#certificates = table.certificates;
    this.#askOpenssl(table);
  }

  /** HAProxy refused a configuration: finds every certificate that it would refuse, instead of one at each start. */
  examine(table: RoutingTable): void {
    this.#usable.clear();
    this.#askOpenssl(table);
  }

  #askOpenssl(table: RoutingTable): void {
    for (const { pem, rule: id } of table.certificates) {
      const fault = this.#fault(pem);
      if (fault !== null) this.#once(table, table.rules.find((rule) => rule.id === id), `OpenSSL refuses its certificate: ${fault}`);
    }
  }

  #once(table: RoutingTable, rule: Rule | undefined, why: string): void {
    if (rule !== undefined && this.#refused.get(rule.id)?.rule !== rule) this.refuse(table, rule.id, why);
  }

  /**
   * What OpenSSL says against a certificate at the security level HAProxy runs with. Asked here first, because a certificate that
   * HAProxy 2.6 refuses on its socket also breaks TLS connections of other clients at that moment (measured).
   */
  #fault(pem: string): string | null {
    const known = this.#usable.get(pem);
    if (known !== undefined) return known;
    if (this.#usable.size > 50_000) this.#usable.clear();
    let fault: string | null = null;
    try {
      createSecureContext({ cert: pem, key: pem, ciphers: 'DEFAULT@SECLEVEL=2' });
    } catch (error) {
      fault = error instanceof Error ? error.message : String(error);
    }
    this.#usable.set(pem, fault);
    return fault;
  }

  /** The table without them; those whose object changed get another try. */
  without(table: RoutingTable): RoutingTable {
    if (this.#refused.size === 0) return table;
    const rules = new Map(table.rules.map((rule) => [rule.id, rule]));
    for (const [id, { rule, pem }] of this.#refused) {
      if (rules.get(id) !== rule || table.certificates.find((one) => one.rule === id)?.pem !== pem) this.#refused.delete(id);
    }
    return {
      defaultCertificate: table.defaultCertificate,
      refused: table.refused,
      rules: table.rules.filter(({ id }) => !this.#refused.has(id)),
      certificates: table.certificates.filter(({ rule }) => !this.#refused.has(rule)),
    };
  }

  list(): Outcome['refused'] {
    return [...this.#refused].map(([rule, { message }]) => ({ rule, message }));
  }
}
