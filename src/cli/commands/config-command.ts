import { o8, placeholder } from '../../core/base/text.js';
import { relative } from 'node:path';
import { Command } from 'commander';
import { O8Error } from '../../core/base/errors.js';
import { quotedOutput } from '../../core/text/quoted-output.js';
import { settingViews, withoutSetting, withSetting, type SettingView } from '../../core/config/setting-keys.js';
import type { SourceKind } from '../../core/plan/sources.js';
import type { SettingsFile } from '../../core/settings/settings.js';
import { guardFile } from '../../git/door/guard-file.js';
import { ensureExcluded } from '../../git/worktrees/worktrees.js';
import { checkShellCommands } from '../../process/programs/shell-syntax.js';
import { criticalSection } from '../../store/files/critical-section.js';
import { checkoutPaths } from '../../store/files/paths.js';
import { readSettingsFile, writeSettingsFile } from '../../store/runs/settings-file.js';
import { refuseNested } from '../../tools/context/refuse-nested.js';
import { openContext } from '../../tools/context/repository-context.js';
import { withOwnOptions } from '../context/subcommand-options.js';
import type { Cli } from '../context/cli-context.js';
import { safeLines } from '../context/terminal.js';

interface Flags {
  readonly json?: boolean;
}

/** `o8 config`, `o8 config set <key> <value>`, `o8 config reset [key]`: the settings file of this repository. */
export function configCommand(cli: Cli, name: 'config' | 'parallel-config'): Command {
  const command = new Command(name).description('Show and change the settings of this repository').exitOverride(); // before the subcommands are created: they inherit it
  command.option('--json', 'print the settings as JSON').action(async (flags: Flags) => {
    await show(cli, flags, name === 'config' ? 'manifest' : 'features');
  });
  command
    .command('set')
    .description('Change a setting: o8 config set merge.into base; lists and objects as JSON')
    .argument('<key>', 'setting, such as retries or agent.model')
    .argument('<value>', 'text, number or JSON')
    .action(async (key: string, value: string) => {
      if (SHELL_COMMANDS.has(key)) await refuseUnreadable(cli, key, value);
      await change(cli, async (root) => withSetting(await readSettingsFile(root), key, value));
      cli.terminal.print(`${key} is set. Runs that have already started keep their settings.`);
    });
  command
    .command('reset')
    .description('Reset one setting, or all of them, to the default')
    .argument('[key]', 'setting; default: all settings')
    .action(async (key: string | undefined) => {
      await change(cli, async (root) => (key === undefined ? {} : withoutSetting(await readSettingsFile(root), key)));
      cli.terminal.print(
        key === undefined ? 'All settings were reset to their defaults.' : `${key} was reset to its default.`,
      );
    });
  return withOwnOptions(command);
}

async function show({ terminal, context }: Cli, flags: Flags, kind: SourceKind): Promise<void> {
  const { root } = await openContext(context);
  const settings = settingViews(await readSettingsFile(root), kind);
  const file = checkoutPaths(root).config;
  if (flags.json === true) {
    terminal.print(JSON.stringify({ file, settings }));
    return;
  }
  const width = Math.max(...settings.map(({ key }) => key.length));
  for (const setting of settings) {
    const line = `${setting.key.padEnd(width)}  ${safeLines(valueText(setting))}`;
    terminal.print(setting.source === 'default' ? terminal.colors.dim(`${line}  (default)`) : line);
  }
  terminal.print(
    `\nSet in ${relative(context.cwd, file)}. A plan's own \`o8\` block and the flags of a command take precedence.`,
  );
}

function valueText({ value }: SettingView): string {
  if (value === null) return 'none';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Settings whose value `sh` runs. */
const SHELL_COMMANDS = new Set(['setup', 'verify']);

/** A command with a syntax error would fail every task: O8Error `usage` with the shell's own message. */
async function refuseUnreadable({ context }: Cli, key: string, command: string): Promise<void> {
  const { faults } = await checkShellCommands([command], context);
  for (const { said } of faults) {
    throw new O8Error(
      'usage',
      [`${key} is not a command that sh can parse:`, ...quotedOutput(said)].join('\n'),
      o8('config set', [key, placeholder('command')]),
    );
  }
}

/** Reads and writes the file under one lock, so that two changes at once are both kept. Agents may not change settings. */
async function change({ context }: Cli, next: (root: string) => Promise<SettingsFile>): Promise<void> {
  refuseNested('config', context);
  const { repo, root } = await openContext(context);
  await criticalSection(guardFile(repo))(async () => {
    const settings = await next(root);
    await ensureExcluded(repo, ['/.claude/parallel-config.json']);
    await writeSettingsFile(root, settings);
  });
}
