/** One thing that a source can say about its input. */
export interface SourceCode {
  readonly title: string;
  /** What happened, and what it means for what is served. */
  readonly meaning: string;
  /** What to do about it. */
  readonly remedy: string;
}

/** Everything that a source can say. Closed; codes are never re-used. docs/refusals.md is checked against this list. */
export const sourceCodes = {
  'source-directory-gone': {
    title: 'The manifest directory is gone',
    meaning: 'The directory was removed or renamed, or its file system went away, while Fairway ran. Everything that was read before is served on.',
    remedy: 'Bring the directory back; it is read again at once. To serve nothing, empty the directory instead of removing it.',
  },
  'source-directory-unreadable': {
    title: 'A directory cannot be listed',
    meaning: 'Its files cannot be seen. Objects that were read from it before are served on.',
    remedy: 'Give the user that Fairway runs as permission to read and enter the directory.',
  },
  'source-not-watched': {
    title: 'A directory cannot be watched',
    meaning: 'The kernel refused a watch (often fs.inotify.max_user_watches or max_user_instances). Changes are noticed by looking every second instead of at once.',
    remedy: 'Raise the sysctl named in the message, or put the manifests into fewer directories.',
  },
  'source-file-unreadable': {
    title: 'A file cannot be read',
    meaning: 'Permission was refused, a link points nowhere, or it is not an ordinary file. Objects that were read from it before are served on.',
    remedy: 'Make the file readable for the user that Fairway runs as, or remove it.',
  },
  'source-file-name': {
    title: 'A file name cannot be used',
    meaning: 'The name is not valid UTF-8 or holds control characters, so no message could name it. The file is not read.',
    remedy: 'Rename the file.',
  },
  'source-file-too-large': {
    title: 'A file is too large',
    meaning: 'The file, or one document of it, is above the limit (16 MiB, 100,000 documents, 4 million values) and is not used. Objects that were read from it before are served on.',
    remedy: 'Split it into several files.',
  },
  'source-not-utf8': {
    title: 'A document is not UTF-8',
    meaning: 'YAML and JSON are UTF-8 here. The document is not used; the other documents of the file are.',
    remedy: 'Save the file as UTF-8.',
  },
  'source-broken-document': {
    title: 'A document cannot be parsed',
    meaning: 'The text is not YAML. The document is not used; the other documents of the file are. Objects that the file had before and now lacks are served on.',
    remedy: 'Correct the line named in the message.',
  },
  'source-alias-bomb': {
    title: 'Aliases multiply a document',
    meaning: 'Anchors and aliases (&x, *x) make the document many times larger than its text. It is not used.',
    remedy: 'Write the repeated parts out.',
  },
  'source-not-an-object': {
    title: 'A document is not a Kubernetes object',
    meaning: 'It has no kind, or is not a mapping at all. It is not used.',
    remedy: 'Begin with apiVersion:, kind: and metadata:.',
  },
  'source-nameless': {
    title: 'An object has no usable name',
    meaning: 'Its name or namespace is missing or could not exist in a cluster, so nothing can refer to it. It is not used.',
    remedy: 'Write the name and namespace as Kubernetes accepts them.',
  },
  'source-unknown-kind': {
    title: 'A kind that Fairway does not read',
    meaning: 'Manifests often hold Deployments and ConfigMaps as well. Nothing is lost unless the kind is a typing mistake.',
    remedy: 'Nothing, or correct the kind.',
  },
  'source-unknown-version': {
    title: 'An apiVersion that Fairway does not read',
    meaning: 'The kind is known, but not under this apiVersion. The object is not used.',
    remedy: 'Write the apiVersion named in the message.',
  },
  'source-unknown-field': {
    title: 'A field that does not exist',
    meaning: 'A field of a known kind is unknown, mostly a typing mistake or wrong indentation. The object is used without it.',
    remedy: 'Correct the name of the field, or its indentation.',
  },
  'source-duplicate': {
    title: 'An object is written twice',
    meaning: 'The same kind, namespace and name stands in two places. The older one is used (creationTimestamp, then file name, then line), whichever was read first.',
    remedy: 'Remove or rename one of the two.',
  },
  'source-kept': {
    title: 'Earlier objects are kept',
    meaning: 'A file became broken or unreadable. Objects that it had before and that cannot be found in it now are served as they were.',
    remedy: 'Correct the file; the kept objects then follow what it says.',
  },
} as const satisfies Readonly<Record<`source-${string}`, SourceCode>>;

export type SourceProblemCode = keyof typeof sourceCodes;
