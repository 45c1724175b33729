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

type Subject = 'frontend' | 'backend' | 'server';

const counterColumns = wantedColumns.filter((column) => families.some((family) => family.type === 'counter' && family.columns.some((each) => each.column === column)));
const placeOfColumn = new Map(wantedColumns.map((column, place) => [column, place]));
const placeOfCounter = new Map(counterColumns.map((column, place) => [column, place]));
const counterPlaces = counterColumns.map((column) => placeOfColumn.get(column) ?? 0);
/** Rows between two pauses: about two milliseconds of work. */
const slice = 200;

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

/** One sample of a family, ready for each row. */
interface Sample {
  readonly place: number;
  /** Behind the labels: `} ` or `,code="2xx"} `. */
  readonly suffix: string;
  /** Place among the counters of a baseline; -1: nothing is ever subtracted. */
  readonly counter: number;
  readonly isUp: boolean;
}

/** The text of one family, collected row by row and kept as bytes: strings of that number would be the garbage collector's whole work. */
class FamilyText {
  readonly #beginning: string;
  readonly #samples: readonly Sample[];
  readonly #chunks: Buffer[] = [];
  #text: string;

  constructor(name: string, family: Family) {
    this.#beginning = `${name}{`;
    this.#text = `# HELP ${name} ${family.help}\n# TYPE ${name} ${family.type}\n`;
    this.#samples = family.columns.map(({ column, code }) => ({
      place: placeOfColumn.get(column) ?? -1,
      suffix: code === undefined ? '} ' : `,code="${code}"} `,
      counter: family.type === 'counter' ? (placeOfCounter.get(column) ?? -1) : -1,
      isUp: family.name === 'up',
    }));
  }

  add(labels: string, fields: readonly string[], base: readonly number[] | null): void {
    for (const { place, suffix, counter, isUp } of this.#samples) {
      const field = fields[place] ?? '';
      // A figure that this kind of proxy does not have (HTTP responses of a TCP backend) is empty.
      if (field === '') continue;
      const value = isUp ? (isServing(field) ? '1' : '0') : base === null || counter < 0 ? field : String(Math.max(0, Number(field) - (base[counter] ?? 0)));
      this.#text += `${this.#beginning}${labels}${suffix}${value}\n`;
    }
    if (this.#text.length > 65_536) this.#flush();
  }

  /** Everything collected; the object is spent then. */
  * chunks(): Generator<Buffer> {
    this.#flush();
    yield* this.#chunks;
  }

  #flush(): void {
    this.#chunks.push(Buffer.from(this.#text));
    this.#text = '';
  }
}

const isServing = (status: string): boolean => status.startsWith('UP') || status === 'OPEN' || status === 'no check';

/**
 * Prometheus text of HAProxy's figures, in one pass over the rows. Values are passed on as HAProxy's own digits.
 * An empty chunk is an invitation to let others run: the whole takes a while with tens of thousands of rows.
 */
export function* haproxyMetrics(joined: Joined): Generator<string | Buffer> {
  const textsOf = (subject: Subject): FamilyText[] => families
    .filter((family) => family[subject] === true && (subject !== 'server' || joined.everyMemberFigure || family.essential === true))
    .map((family) => new FamilyText(`haproxy_${subject}_${family.name}`, family));
  const texts = { frontend: textsOf('frontend'), backend: textsOf('backend'), server: textsOf('server') };
  const add = (subject: Subject, labels: string, fields: readonly string[], base: readonly number[] | null): void => {
    for (const text of texts[subject]) text.add(labels, fields, base);
  };
  let seen = 0;
  let lastRule: Rule | undefined;
  let members = new Map<string, Member>();
  for (const fields of joined.stat.rows(wantedColumns)) {
    seen += 1;
    if (seen % slice === 0) yield '';
    const [proxy = '', server = '', type = ''] = fields;
    if (type === '0') {
      add('frontend', `frontend="${escaped(proxy)}"`, fields, null);
      continue;
    }
    const owner = joined.owners.backendOwner(proxy);
    const rule = owner.kind === 'rule' ? joined.rule(owner.rule) : undefined;
    if (type === '1') {
      const base = joined.baselines.of(proxy, rule?.id ?? '', () => counterPlaces.map((place) => Number(fields[place])));
      if (rule) add('backend', `backend="${kinds[rule.termination]}",${ruleLabels(rule)}`, fields, base);
      else if (owner.kind === 'other') add('backend', `backend="other/${escaped(proxy)}",namespace="",route=""`, fields, null);
      continue;
    }
    if (!rule) continue;
    if (rule !== lastRule) {
      members = new Map(rule.pool.members.map((member) => [member.id, member]));
      lastRule = rule;
    }
    const member = members.get(joined.owners.memberOf(proxy, server) ?? '');
    if (!member) continue;
    add('server', `server="${hostPort(member)}",${ruleLabels(rule)},pod="${escaped(member.pod)}",service="${escaped(member.service)}"`, fields, null);
  }
  for (const subject of ['frontend', 'backend', 'server'] as const) {
    for (const text of texts[subject]) yield* text.chunks();
  }
}
