import { none, orNone } from '../lib/none.ts';
import type { EndpointSlice } from '../resources/endpoint-slice.ts';
import type { Namespace } from '../resources/namespace.ts';
import type { Secret } from '../resources/secret.ts';
import type { Service } from '../resources/service.ts';
import { isRefusal, isWarning, toRefusal, toWarning } from './note.ts';
import type { Note } from './note.ts';
import type { AdmissionOptions } from './options.ts';
import { objectShape } from './rules/object-shape.ts';
import { sliceAddresses } from './rules/slice-addresses.ts';
import type { Verdict } from './verdict.ts';

/** Judges an object that claims nothing. */
export const judgePlainObject = (resource: Namespace | Service | EndpointSlice | Secret, options: AdmissionOptions): Verdict => {
  const notes: readonly Note[] = [...objectShape(resource), ...(resource.kind === 'EndpointSlice' ? sliceAddresses(resource, options) : none)];
  if (notes.length === 0) return { resource, claim: null, refusals: none, warnings: none };
  const { origin } = resource.metadata;
  return {
    resource, claim: null,
    refusals: orNone(notes.filter(isRefusal).map((note) => toRefusal(note, origin, options.lineOf))),
    warnings: orNone(notes.filter(isWarning).map((note) => toWarning(note, origin, options.lineOf))),
  };
};
