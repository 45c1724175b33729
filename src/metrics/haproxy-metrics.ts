import type { HaproxyFigures } from '../haproxy/figures.ts';
import type { StatTable } from '../haproxy/observed/show-stat.ts';
import type { Member, Rule } from '../table/routing-table.ts';
import type { Baselines } from './baselines.ts';
import { families, wantedColumns } from './haproxy-families.ts';
import type { Family } from './haproxy-families.ts';

/** What the rows of `show stat` are joined with. */
export interface Joined {
  readonly stat: StatTable;
  readonly owners: Pick<HaproxyFigures, 'backendOwner' | 'memberOf'>;
  readonly rule: (id: string) => Rule | undefined;
  readonly baselines: Baselines;
  /** false: members get the essential figures only. */
  readonly everyMemberFigure: boolean;
}

interface Row {
  readonly labels: string;
  readonly fields: readonly string[];
  readonly base: readonly number[] | null;
}

type Subject = 'frontend' | 'backend' | 'server';

const counterColumns = wantedColumns.filter((column) => families.some((family) => family.type === 'counter' && family.columns.some((each) => each.column === column)));
const placeOfColumn = new Map(wantedColumns.map((column, place) => [column, place]));
const placeOfCounter = new Map(counterColumns.map((column, place) => [column, place]));
const counterPlaces = counterColumns.map((column) => placeOfColumn.get(column) ?? 0);
/** Rows between two pauses: some milliseconds of work. */
const slice = 1_000;

/** The OpenShift router's names for its kinds of backends. */
const kinds = { none: 'http', edge: 'https-edge', reencrypt: 'https', passthrough: 'tcp' } as const satisfies Record<Rule['termination'], string>;

function escaped(value: string): string {
  return /[\\"\n]/.test(value) ? value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n') : value;
}

function ruleLabels(rule: Rule): string {
  const cut = rule.id.indexOf('/');
  return `namespace="${escaped(rule.id.slice(0, cut))}",route="${escaped(rule.id.slice(cut + 1))}"`;
}

function hostPort(member: Member): string {
  return member.address.includes(':') ? `[${member.address}]:${member.port}` : `${member.address}:${member.port}`;
}

function value(family: Family, text: string, column: string, base: readonly number[] | null): string {
  if (family.name === 'up') return text.startsWith('UP') || text === 'OPEN' || text === 'no check' ? '1' : '0';
  if (base === null || family.type !== 'counter') return text;
  return String(Math.max(0, Number(text) - (base[placeOfCounter.get(column) ?? -1] ?? 0)));
}

/**
 * Prometheus text of HAProxy's figures: one pass over the rows, then a chunk for each family. Values are passed on as HAProxy's
 * own digits. An empty chunk is an invitation to let others run: the whole takes long with tens of thousands of rows.
 */
export function* haproxyMetrics(joined: Joined): Generator<string> {
  const rows: Record<Subject, Row[]> = { frontend: [], backend: [], server: [] };
  let seen = 0;
  let lastRule: Rule | undefined;
  let members = new Map<string, Member>();
  for (const fields of joined.stat.rows(wantedColumns)) {
    seen += 1;
    if (seen % slice === 0) yield '';
    const [proxy = '', server = '', type = ''] = fields;
    if (type === '0') {
      rows.frontend.push({ labels: `frontend="${escaped(proxy)}"`, fields, base: null });
      continue;
    }
    const owner = joined.owners.backendOwner(proxy);
    const rule = owner.kind === 'rule' ? joined.rule(owner.rule) : undefined;
    if (type === '1') {
      const base = joined.baselines.of(proxy, rule?.id ?? '', () => counterPlaces.map((place) => Number(fields[place])));
      if (rule) rows.backend.push({ labels: `backend="${kinds[rule.termination]}",${ruleLabels(rule)}`, fields, base });
      else if (owner.kind === 'other') rows.backend.push({ labels: `backend="other/${escaped(proxy)}",namespace="",route=""`, fields, base: null });
      continue;
    }
    if (!rule) continue;
    if (rule !== lastRule) {
      members = new Map(rule.pool.members.map((member) => [member.id, member]));
      lastRule = rule;
    }
    const member = members.get(joined.owners.memberOf(proxy, server) ?? '');
    if (!member) continue;
    rows.server.push({ labels: `server="${hostPort(member)}",${ruleLabels(rule)},pod="${escaped(member.pod)}",service="${escaped(member.service)}"`, fields, base: null });
  }
  for (const subject of ['frontend', 'backend', 'server'] as const) {
    for (const family of families) {
      if (family[subject] !== true || (subject === 'server' && !joined.everyMemberFigure && family.essential !== true)) continue;
      yield* samples(`haproxy_${subject}_${family.name}`, family, rows[subject]);
    }
  }
}

function* samples(name: string, family: Family, rows: readonly Row[]): Generator<string> {
  let text = `# HELP ${name} ${family.help}\n# TYPE ${name} ${family.type}\n`;
  let count = 0;
  for (const { column, code } of family.columns) {
    const place = placeOfColumn.get(column) ?? -1;
    const suffix = code === undefined ? '} ' : `,code="${code}"} `;
    for (const row of rows) {
      const field = row.fields[place] ?? '';
      // A figure that this kind of proxy does not have (HTTP responses of a TCP backend) is empty.
      if (field === '') continue;
      text += `${name}{${row.labels}${suffix}${value(family, field, column, row.base)}\n`;
      count += 1;
      if (count % slice === 0) {
        yield text;
        text = '';
      }
    }
  }
  yield text;
}
