import { o8, placeholder, text, type Text } from '../base/text.js';
import type { PlannedCommand } from '../plan/plan-commands.js';
import { plannedCommands } from '../plan/plan-commands.js';
import { relativePath } from '../plan/plan-text.js';
import type { Plan } from '../plan/plan.js';
import { fail, findingsOr, someOf, warn, type Check } from '../base/check.js';
import { shellQuote } from '../base/shell-quote.js';
import { printable, quote } from '../text/untrusted-text.js';
import { isOnlyComment } from './command-word.js';
import { sourceOf } from '../plan/sources.js';

/** The result of a syntax check of the plan's commands; the shell does not run them. */
export interface ShellFacts {
  /** `said`: the shell's message; `isBash`: the command is valid bash, but o8 uses sh. */
  readonly faults: readonly { readonly command: string; readonly said: string; readonly isBash: boolean }[];
  /** Commands whose first word is not a program or builtin on this machine. */
  readonly missing: readonly { readonly command: string; readonly word: string }[];
}

const MOST_SAID = 400;

/** Checks the syntax of the plan's commands. `fromManifest`: those defined in the plan's own files. */
export function shellCommandChecks(
  plan: Plan,
  { faults, missing }: ShellFacts,
  fromManifest: readonly PlannedCommand[],
): readonly Check[] {
  const own = new Set(fromManifest.map(({ command }) => command));
  const findings = plannedCommands(plan).flatMap((planned): Check[] => {
    const { command } = planned;
    const where = `${planned.kind} (${occasion(planned)})`;
    const correct = correction(plan, planned, own.has(command));
    const fault = faults.find((each) => each.command === command);
    if (fault !== undefined) {
      const message = `${where} is not a valid shell command: ${saidText(fault.said)}\n  ${quote(command)}`;
      return [fail('shell-commands', message, fault.isBash ? bashHint(command, correct) : correct, tasksOf(planned))];
    }
    const word = missing.find((each) => each.command === command)?.word;
    if (word !== undefined) {
      const message = `${where} begins with ${quote(word)}, which is not a command on this machine: ${quote(command)}`;
      return [warn('shell-commands', message, text`${correct}, unless setup installs it`, tasksOf(planned))];
    }
    if (planned.kind !== 'setup' && isOnlyComment(command)) {
      return [warn('shell-commands', `${where} is only a comment and checks nothing`, correct, tasksOf(planned))];
    }
    return [];
  });
  return findingsOr(findings, 'shell-commands', 'Every command is a valid shell command');
}

function occasion(planned: PlannedCommand): string {
  if (planned.kind === 'validation') return `after wave ${String(planned.wave)}`;
  return planned.tasks === 'all' ? 'every task' : someOf(planned.tasks);
}

function tasksOf(planned: PlannedCommand): readonly string[] {
  return planned.kind === 'validation' || planned.tasks === 'all' ? [] : planned.tasks;
}

function correction(plan: Plan, { kind }: PlannedCommand, fromManifest: boolean): Text {
  const { planFolder } = sourceOf(plan.source);
  if (!fromManifest || planFolder === null)
    return text`Run '${o8('config set', [kind, placeholder('a shell command')])}'`;
  return `Correct it in ${relativePath(plan.root, planFolder.manifest)}${kind === 'validation' ? '' : ' or the task file'}`;
}

/** o8 runs it with sh, which is not bash on many machines. */
function bashHint(command: string, correct: Text): Text {
  const short = command.length <= MOST_SAID && !command.includes('\n');
  return text`${correct}: sh runs it, not bash. ${short ? `As bash: bash -c ${shellQuote(command)}` : 'Put it into a script for bash'}`;
}

/** Only the first line; the others repeat the command. */
function saidText(said: string): string {
  const [first = ''] = said.split('\n');
  return printable(first.length > MOST_SAID ? `${first.slice(0, MOST_SAID)}…` : first);
}
