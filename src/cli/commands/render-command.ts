import { spelled } from '../../core/text/spelling.js';
import { inTerminal, o8 } from '../../core/base/text.js';
import { Command } from 'commander';
import type { GeneratedOutcome } from '../../core/text/generated-text.js';
import { renderPlan } from '../../tools/terminal/render-plan.js';
import type { Cli } from '../context/cli-context.js';
import { hintLines, safeLines } from '../context/terminal.js';

interface Flags {
  readonly check?: boolean;
  readonly json?: boolean;
}

/** `o8 render <dir>`: generates the files of a plan folder that derive from its task files. */
export function renderCommand(cli: Cli): Command {
  return new Command('render')
    .description('Write task-graph.md and the prompts of a plan folder from its task files, and check the plan')
    .argument('<parallel-dir>', 'folder with a manifest.json')
    .option('--check', 'write nothing; exit code 4 when something is missing, out of date or wrong')
    .option('--json', 'print the answer as JSON')
    .action(async (dir: string, flags: Flags) => {
      await render(cli, dir, flags);
    });
}

async function render({ terminal, context, exit }: Cli, dir: string, flags: Flags): Promise<void> {
  const check = flags.check === true;
  const result = await renderPlan(dir, check ? 'check' : 'write', context);
  if (!result.ok) exit.code = 4;
  if (flags.json === true) {
    terminal.print(JSON.stringify(spelled(result, context.reader)));
    return;
  }
  const words = result.files.map(({ path, outcome }) => ({ path, word: wordFor(outcome, check) }));
  const width = Math.max(...words.map(({ word }) => word.length));
  for (const { path, word } of words) terminal.print(safeLines(`${word.padEnd(width)}  ${path}`));
  if (result.findings.length > 0) terminal.print('');
  for (const { level, message, hint } of result.findings) {
    const mark = level === 'fail' ? terminal.colors.red('✗') : terminal.colors.yellow('•');
    terminal.print(`${mark} ${safeLines(message)}\n${hintLines(inTerminal(hint), 4)}`);
  }
  if (result.ok) terminal.print(`\nNext step: ${safeLines(inTerminal(o8('preflight', [dir])))}`);
}

function wordFor(outcome: GeneratedOutcome, check: boolean): string {
  switch (outcome) {
    case 'created':
      return check ? 'missing' : 'created';
    case 'updated':
      return check ? 'out of date' : 'updated';
    case 'unchanged':
      return 'unchanged';
    case 'kept':
      return 'kept as written';
  }
}
