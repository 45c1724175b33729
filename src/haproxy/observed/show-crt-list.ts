/** One line of a crt-list as HAProxy has it now. */
export interface CrtListEntry {
  readonly file: string;
  /** Tells entries of one certificate apart: `del ssl crt-list <list> <file>:<line>`. Stays the same while other entries go. */
  readonly line: number;
  /** The text between the brackets; '' for none. */
  readonly options: string;
  /** Host names, wildcards (`*.example.test`) and exceptions (`!a.example.test`). */
  readonly filters: readonly string[];
}

const entryLine = /^(?<file>.+?):(?<line>\d+)(?: \[(?<options>[^\]]*)\])?(?: (?<filters>.*))?$/;

/**
 * `show ssl crt-list -n <path>`:
 *
 *     # /etc/fairway/crt.list
 *     a1.pem:1
 *     a1.pem:2 [alpn h2,http/1.1] a.test !b.a.test
 *
 * HAProxy 2.6 prints a NUL byte behind the value of `alpn`; it is dropped. No entries when HAProxy knows
 * no such list (`didn't find the specified filename`).
 */
export function parseShowCrtList(text: string): readonly CrtListEntry[] {
  const entries: CrtListEntry[] = [];
  for (const line of text.replaceAll('\0', '').split('\n')) {
    if (line.startsWith('#')) continue;
    const groups = entryLine.exec(line)?.groups;
    if (groups === undefined) continue;
    entries.push({
      file: groups['file'] ?? '',
      line: Number(groups['line']),
      options: groups['options'] ?? '',
      filters: (groups['filters'] ?? '').split(' ').filter((filter) => filter !== ''),
    });
  }
  return entries;
}
