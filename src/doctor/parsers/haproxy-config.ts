import type { Capture, Parser, Reading, SourceLine } from '../evidence.ts';
import { readLines, recognise, skip } from './read-lines.ts';
import { shellWords } from '../command-line.ts';

export interface HaproxyStatement {
  readonly keyword: string;
  readonly args: readonly string[];
  readonly source: SourceLine;
}

/** A section of haproxy.cfg with its statements in order. */
export interface HaproxySectionRecord {
  readonly kind: 'haproxy-section';
  readonly source: SourceLine;
  readonly section: string;
  readonly name: string;
  readonly statements: readonly HaproxyStatement[];
}

const sections = new Set(['global', 'defaults', 'frontend', 'backend', 'listen', 'peers', 'resolvers', 'userlist', 'mailers', 'program', 'http-errors', 'ring', 'cache', 'fcgi-app', 'crt-store', 'log-forward', 'traces', 'acme']);

/** A section starts with its keyword at the left margin; text cut from a web page has no margin, so the keyword alone decides there. */
function parse(capture: Capture): Reading<HaproxySectionRecord> {
  const records: { -readonly [K in keyof HaproxySectionRecord]: K extends 'statements' ? HaproxyStatement[] : HaproxySectionRecord[K] }[] = [];
  const indented = capture.lines.some((line) => /^\s+\S/.test(line));
  const read = readLines<HaproxySectionRecord>(capture, 'haproxy-config', (text, line) => {
    if (text.startsWith('#') || /^\.(?:if|elif|else|endif|notice|warning|alert|diag)\b/.test(text)) return skip;
    const words = shellWords(text.replace(/(^|\s)#.*$/, '').trim());
    const keyword = words[0] ?? '';
    if (keyword === '') return skip;
    if (sections.has(keyword) && (!indented || !/^\s/.test(line.text)) && words.length <= 4) {
      records.push({ kind: 'haproxy-section', source: line, section: keyword, name: words[1] ?? '', statements: [] });
      return skip;
    }
    const current = records[records.length - 1];
    if (current === undefined) return null;
    current.statements.push({ keyword, args: words.slice(1), source: line });
    return skip;
  });
  return { records, unread: read.unread };
}

export const haproxyConfig: Parser<'haproxy-config', HaproxySectionRecord> = {
  format: 'haproxy-config',
  commands: ['cat /etc/haproxy/haproxy.cfg'],
  recognises: (capture) => recognise(capture, ({ program }) => /haproxy[\w.-]*\.(?:cfg|config|conf)$/.test(program) || /\/haproxy\/[\w./-]*\.cfg$/.test(program), (text) => /^(?:frontend|backend|listen)\s+[\w.:-]+(?:\s+from\s+[\w.:-]+)?$/.test(text) || /^(?:use_backend|default_backend)\s+\S+/.test(text)),
  parse,
};
