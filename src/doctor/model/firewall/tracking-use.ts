import type { Field } from './field.ts';
import type { Step, Table } from './rule.ts';

const fields: ReadonlySet<Field> = new Set<Field>(['connectionState', 'connectionMark', 'connectionDirection', 'originalSource', 'originalDestination', 'originalSourcePort', 'originalDestinationPort']);

/**
 * Connection tracking runs in a network namespace only while some rule there needs it (nf_ct_netns_get, Linux 4.10 and later):
 * a state to compare, a translation, a mark of the connection. NOTRACK alone does not start it, nor does an empty nat chain.
 */
export function usesTracking(table: Table): boolean {
  for (const chain of table.chains.values()) {
    for (const rule of chain.rules) if (rule.steps.some(stepUses)) return true;
  }
  return false;
}

function stepUses(step: Step): boolean {
  switch (step.kind) {
    case 'field':
      return fields.has(step.field);
    case 'element':
    case 'verdict-map':
      return step.fields.some((field) => fields.has(field));
    case 'translate':
    case 'copy-mark':
      return true;
    case 'mark':
      return step.of === 'connection';
    case 'pass':
      return step.text === 'CT' || step.text.startsWith('flow') || step.text.startsWith('set ct');
    case 'sometimes':
    case 'opaque':
      return /^(?:ct |conn|match (?:conn|helper)|--ct)/.test(step.what);
    case 'opaque-target':
      return /synproxy|xt target (?:CT|[DS]NAT|MASQUERADE|REDIRECT|NETMAP|CONN)/i.test(step.what);
    default:
      return false;
  }
}
