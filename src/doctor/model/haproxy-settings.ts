import type { HaproxySectionRecord, HaproxyStatement } from '../parsers/haproxy-config.ts';
import type { Found } from './record-index.ts';

export type Section = Found<'haproxy-section'>;

/**
 * The last statement with this keyword that counts for a section: its own, else that of the `defaults` section before it in the
 * same file (manual, "4. Proxies": a defaults section holds for the sections that follow, until the next one).
 */
export function settingOf(sections: readonly Section[], section: Section, ...keyword: readonly string[]): HaproxyStatement | null {
  const own = statementOf(section.record, keyword);
  if (own !== null) return own;
  if (section.record.section === 'global' || section.record.section === 'defaults') return null;
  const before = sections.filter((each) => each.host === section.host && each.record.section === 'defaults' && each.record.source.file === section.record.source.file && each.record.source.line < section.record.source.line).at(-1);
  return before === undefined ? null : statementOf(before.record, keyword);
}

function statementOf(section: HaproxySectionRecord, keyword: readonly string[]): HaproxyStatement | null {
  const [first, ...rest] = keyword;
  return section.statements.filter((each) => each.keyword === first && rest.every((word, at) => each.args[at] === word)).at(-1) ?? null;
}

/** `10s`, `500`, `1m`: milliseconds; a bare number is milliseconds (manual, "2.5. Time format"). Null when it is no time. */
export function milliseconds(text: string | undefined): number | null {
  const found = /^(\d+)(us|ms|s|m|h|d)?$/.exec(text ?? '');
  if (!found) return null;
  return Number(found[1]) * ({ us: 0.001, ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }[found[2] ?? 'ms'] ?? 1);
}

/** The word after `name` in the arguments of a bind or server line. */
export function argument(statement: HaproxyStatement, name: string): string | null {
  const at = statement.args.indexOf(name);
  return at < 0 ? null : statement.args[at + 1] ?? null;
}
