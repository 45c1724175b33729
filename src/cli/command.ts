import type { Config } from '../config.ts';
import type { SettingKey } from '../config/settings.ts';
import type { ExitCode } from './exit-codes.ts';
import type { Terminal } from './terminal.ts';

/** An option that only this command has (settings are options of their own accord). */
export interface CommandOption {
  /** As commander writes it: `--from <dir>`. */
  readonly flags: string;
  readonly help: string;
}

/** One command of the list in `commands.ts`. */
export interface Command {
  readonly name: string;
  /** As commander writes it: `[dir]`, `<url>`, `[path...]`; empty for none. */
  readonly argument: string;
  readonly argumentHelp: string;
  /** One line, as a verb phrase. */
  readonly summary: string;
  /** At least one; each is run by a person as printed. */
  readonly examples: readonly { readonly line: string; readonly does: string }[];
  readonly settings: readonly SettingKey[];
  readonly options: readonly CommandOption[];
  readonly run: (invocation: Invocation) => Promise<ExitCode>;
}

/** What a person asked for. */
export interface Invocation {
  readonly args: readonly string[];
  /** Options of the command's own, by their camel-case names. */
  readonly options: Readonly<Record<string, string | boolean | readonly string[] | undefined>>;
  readonly json: boolean;
  readonly plain: boolean;
  readonly terminal: Terminal;
  /** Settings in force. Throws a CommandFailure (usage) that tells everything wrong with them. `directory`: the argument DIR. */
  readonly config: (more?: { readonly directory?: string | undefined }) => { readonly config: Config; readonly notices: readonly string[] };
  readonly version: string;
}

/** The text of an option, or undefined. */
export function textOption(invocation: Invocation, name: string): string | undefined {
  const value = invocation.options[name];
  return typeof value === 'string' ? value : undefined;
}
