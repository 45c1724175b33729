import type { SourceLine } from '../../evidence.ts';
import type { EvaluationContext } from './evaluate.ts';
import { fieldHolds } from './field-holds.ts';
import type { Doubt } from './field-holds.ts';
import type { Field, ValueSet } from './field.ts';
import type { Passing } from './passing.ts';
import type { SetElement } from './rule.ts';

export type IpSetDimension = 'ip' | 'net' | 'port' | 'mac' | 'iface' | 'mark' | 'set';

/** A set of `ipset save`. The rule that asks says for each dimension which side of the packet is meant. */
export interface IpSet {
  readonly kind: 'ip-set';
  readonly name: string;
  /** As written: `hash:ip,port`. */
  readonly type: string;
  readonly dimensions: readonly IpSetDimension[];
  readonly family: 4 | 6;
  /** A port dimension takes two values: protocol, then port. */
  readonly elements: readonly SetElement[];
  /** list:set: names of the member sets, in order. */
  readonly members: readonly string[];
  /** False when the set has a timeout, or lines of it are missing: what is listed may not be what the packet met. */
  readonly steady: boolean;
  readonly source: SourceLine;
}

export function ipSetHolds(set: IpSet, directions: readonly ('src' | 'dst')[], passing: Passing, context: EvaluationContext): boolean | Doubt {
  if (set.dimensions[0] === 'set') return anyMember(set, directions, passing, context);
  if (set.family !== passing.family && set.dimensions[0] !== 'mac' && set.dimensions[0] !== 'port') return false;
  // Fewer directions than dimensions never match in the kernel (ip_set_test: dim < set->type->dimension).
  if (directions.length < set.dimensions.length) return false;
  const fields = set.dimensions.flatMap((dimension, index) => fieldsOf(dimension, directions[index] ?? 'src'));
  let best: { width: bigint; except: boolean } | null = null;
  let doubt: Doubt | null = null;
  for (const element of set.elements) {
    const fits = elementFits(element, fields, passing, context);
    if (fits === null) return false;
    if (fits === true) {
      const width = element.values.reduce((sum, values) => sum + widthOf(values), 0n);
      if (best === null || width < best.width) best = { width, except: element.except };
    } else if (fits !== false) doubt ??= fits;
  }
  if (best === null && doubt !== null) return doubt;
  const holds = best !== null && !best.except;
  return set.steady ? holds : { sort: 'sometimes', what: `set ${set.name} changes with time (entries with a timeout, or not fully captured)`, command: `ipset save ${set.name}`, key: `set ${set.name}` };
}

function anyMember(set: IpSet, directions: readonly ('src' | 'dst')[], passing: Passing, context: EvaluationContext): boolean | Doubt {
  let doubt: Doubt | null = null;
  for (const name of set.members) {
    const member = context.ipSets.get(name);
    if (member === undefined || member.dimensions[0] === 'set') {
      doubt ??= { sort: 'unknown', what: `the elements of set ${name} are not captured`, command: `ipset save ${name}`, key: `set ${name}` };
      continue;
    }
    const held = ipSetHolds(member, directions, passing, context);
    if (held === true) return true;
    if (held !== false) doubt ??= held;
  }
  return doubt ?? false;
}

function fieldsOf(dimension: IpSetDimension, direction: 'src' | 'dst'): readonly Field[] {
  const source = direction === 'src';
  switch (dimension) {
    case 'ip':
    case 'net':
      return [source ? 'source' : 'destination'];
    case 'port':
      return ['protocol', source ? 'sourcePort' : 'destinationPort'];
    case 'mac':
      return [source ? 'sourceMac' : 'destinationMac'];
    case 'iface':
      return [source ? 'inInterface' : 'outInterface'];
    case 'mark':
      return ['mark'];
    case 'set':
      return [];
  }
}

function elementFits(element: SetElement, fields: readonly Field[], passing: Passing, context: EvaluationContext): boolean | Doubt | null {
  let doubt: Doubt | null = null;
  for (let index = 0; index < fields.length; index++) {
    const field = fields[index];
    const within = element.values[index];
    if (field === undefined || within === undefined) return false;
    const held = fieldHolds(field, within, passing, context.surroundings);
    if (held === null) return null;
    if (held === false) return false;
    if (held !== true) doubt ??= held;
  }
  return doubt ?? true;
}

/** The most specific element decides, which is what makes `nomatch` work. */
function widthOf(values: ValueSet): bigint {
  switch (values.type) {
    case 'numbers':
      return values.ranges.reduce((sum, [low, high]) => sum + BigInt(high - low), 0n);
    case 'wide':
      return values.ranges.reduce((sum, [low, high]) => sum + (high - low), 0n);
    case 'any':
    case 'names':
    case 'bits':
    case 'any-bit':
    case 'masked-octets':
      return 0n;
  }
}
