import { Argument, Command as Program, CommanderError, Option } from 'commander';
import { loadConfig } from '../config.ts';
import { groups, variableOf } from '../config/setting.ts';
import type { Setting } from '../config/setting.ts';
import type { SettingKey } from '../config/settings.ts';
import { settingOf } from '../config/settings.ts';
import { printHaproxyTime } from '../net/haproxy-time.ts';
import type { Command, Invocation } from './command.ts';
import { CommandFailure, exitCodes } from './exit-codes.ts';
import type { ExitCode } from './exit-codes.ts';
import type { Terminal } from './terminal.ts';

export interface ProgramOptions {
  readonly commands: readonly Command[];
  readonly version: string;
  readonly terminal: (plain: boolean) => Terminal;
}

/** A default as `--help` and docs/configuration.md show it. */
export function fallbackText(description: Setting<unknown>): string {
  if (description.fallbackText !== undefined) return description.fallbackText;
  const { fallback, kind } = description;
  if (typeof fallback === 'number' && kind.placeholder === '<time>') return printHaproxyTime(fallback);
  if (Array.isArray(fallback)) return fallback.length === 0 ? 'none' : fallback.join(',');
  if (typeof fallback === 'boolean') return fallback ? 'on' : 'off';
  return String(fallback);
}

/** The option (or, for a switch, the two options) of a setting. */
function optionsOf(key: SettingKey): Option[] {
  const description = settingOf(key);
  const variables = [variableOf(description), ...(description.openshift ?? []).map(({ name }) => name)].join(', ');
  const isSwitch = description.kind.placeholder === '';
  const help = `${description.help} (default: ${fallbackText(description)}; ${variables}; ${key}:)${isSwitch ? `; --no-${description.flag} for off` : ''}`;
  const make = (flags: string): Option => new Option(flags, help).helpGroup(`${description.group}:`);
  return isSwitch ? [make(`--${description.flag}`), make(`--no-${description.flag}`).hideHelp()] : [make(`--${description.flag} ${description.kind.placeholder}`)];
}

/** Settings given as flags, as text. */
function flagsOf(program: Program, keys: readonly SettingKey[]): Map<SettingKey, string> {
  const flags = new Map<SettingKey, string>();
  for (const key of keys) {
    const [option] = optionsOf(key);
    const name = option?.attributeName() ?? '';
    if (program.getOptionValueSource(name) === 'cli') flags.set(key, String(program.getOptionValue(name)));
  }
  return flags;
}

function addCommand(program: Program, command: Command, options: ProgramOptions, finished: (code: ExitCode) => void): void {
  const sub = program.command(command.name).summary(command.summary).description(`${command.summary.charAt(0).toUpperCase()}${command.summary.slice(1)}.`);
  if (command.argument !== '') sub.addArgument(new Argument(command.argument, command.argumentHelp));
  for (const option of command.options) sub.addOption(new Option(option.flags, option.help));
  sub.option('--json', 'print the answer as JSON (docs/schemas)');
  sub.option('--plain', 'print text without colours and without fitting it to the terminal');
  if (command.settings.length > 0) sub.addOption(new Option('--config <file>', 'configuration file with settings by their keys, YAML or JSON (FAIRWAY_CONFIG)'));
  for (const group of groups) {
    for (const key of command.settings) if (settingOf(key).group === group) for (const option of optionsOf(key)) sub.addOption(option);
  }
  const examples = command.examples.map(({ line, does }) => `  ${line}\n      ${does}`).join('\n');
  const strength = command.settings.length > 3 ? '\n\nEach setting can be given as a flag, as one of the variables named, or in the configuration file;\nthe first of these wins.' : '';
  sub.addHelpText('after', `\nExamples:\n${examples}${strength}\n\nExit codes: 0 fine, 1 findings or refusals, 2 usage, 3 missing, 4 unreadable, 5 internal.`);
  sub.action(async () => {
    const given = sub.opts<Invocation['options']>();
    const plain = given['plain'] === true;
    finished(await command.run({
      args: sub.args,
      options: given,
      json: given['json'] === true,
      plain,
      terminal: options.terminal(plain),
      version: options.version,
      config: (more = {}) => {
        const flags = flagsOf(sub, command.settings);
        if (more.directory !== undefined) flags.set('directory', more.directory);
        const file = typeof given['config'] === 'string' ? given['config'] : null;
        const loaded = loadConfig({ flags, file });
        if (!loaded.ok) throw new CommandFailure(exitCodes.usage, loaded.problems.join('\n'));
        return loaded;
      },
    }));
  });
}

/** Runs a command line (without `node` and the program's name) and resolves with its exit code. Prints usage errors itself. */
export async function runCommandLine(argv: readonly string[], options: ProgramOptions): Promise<ExitCode> {
  const terminal = options.terminal(argv.includes('--plain'));
  let code: ExitCode = exitCodes.fine;
  const program = new Program('fairway')
    .description('Fairway serves OpenShift Routes through HAProxy, live, and tells why a request goes where it goes.')
    .version(options.version, '-V, --version', 'print the version')
    .helpCommand(false)
    .showSuggestionAfterError(true)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => { terminal.out(text); },
      writeErr: (text) => { terminal.err(text); },
      getOutHelpWidth: () => Math.min(terminal.width, 120),
      getErrHelpWidth: () => Math.min(terminal.width, 120),
    });
  program.addHelpText('after', `\nExamples:\n${options.commands.flatMap(({ examples }) => examples.slice(0, 1)).map(({ line, does }) => `  ${line}\n      ${does}`).join('\n')}\n\nfairway COMMAND --help lists every setting of a command.`);
  for (const command of options.commands) addCommand(program, command, options, (result) => { code = result; });
  for (const sub of program.commands) sub.copyInheritedSettings(program);
  if (argv.length === 0) {
    program.outputHelp({ error: true });
    return exitCodes.usage;
  }
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return code;
  } catch (error) {
    // commander has printed its own sentence, or the help that was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.fine : exitCodes.usage;
    if (error instanceof CommandFailure) {
      terminal.err(error.message.split('\n').map((line) => `fairway: ${line}\n`).join(''));
      if (error.hint !== null) terminal.err(`  ${error.hint}\n`);
      return error.code;
    }
    throw error;
  }
}
