import type { FileValue } from './config-file.ts';
import { foreignVariables } from './openshift-variables.ts';
import { variableOf } from './setting.ts';
import type { SettingKey, Values } from './settings.ts';
import { settingKeys, settingOf } from './settings.ts';
import { closest } from './closest.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Given {
  /** By key, as typed; switches as `true` or `false`. */
  readonly flags: ReadonlyMap<SettingKey, string>;
  readonly environment: Environment;
  readonly file: { readonly path: string; readonly values: readonly FileValue[] } | null;
}

export interface Resolved {
  readonly values: Values;
  /** Where a value came from, as a person would look for it; absent: the default. */
  readonly origins: ReadonlyMap<SettingKey, string>;
  readonly problems: readonly string[];
  readonly notices: readonly string[];
}

interface Candidate {
  readonly origin: string;
  readonly text: string;
}

/** Who says something about a setting, strongest first: flag, Fairway's variable, OpenShift's variables, file. */
function candidatesOf(key: SettingKey, given: Given): Candidate[] {
  const found: Candidate[] = [];
  const description = settingOf(key);
  const typed = given.flags.get(key);
  if (typed !== undefined) found.push({ origin: `--${description.flag}`, text: typed });
  const own = given.environment[variableOf(description)];
  if (own !== undefined && own !== '') found.push({ origin: `the variable ${variableOf(description)}`, text: own });
  for (const { name, translate } of description.openshift ?? []) {
    const raw = given.environment[name];
    // An empty variable counts as not set there.
    if (raw === undefined || raw === '') continue;
    const text = translate ? translate(raw) : raw;
    if (text !== null) found.push({ origin: `the variable ${name}`, text });
  }
  const line = given.file?.values.find((value) => value.key === key);
  if (given.file && line) found.push({ origin: `${key} in ${given.file.path}:${line.line}`, text: line.text });
  return found;
}

/** Decides every setting: flag, then environment, then file, then default. */
export function resolveSettings(given: Given): Resolved {
  const values: Partial<Record<SettingKey, unknown>> = {};
  const origins = new Map<SettingKey, string>();
  const problems: string[] = [];
  for (const key of settingKeys) {
    const description = settingOf(key);
    const [strongest] = candidatesOf(key, given);
    values[key] = description.fallback;
    if (!strongest) continue;
    const read = description.kind.read(strongest.text);
    if (read.ok) {
      values[key] = read.value;
      origins.set(key, strongest.origin);
    } else problems.push(`${strongest.origin} is ${description.secret === true ? 'unusable' : JSON.stringify(shortened(strongest.text))}; write ${read.expected}.`);
  }
  const foreign = judgeForeign(given.environment);
  return {
    values: values as Values,
    origins,
    problems: [...problems, ...foreign.problems, ...unknownVariables(given.environment)],
    notices: foreign.notices,
  };
}

function shortened(text: string): string {
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

function judgeForeign(environment: Environment): { readonly problems: string[]; readonly notices: string[] } {
  const problems: string[] = [];
  const notices: string[] = [];
  for (const { name, treatment, harmless, why } of foreignVariables) {
    const value = environment[name];
    if (value === undefined || value === '' || harmless?.includes(value)) continue;
    (treatment === 'refused' ? problems : notices).push(`The variable ${name} is set. ${why}`);
  }
  return { problems, notices };
}

/** Read by the launcher and the command line, not by a setting. */
const otherVariables = ['FAIRWAY_CONFIG', 'FAIRWAY_NODE'];

/** Anything called FAIRWAY_... that no setting reads is a typing error, and would otherwise be silence. */
function unknownVariables(environment: Environment): string[] {
  const known = [...settingKeys.map((key) => variableOf(settingOf(key))), ...otherVariables];
  return Object.keys(environment)
    .filter((name) => name.startsWith('FAIRWAY_') && !known.includes(name))
    .map((name) => {
      const similar = closest(name.slice('FAIRWAY_'.length), known.map((variable) => variable.slice('FAIRWAY_'.length)));
      return `The variable ${name} is unknown${similar === null ? '; fairway run --help lists them' : `; did you mean FAIRWAY_${similar}?`}.`;
    });
}
