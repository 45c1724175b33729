import { isUtf8 } from 'node:buffer';
import { eachText, noteUnknown, problemsFound, text } from './fields.ts';
import type { Section } from './fields.ts';
import type { FieldProblem, Metadata } from './metadata.ts';
import { printable } from './printable.ts';

/** A Secret (core/v1). Values stay in memory only and are never printed. */
export interface Secret {
  readonly kind: 'Secret';
  readonly metadata: Metadata;
  readonly type: string;
  /** Decoded `data` overlaid with `stringData`. */
  readonly data: Readonly<Record<string, string>>;
  readonly problems: readonly FieldProblem[];
}

const known = new Set(['apiVersion', 'kind', 'metadata', 'data', 'stringData', 'type', 'immutable']);
/** Keys of a Secret (k8s.io/apimachinery validation.IsConfigMapKey). */
const keyText = /^[-._a-zA-Z0-9]{1,253}$/;
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Line breaks inside are ignored, as Go's decoder does; anything else outside the alphabet is a mistake (null). */
const decodeBase64 = (value: string): string | null => {
  const joined = value.replace(/[\r\n]/g, '');
  if (!base64.test(joined)) return null;
  const bytes = Buffer.from(joined, 'base64');
  // A keystore in an Opaque Secret is no mistake; one character a byte keeps it whole.
  return bytes.toString(isUtf8(bytes) ? 'utf8' : 'latin1');
};

/** Problems name keys, never values. */
export function decodeSecret(object: Section, metadata: Metadata): Secret {
  noteUnknown(object, known);
  // No prototype: `__proto__` and `constructor` are keys that a Secret may have.
  const data = Object.create(null) as Record<string, string>;
  const refuse = (field: string, key: string, message: string, hint: string): void => {
    object.notes.problems.push({ path: `${field}[${printable(key)}]`, message: `${field}[${printable(key)}] ${message}`, hint });
  };
  const put = (field: string, key: string, value: string): void => {
    if (keyText.test(key)) data[key] = value;
    else refuse(field, key, 'is not a key that a Secret can have.', 'Use letters, digits, "-", "_" and "." only.');
  };
  eachText(object, 'data', (key, value) => {
    const decoded = decodeBase64(value);
    if (decoded === null) refuse('data', key, 'is not base64.', 'Write the output of base64 -w0, or put the plain text below stringData.');
    else put('data', key, decoded);
  });
  eachText(object, 'stringData', (key, value) => { put('stringData', key, value); });
  return { kind: 'Secret', metadata, type: text(object, 'type') || 'Opaque', data, problems: problemsFound(object) };
}
