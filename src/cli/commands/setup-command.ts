import { Command } from 'commander';
import { setUpRepository, type SetupFile } from '../../tools/terminal/set-up-repository.js';
import type { Cli } from '../context/cli-context.js';
import { safeLines } from '../context/terminal.js';

interface Flags {
  readonly tech?: readonly string[];
  readonly json?: boolean;
}

/** `o8 setup`: creates a folder for plans. */
export function setupCommand(cli: Cli): Command {
  return new Command('setup')
    .description('Create parallel/, a folder for plans, and describe it in CLAUDE.md; overwrites nothing')
    .option('--tech <names>', 'technologies of the repository, comma-separated; default: detected from its files', list)
    .option('--json', 'print the answer as JSON')
    .action(async (flags: Flags) => {
      await setUp(cli, flags);
    });
}

function list(text: string, before: readonly string[] = []): string[] {
  const names = text.split(/[,\s]+/).filter((name) => name !== '');
  return [...before, ...names.map((name) => name.toLowerCase())];
}

async function setUp({ terminal, context }: Cli, flags: Flags): Promise<void> {
  const result = await setUpRepository(flags.tech ?? null, context);
  if (flags.json === true) {
    terminal.print(JSON.stringify(result));
    return;
  }
  const { files, technologies, worktreeInclude } = result;
  if (technologies.length > 0) terminal.print(safeLines(`Technology: ${technologies.join(', ')}\n`));
  for (const file of files) terminal.print(line(file));
  if (worktreeInclude.length > 0) {
    terminal.print(
      '\nWorktrees do not contain files that git ignores. To copy these, list them in .worktreeinclude:\n',
    );
    for (const path of worktreeInclude) terminal.print(`  ${safeLines(path)}`);
  }
  const changed = files.filter(({ outcome }) => outcome === 'created' || outcome === 'updated');
  if (changed.length > 0) terminal.print(`\nCommit them: git add ${changed.map(({ path }) => path).join(' ')}`);
  const decompose = context.env['CLAUDECODE'] === '1' ? '/parallel-decompose <prd>, or ' : '';
  terminal.print(`Next step: ${decompose}write a plan as parallel/README.md shows`);
}

function line({ path, outcome, note }: SetupFile): string {
  return `${outcome.padEnd('unchanged'.length)}  ${path}${note === '' ? '' : ` (${note})`}`;
}
