import type { RoutingTable } from '../../table/routing-table.ts';
import { digestOf, type MapName } from '../naming.ts';
import type { Draft } from './draft.ts';
import type { PlanContext } from './plan.ts';

/** Key in the `notes` map for what the default certificate is. */
const defaultCertificateKey = 'default-certificate';

/** Which certificate is presented for each host. */
export class PlacedCertificates {
  readonly #context: PlanContext;
  /** What was placed last. */
  #list: RoutingTable['certificates'] | null = null;
  readonly #ofHost = new Map<string, { readonly file: string; readonly pem: string }>();

  constructor(context: PlanContext) {
    this.#context = context;
  }

  place(table: RoutingTable, draft: Draft): void {
    // The table keeps its list while no certificate changes.
    if (table.certificates !== this.#list) this.#placeHosts(table.certificates, draft);
    this.#list = table.certificates;
    const digest = digestOf(table.defaultCertificate);
    if (draft.observed.maps.notes.get(defaultCertificateKey) === digest) return;
    draft.put('prepare', { rule: null, does: 'certificate-replace', file: this.#context.defaultCertificateFile, pem: table.defaultCertificate });
    draft.set('prepare', ['notes', defaultCertificateKey, digest], null);
  }

  #placeHosts(certificates: RoutingTable['certificates'], draft: Draft): void {
    const { observed } = draft;
    const hosts = new Set<string>();
    for (const { host, pem, rule } of certificates) {
      hosts.add(host);
      const known = this.#ofHost.get(host);
      if (known?.pem === pem) continue;
      const file = this.#context.certificateFile(host, pem);
      if (!observed.certificates.has(file)) draft.put('prepare', { rule, does: 'certificate-new', file, pem });
      const listed = observed.listed.get(file);
      if (listed !== undefined && listed !== host) draft.put('prepare', { rule, does: 'certificate-unlist', file });
      if (listed !== host) draft.put('prepare', { rule, does: 'certificate-list', file, host });
      draft.set('prepare', ['certificates', host, digestOf(pem)], rule);
      this.#ofHost.set(host, { file, pem });
      if (known !== undefined) drop(known.file, draft);
    }
    for (const [host, { file }] of this.#ofHost) {
      if (hosts.has(host)) continue;
      this.#ofHost.delete(host);
      draft.unset('change', 'certificates', host);
      drop(file, draft);
    }
  }

  files(): ReadonlySet<string> {
    return new Set([...this.#ofHost.values()].map(({ file }) => file));
  }

  /** Where certificates have map entries. */
  *keys(): Iterable<readonly [MapName, string]> {
    for (const host of this.#ofHost.keys()) yield ['certificates', host];
    yield ['notes', defaultCertificateKey];
  }
}

/** Only after its successor is listed: HAProxy presents the one listed first, so there is no moment without a certificate. */
const drop = (file: string, draft: Draft): void => {
  if (draft.observed.listed.has(file)) draft.put('change', { rule: null, does: 'certificate-unlist', file });
  if (draft.observed.certificates.has(file)) draft.put('retire', { rule: null, does: 'certificate-delete', file });
};
