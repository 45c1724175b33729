/** Where an object was read: shown with every verdict, so that a person can go and look. */
export interface Origin {
  /** Path as the user would type it (relative to the manifest directory's parent where possible). */
  readonly file: string;
  /** 1-based line of the first line of the object's document in that file. */
  readonly line: number;
}

/** The part of Kubernetes' ObjectMeta that routing decisions read (k8s.io/apimachinery meta/v1 ObjectMeta). */
export interface Metadata {
  /** Empty for cluster-scoped kinds (Namespace). */
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** Milliseconds since the epoch. A manifest without one gets a stable stand-in, see `sources/read-manifests.ts`. */
  readonly creationTimestamp: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly origin: Origin;
}

/** A field of an object that cannot be used, told the way the person who wrote it would look for it. */
export interface FieldProblem {
  /** Path inside the object, e.g. `spec.to.weight`. */
  readonly path: string;
  /** What is wrong, in one sentence. */
  readonly message: string;
  /** What to write instead. */
  readonly hint: string;
  /** 1-based line in the object's file, where known (filled in by whoever can look it up). */
  readonly line?: number;
}
