import { inTerminal, o8 } from '../../core/base/text.js';
import { O8Error } from '../../core/base/errors.js';
import { openContext } from '../../tools/context/repository-context.js';
import { planWord } from '../../tools/context/nearest-plans.js';
import { previewStart, type StartPreview } from '../../tools/terminal/start-preview.js';
import { spawn } from '../../tools/spawn-tool.js';
import type { ToolAnswer } from '../../tools/catalogue.js';
import { callTool } from '../context/call-tool.js';
import { onlyGiven } from '../context/given.js';
import type { NamedSource } from '../../core/plan/sources.js';
import { spawnInput, type RunFlags } from '../context/options.js';
import { printPlan } from '../print/print-plan.js';
import type { Cli } from '../context/cli-context.js';
import { hintLines, safeLines, type Terminal } from '../context/terminal.js';

type ShownCheck = ToolAnswer<'preflight'>['checks'][number];

/** Preflight checks a new plan: it reports names that belong to the run to be continued, or that --force moves aside. */
const OWN_NAMES = ['branch-collision', 'worktree-collision'];

/** Warnings that a plan of features already shows beside each feature. */
const IN_THE_PLAN = ['feature-stories', 'feature-plan', 'feature-overlap', 'feature-dependencies'];

/** Prints the plan, the checks that did not pass and changed commands. Sets exit code 4 when a start would be refused. */
export async function dryRun(
  { terminal, context, exit }: Cli,
  plan: ToolAnswer<'plan'> | null,
  named: NamedSource,
  flags: RunFlags & { readonly json?: boolean },
): Promise<void> {
  if (plan === null) {
    const { root } = await openContext(context);
    throw new O8Error('usage', '--dry-run needs a plan.', o8('run', [await planWord(root)], { dryRun: true }));
  }
  const start = await previewStart(spawn.input.parse(onlyGiven(spawnInput(named, flags))), context);
  const answer = await callTool('preflight', { ...named, wave: flags.wave, skip: flags.skip }, context);
  const ignored = [
    ...(start.continues !== null || flags.force === true ? OWN_NAMES : []),
    ...(start.continues === null ? [] : ['dependencies']),
    ...(flags.force === true ? ['lock'] : []),
  ];
  const checks = answer.checks.filter(({ id, level }) => level !== 'pass' && !ignored.includes(id));
  const failed = checks.some(({ level }) => level === 'fail') && flags.skipPreflight !== true;
  if (failed || start.refusal !== null) exit.code = 4;
  if (flags.json === true) {
    terminal.print(JSON.stringify({ ...plan, ok: exit.code !== 4, checks }));
    return;
  }
  printPlan(plan, terminal);
  const unsaid = checks.filter(({ id, level }) => level === 'fail' || !IN_THE_PLAN.includes(id));
  if (unsaid.length > 0) printChecks(unsaid, terminal);
  printStart(start, terminal);
  terminal.print('\nDry run complete. No files modified.');
}

function printChecks(checks: readonly ShownCheck[], { colors, print }: Terminal): void {
  print('\nPre-flight checks:');
  for (const { level, message, hint } of checks) {
    print(`${level === 'fail' ? colors.red('✗') : colors.yellow('!')} ${safeLines(message)}`);
    if (hint !== '') print(hintLines(hint, 4));
  }
}

function printStart({ continues, text, changed, refusal }: StartPreview, { print }: Terminal): void {
  if (continues !== null) print(`\nRun ${continues} would be resumed.`);
  if (changed !== null) print(`\n${safeLines(inTerminal(changed))}`);
  if (text !== null) print(`\n${safeLines(inTerminal(text))}`);
  if (refusal !== null) print(`\n${safeLines(refusal.message)}\n${hintLines(inTerminal(refusal.hint), 4)}`);
}
