import type { Claim } from '../admission/claim.ts';
import type { Verdict } from '../admission/verdict.ts';
import { differenceBetween, patchSorted } from '../lib/patch-sorted.ts';
import type { Resource } from '../resources/kinds.ts';
import type { StoreView } from '../store/store-view.ts';
import { buildRule, type TableOptions } from './build-rule.ts';
import { certificatesOf } from './certificates.ts';
import { compareRules } from './order.ts';
import type { RefusedName, RoutingTable, Rule } from './routing-table.ts';

export interface TableInput {
  readonly claims: readonly Claim[];
  readonly verdicts: readonly Verdict[];
  readonly view: StoreView;
  /** Objects that left or came since the last call; null: not known, everything is looked at. */
  readonly changed: readonly Resource[] | null;
  /** PEM. */
  readonly defaultCertificate: string;
}

/**
 * Builds tables. Whatever it remembers only saves work: a rule is built anew when its claim or one of its services is among what
 * changed, every other rule is the object that it was, and the table says which is which (`difference`).
 */
export const createTableBuilder = (options: TableOptions): ((input: TableInput) => RoutingTable) => {
  const rules = new Map<Claim, Rule>();
  /** One claim, or several: most services have one, and a Set for each would be 200 bytes. */
  const byService = new Map<string, Claim | Set<Claim>>();
  let last: { readonly input: TableInput; readonly table: RoutingTable } | null = null;

  const forget = (claim: Claim): void => {
    rules.delete(claim);
    for (const service of servicesOf(claim)) {
      const naming = byService.get(service);
      if (naming instanceof Set) naming.delete(claim);
      if (naming === claim || (naming instanceof Set && naming.size === 0)) byService.delete(service);
    }
  };
  const remember = (claim: Claim, rule: Rule): void => {
    rules.set(claim, rule);
    for (const service of servicesOf(claim)) {
      const naming = byService.get(service);
      if (naming === undefined || naming === claim) byService.set(service, claim);
      else if (naming instanceof Set) naming.add(claim);
      else byService.set(service, new Set([naming, claim]));
    }
  };

  const claimsNaming = (service: string): Iterable<Claim> => {
    const naming = byService.get(service);
    return naming === undefined ? [] : naming instanceof Set ? naming : [naming];
  };

  return (input) => {
    const claims = differenceBetween(last?.input.claims ?? [], input.claims);
    const gone: Rule[] = [];
    const come: Rule[] = [];
    for (const claim of claims.gone) {
      const rule = rules.get(claim);
      if (rule !== undefined) gone.push(rule);
      forget(claim);
    }
    const again = new Set<Claim>(claims.come);
    if (input.changed === null) input.claims.forEach((claim) => again.add(claim));
    else for (const service of input.changed.map(serviceOf)) for (const claim of claimsNaming(service)) again.add(claim);
    for (const claim of again) {
      const before = rules.get(claim);
      if (before !== undefined) gone.push(before);
      const rule = buildRule(claim, input.view, options);
      come.push(rule);
      remember(claim, rule);
    }
    const before = last?.table ?? null;
    const certified = before === null || [...claims.gone, ...claims.come].some(({ certificate }) => certificate !== null);
    const judged = differenceBetween(last?.input.verdicts ?? [], input.verdicts);
    const refusals = before === null || [...judged.gone, ...judged.come].some((verdict) => verdict.refusals.length > 0);
    const table: RoutingTable = {
      rules: patchSorted(before?.rules ?? [], gone, come, compareRules),
      certificates: certified ? certificatesOf(input.claims) : before.certificates,
      defaultCertificate: input.defaultCertificate,
      refused: refusals ? refusedNames(input.verdicts) : before.refused,
      build: {},
      difference: before?.build === undefined ? null : { since: before.build, gone, come },
    };
    last = { input, table };
    return table;
  };
};

/** `namespace/service`: neither half can hold a slash. */
const servicesOf = (claim: Claim): readonly string[] => claim.services.map(({ name }) => `${claim.route.metadata.namespace}/${name}`);

const serviceOf = (resource: Resource): string => {
  const { namespace, name } = resource.metadata;
  return `${namespace}/${resource.kind === 'EndpointSlice' ? resource.serviceName : resource.kind === 'Service' ? name : ''}`;
};

/** What was asked for and refused, after host rewriting. */
const refusedNames = (verdicts: readonly Verdict[]): readonly RefusedName[] =>
  verdicts.flatMap(({ refusals, asked }) => {
    const [refusal] = refusals;
    return refusal === undefined || asked === undefined ? [] : [{ ...asked, reason: refusal.reason }];
  });
