import type { Command } from 'commander';
import { O8Error } from '../../core/base/errors.js';

/**
 * Options before a subcommand's name apply to the subcommand too. One that the subcommand does not have is refused with
 * O8Error `usage`: an ignored `--dry-run` would delete things.
 */
export function withOwnOptions(command: Command): Command {
  return command.enablePositionalOptions().hook('preAction', (parent, action) => {
    if (action !== parent) handDown(parent, action);
  });
}

function handDown(parent: Command, action: Command): void {
  for (const option of parent.options) {
    const key = option.attributeName();
    if (parent.getOptionValueSource(key) !== 'cli') continue;
    if (!action.options.some((own) => own.attributeName() === key)) {
      const name = `${parent.name()} ${action.name()}`;
      throw new O8Error('usage', `${name} has no option ${option.long ?? option.flags}`, `o8 ${name} --help`);
    }
    if (action.getOptionValueSource(key) !== 'cli') {
      action.setOptionValueWithSource(key, parent.getOptionValue(key), 'cli');
    }
  }
}
