import { hash } from 'node:crypto';
import { eachText, noteUnknown, section, text } from './fields.ts';
import type { Section } from './fields.ts';
import { own } from './own-text.ts';
import { printable } from './printable.ts';

/** Where an object was read: shown with every verdict, so that a person can go and look. */
export interface Origin {
  /** Path that begins with the manifest directory as the user typed it, so that it can be opened from where they stand. */
  readonly file: string;
  /** 1-based line of the first line of the object's document in that file. */
  readonly line: number;
}

/** The part of Kubernetes' ObjectMeta that routing decisions read (k8s.io/apimachinery meta/v1 ObjectMeta). */
export interface Metadata {
  /** Empty for cluster-scoped kinds (Namespace). */
  readonly namespace: string;
  readonly name: string;
  /** Where none is written: made from the name for Routes, whose order it can decide (`unwrittenCreation`), and empty for all others. */
  readonly uid: string;
  /** Milliseconds since the epoch. A manifest without one gets `unwrittenCreation`. */
  readonly creationTimestamp: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly origin: Origin;
}

/** A field of an object that cannot be used, told the way the person who wrote it would look for it. */
export interface FieldProblem {
  /** Path inside the object, e.g. `spec.to.weight`, `spec.alternateBackends[0].name`, `metadata.annotations[example.com/key]`. */
  readonly path: string;
  /** What is wrong, in one sentence. */
  readonly message: string;
  /** What to write instead. */
  readonly hint: string;
  /** 1-based line in the object's file, where known (filled in by whoever can look it up). */
  readonly line?: number;
}

/**
 * Line of a field (path as in FieldProblem) of the object that was read at `origin`; where the field is not written, the
 * nearest mapping around it, and where the file cannot be looked at any more, `origin.line`. Reads the file: ask only for
 * what is going to be told.
 */
export type FieldLines = (origin: Origin, path: string) => number;

/**
 * Creation time of an object that says none: the latest time that RFC 3339 can write. A constant, so that the same files
 * give the same order on every machine and after every start (the file's own times change with each checkout). The
 * latest, not the earliest: where the older object wins a host, one that does not say its age must not take it from one
 * that does. Among themselves such objects are ordered by uid.
 */
export const unwrittenCreation = Date.parse('9999-12-31T23:59:59Z');

/** RFC 1123 subdomain, at most 253 characters (k8s.io/apimachinery validation.IsDNS1123Subdomain). */
const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
/** RFC 1123 label, at most 63 characters (IsDNS1123Label). */
const label = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
/** Key of a label or an annotation: optional DNS prefix and a name of at most 63 characters (IsQualifiedName). */
const qualifiedName = /^([a-zA-Z0-9]([-a-zA-Z0-9.]{0,251}[a-zA-Z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
/** uid travels into orders and identities only, but it stands in messages: visible ASCII. */
const uidText = /^[\x21-\x7e]{1,128}$/;
const rfc3339 = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)$/;

const known = new Set([
  'name', 'generateName', 'namespace', 'selfLink', 'uid', 'resourceVersion', 'generation', 'creationTimestamp', 'deletionTimestamp',
  'deletionGracePeriodSeconds', 'labels', 'annotations', 'ownerReferences', 'finalizers', 'managedFields',
]);

/** The stand-in for a uid that is not written: the same on every machine, and not one that a name could be chosen for easily. */
const madeUid = (kind: string, namespace: string, name: string): string => {
  const hex = hash('sha256', `${kind}/${namespace}/${name}`, 'hex');
  return own(`${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`);
};

const nothing: Readonly<Record<string, string>> = Object.freeze({});

const keyed = (found: Section, name: string): Readonly<Record<string, string>> => {
  const map: Record<string, string> = {};
  const entries = eachText(found, name, (key, value) => {
    // Keys that name a member of Object.prototype in a harmful way (`__proto__`) are no qualified names.
    if (qualifiedName.test(key)) map[key] = value;
    else {
      const path = `metadata.${name}[${printable(key)}]`;
      const hint = 'Use letters, digits, "-", "_" and "." (at most 63), optionally after a DNS name and "/".';
      found.notes.problems.push({ path, message: `${path} is not a key that Kubernetes accepts.`, hint });
    }
  });
  return entries === 0 ? nothing : map;
};

const creation = (found: Section): number => {
  const written = text(found, 'creationTimestamp');
  if (written === '') return unwrittenCreation;
  const time = rfc3339.test(written) ? Date.parse(written.toUpperCase().replace(' ', 'T')) : Number.NaN;
  if (!Number.isNaN(time)) return time;
  found.notes.problems.push({
    path: 'metadata.creationTimestamp',
    message: 'metadata.creationTimestamp is not a time.',
    hint: 'Write it like "2026-01-31T12:00:00Z", or leave it out.',
  });
  return unwrittenCreation;
};

/** Why an object cannot be known at all: without a usable name there is nothing to give a verdict on. */
export interface Nameless {
  readonly nameless: FieldProblem;
}

const nameless = (path: string, message: string, hint: string): Nameless => ({ nameless: { path, message, hint } });

/**
 * ObjectMeta of an object of `kind` that was read at `origin`. `clusterScoped` kinds have no namespace; others get
 * `default` where none is written. Wrong fields go to the object's notes; only a name or namespace that no object could
 * have gives `Nameless`.
 */
export function decodeMetadata(object: Section, kind: string, clusterScoped: boolean, origin: Origin): Metadata | Nameless {
  const found = section(object, 'metadata');
  if (found === null) return nameless('metadata', 'The object has no metadata.', 'Write metadata: with name: (and namespace:) below it.');
  const problems = object.notes.problems.length;
  const name = text(found, 'name');
  const namespace = clusterScoped ? '' : text(found, 'namespace') || 'default';
  const mistyped = object.notes.problems.slice(problems)[0];
  if (mistyped !== undefined) return { nameless: mistyped };
  const rule = 'Use lower-case letters, digits and "-", beginning and ending with a letter or digit';
  if (name === '') return nameless('metadata.name', 'The object has no name.', `Write metadata.name. ${rule}.`);
  if (name.length > 253 || !subdomain.test(name)) {
    return nameless('metadata.name', `"${printable(name)}" is not a name that an object can have.`, `${rule}; "." between parts; at most 253 characters.`);
  }
  if (namespace.length > 63 || (!clusterScoped && !label.test(namespace))) {
    return nameless('metadata.namespace', `"${printable(namespace)}" is not a name that a namespace can have.`, `${rule}; at most 63 characters.`);
  }
  noteUnknown(found, known);
  const uid = text(found, 'uid');
  if (uid !== '' && !uidText.test(uid)) {
    found.notes.problems.push({ path: 'metadata.uid', message: 'metadata.uid is not a uid.', hint: 'Leave it out, or copy it from the cluster.' });
  }
  return {
    namespace, name, origin,
    uid: uidText.test(uid) ? uid : kind === 'Route' ? madeUid(kind, namespace, name) : '',
    creationTimestamp: creation(found),
    labels: keyed(found, 'labels'),
    annotations: keyed(found, 'annotations'),
  };
}
