import { commands } from '../../src/cli/commands.ts';
import { fallbackText } from '../../src/cli/commander-program.ts';
import type { Command } from '../../src/cli/command.ts';
import { groups, variableOf } from '../../src/config/setting.ts';
import { settingKeys, settingOf } from '../../src/config/settings.ts';
import type { SettingKey } from '../../src/config/settings.ts';
import { foreignVariables } from '../../src/config/openshift-variables.ts';
import type { MadeSection } from './made-section.ts';
import { anchorOf, code, table } from './markdown.ts';

const flagOf = (key: SettingKey): string => {
  const { flag, kind } = settingOf(key);
  return kind.placeholder === '' ? `--${flag}, --no-${flag}` : `--${flag} ${kind.placeholder}`;
};

/** What a command takes besides its own options. */
function settingsOf({ settings }: Command): string {
  if (settings.length === 0) return '';
  const configuration = '[configuration.md](configuration.md)';
  if (settings.length === settingKeys.length) return `Settings: all of ${configuration}.`;
  return `Settings (${configuration}): ${settings.map((key) => code(`--${settingOf(key).flag}`)).join(', ')}.`;
}

const commandText = (command: Command): string => [
  `## ${code(`fairway ${[command.name, command.argument].join(' ').trim()}`)}`,
  `${command.summary.charAt(0).toUpperCase()}${command.summary.slice(1)}.${command.argument === '' ? '' : ` ${code(command.argument)}: ${command.argumentHelp}.`}`,
  ...(command.options.length === 0 ? [] : [table(['option', 'does'], command.options.map(({ flags, help }) => [code(flags), help]))]),
  settingsOf(command),
  command.examples.map(({ line, does }) => `* ${code(line)}  \n  ${does}`).join('\n'),
].filter((part) => part !== '').join('\n\n');

function settingsText(): string {
  return groups.flatMap((group) => {
    const keys = settingKeys.filter((key) => settingOf(key).group === group);
    if (keys.length === 0) return [];
    const rows = keys.map((key) => {
      const description = settingOf(key);
      const variables = [variableOf(description), ...(description.openshift ?? []).map(({ name }) => name)];
      return [code(flagOf(key)), `${description.help}${description.judges === true ? ' †' : ''}`, fallbackText(description), variables.map(code).join(' '), code(key)];
    });
    return [`## ${group}\n\n${table(['flag', 'meaning', 'default', 'variables, strongest first', 'key in the file'], rows)}`];
  }).join('\n\n');
}

const foreignText = (): string =>
  table(['variable', 'when it is set', 'why, and what to do'], foreignVariables.map(({ name, treatment, why, harmless }) => [
    code(name), treatment === 'refused' ? 'start is refused' : 'a line in the log', `${why}${harmless === undefined ? '' : ` (No matter while it is ${harmless.map(code).join(', ')}.)`}`,
  ]));

const listText = (): string =>
  table(['command', 'does'], commands.map(({ name, argument, summary }) => {
    const title = `fairway ${[name, argument].join(' ').trim()}`;
    return [`[${code(title)}](#${anchorOf(title)})`, summary];
  }));

export const commandSections: readonly MadeSection[] = [
  { page: 'docs/commands.md', name: 'list of commands', from: 'src/cli/commands.ts', text: listText },
  { page: 'docs/commands.md', name: 'commands', from: 'src/cli/commands.ts', text: () => commands.map(commandText).join('\n\n') },
  { page: 'docs/configuration.md', name: 'settings', from: 'src/config/settings.ts', text: settingsText },
  { page: 'docs/configuration.md', name: 'variables without a setting', from: 'src/config/openshift-variables.ts', text: foreignText },
];
