import { isDnsLabel, isDnsSubdomain } from '../../net/dns-names.ts';
import type { Resource } from '../../resources/kinds.ts';
import { quoted, refuse } from '../note.ts';
import type { RefusalNote } from '../note.ts';

/** Could the object be read, and has it a name that Kubernetes would have allowed? Asked of every kind. */
export const objectShape = (resource: Resource): readonly RefusalNote[] => {
  const { metadata, problems, kind } = resource;
  const notes: RefusalNote[] = problems.map(({ path, message, hint, line }) => ({ ...refuse('invalid-object', path, message, hint), ...(line === undefined ? {} : { line }) }));
  if (!isDnsSubdomain(metadata.name)) {
    notes.push(refuse('invalid-object', 'metadata.name', `${quoted(metadata.name)} is no name for an object.`, 'Write lower-case letters, digits, `-` and `.`, beginning and ending with a letter or digit.'));
  }
  if (kind !== 'Namespace' && !isDnsLabel(metadata.namespace)) {
    notes.push(refuse('invalid-object', 'metadata.namespace', `${quoted(metadata.namespace)} is no name for a namespace.`, 'Write lower-case letters, digits and `-`, beginning and ending with a letter or digit.'));
  }
  return notes;
};

/** Is one path the other, or inside it? `spec.tls` and `spec.tls.key` touch; `spec.to` and `spec.tolerance` do not. */
export const pathsTouch = (a: string, b: string): boolean => {
  const [short, long] = a.length < b.length ? [a, b] : [b, a];
  return short === '' || short === long || (long.startsWith(short) && (long[short.length] === '.' || long[short.length] === '['));
};
