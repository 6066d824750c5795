import { Command } from 'commander';

/** A command for the tool of the same name; `--json` prints exactly the tool's answer. */
export function toolCommand(name: string, description: string): Command {
  return new Command(name).description(description).option('--json', 'print the answer as JSON');
}
