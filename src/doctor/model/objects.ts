import type { RecordOf } from '../parsers/parsers.ts';
import type { Found, RecordIndex } from './record-index.ts';

export type KubeObject = RecordOf<'kube-object'>;

/** Kubernetes objects of the evidence. */
export interface Objects {
  readonly all: readonly Found<'kube-object'>[];
  ofKind(kind: string): readonly KubeObject[];
  get(kind: string, namespace: string, name: string): KubeObject | null;
}

export function createObjects(index: RecordIndex): Objects {
  const all = index.of('kube-object');
  return {
    all,
    ofKind: (kind) => all.filter((found) => found.record.objectKind === kind).map((found) => found.record),
    get: (kind, namespace, name) => all.find(({ record }) => record.objectKind === kind && record.namespace === namespace && record.name === name)?.record ?? null,
  };
}
