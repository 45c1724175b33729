/** What a figure must reach. */
export type Bar = { readonly atLeast: number } | { readonly atMost: number } | null;

export interface Figure {
  /** What was measured, as docs/benchmarks.md names it. */
  readonly name: string;
  /** Size it was taken at, `10,000 routes` say; null where there is only one. */
  readonly size: string | null;
  readonly value: number;
  readonly unit: string;
  /** null: shown for comparison, nothing is asked of it. */
  readonly bar: Bar;
  /** How it was taken, in a sentence or two. */
  readonly how: string;
}

export type Outcome = 'pass' | 'miss' | 'shown';

export interface TakenFigure extends Figure {
  readonly family: string;
  readonly outcome: Outcome;
}

/** What a benchmark is given. */
export interface Report {
  /** Short runs, for looking whether a benchmark works: their figures are noisier. */
  readonly quick: boolean;
  figure(figure: Figure): void;
  /** A sentence about the run that is no figure. */
  note(text: string): void;
}

/** One family of figures. `name` is what `--only` takes. */
export interface Bench {
  readonly name: string;
  run(report: Report): Promise<void>;
}

export const outcomeOf = (value: number, bar: Bar): Outcome => {
  if (bar === null) return 'shown';
  return ('atLeast' in bar ? value >= bar.atLeast : value <= bar.atMost) ? 'pass' : 'miss';
};

export const showNumber = (value: number): string => {
  const size = Math.abs(value);
  if (Number.isInteger(value) || size >= 1000) return Math.round(value).toLocaleString('en-US');
  if (size >= 100) return value.toFixed(0);
  return size >= 10 ? value.toFixed(1) : value.toFixed(size >= 0.1 ? 2 : 3);
};

export const showValue = ({ value, unit }: Pick<Figure, 'value' | 'unit'>): string => (unit === '' ? showNumber(value) : `${showNumber(value)} ${unit}`);

export const showBar = (bar: Bar, unit: string): string => {
  if (bar === null) return '-';
  const [sign, value] = 'atLeast' in bar ? ['>=', bar.atLeast] : ['<=', bar.atMost];
  return `${sign} ${showValue({ value, unit })}`;
};
