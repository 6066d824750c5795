import type { Command } from 'commander';
import { runTool } from '../../tools/context/run-tool.js';
import { plan } from '../../tools/plan-tool.js';
import type { Cli } from '../context/cli-context.js';
import { onlyGiven } from '../context/given.js';
import { addPlanning, namedBy, PLAN_WORDS, planInput, type RunFlags } from '../context/options.js';
import { toolCommand } from '../context/tool-command.js';
import { printPlan } from '../print/print-plan.js';

export function planCommand({ terminal, context }: Cli): Command {
  return addPlanning(
    toolCommand('plan', 'Show what a run would do; writes nothing').argument('[parallel-dir | slugs...]', PLAN_WORDS),
  ).action(async (words: string[], flags: RunFlags & { json?: boolean }) => {
    const result = await runTool(plan, onlyGiven(planInput(namedBy(words, flags, context.cwd), flags)), context);
    if (flags.json === true) terminal.print(JSON.stringify(result));
    else printPlan(result, terminal);
  });
}
