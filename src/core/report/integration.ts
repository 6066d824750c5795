import { markdownTable } from '../text/markdown-table.js';
import { sanitizeLine } from '../text/terminal-text.js';
import type { TaskStateName } from '../run/task-state.js';
import { printable } from '../text/untrusted-text.js';

export interface IntegratedTask {
  readonly id: string;
  readonly wave: number;
  readonly branch: string;
  readonly commits: number;
  readonly state: TaskStateName;
  /** Neither complete nor skipped by the user. */
  readonly missing: boolean;
  /** Why it is not complete, in a few words; empty when it is complete. */
  readonly why: string;
  readonly onBase: boolean;
}

/** `unavailable`: the machine does not have the program. */
export type CheckOutcome = 'passed' | 'failed' | 'unavailable';

export interface IntegrationCheck {
  readonly name: string;
  readonly command: string;
  readonly outcome: CheckOutcome;
  readonly seconds: number;
  /** The end of what it printed, untrusted. */
  readonly output: string;
}

/** A path that a task changed outside its scope. */
export interface Trespass {
  readonly task: string;
  readonly path: string;
  readonly rule: string;
}

/** The results for the merged work of a run. Paths are relative to the repository. */
export interface Integration {
  readonly name: string;
  readonly runId: string;
  readonly checkedAt: string;
  readonly base: string;
  /** The branch or ref whose newest commit was checked. */
  readonly target: string;
  readonly commit: string;
  readonly tasks: readonly IntegratedTask[];
  readonly checks: readonly IntegrationCheck[];
  readonly trespasses: readonly Trespass[];
  /** Contract files of the plan, which an agent compares the code with. */
  readonly contracts: readonly string[];
}

/** `unchecked`: all tasks are complete, but no check that proves the result has passed. */
export type IntegrationStatus = 'passed' | 'failed' | 'incomplete' | 'unchecked';

/** A passed setup command proves nothing about the work. */
export const SETUP_CHECK = 'Setup';

/** Checks that the plan or the user named, as opposed to the usual ones of a detected technology. */
export const PLAN_CHECK = 'Plan';
export const GIVEN_CHECK = 'Given';

/**
 * `failed` if a check failed, else `incomplete` if a task is missing, else `unchecked` if nothing passed or a check of
 * the plan or the user could not run. Changes outside a scope do not affect the status.
 */
export function integrationStatus({ tasks, checks }: Pick<Integration, 'tasks' | 'checks'>): IntegrationStatus {
  if (checks.some(({ outcome }) => outcome === 'failed')) return 'failed';
  if (tasks.some(({ missing }) => missing)) return 'incomplete';
  const proves = checks.some(({ name, outcome }) => name !== SETUP_CHECK && outcome === 'passed');
  const lacks = checks.some(({ name, outcome }) => isAskedFor(name) && outcome === 'unavailable');
  return proves && !lacks ? 'passed' : 'unchecked';
}

/** Whether the plan or the user named the check; the others are guessed from the technology. */
export function isAskedFor(name: string): boolean {
  return name === PLAN_CHECK || name === GIVEN_CHECK;
}

/** A manifest's `integration` block. */
export interface IntegrationBlock {
  readonly status: IntegrationStatus;
  readonly report: string;
  readonly run_id: string;
  readonly checked_at: string;
  readonly branch: string;
  readonly commit: string;
  readonly tasks: { readonly total: number; readonly completed: number };
  readonly checks: readonly { readonly name: string; readonly command: string; readonly status: CheckOutcome }[];
  readonly out_of_scope: readonly Trespass[];
}

export const INTEGRATION_REPORT = 'integration-report.md';

export function integrationBlock(integration: Integration): IntegrationBlock {
  const { runId, checkedAt, target, commit, tasks, checks, trespasses } = integration;
  return {
    status: integrationStatus(integration),
    report: INTEGRATION_REPORT,
    run_id: runId,
    checked_at: checkedAt,
    branch: target,
    commit,
    tasks: { total: tasks.length, completed: tasks.filter(({ state }) => state === 'complete').length },
    checks: checks.map(({ name, command, outcome }) => ({ name, command, status: outcome })),
    out_of_scope: trespasses,
  };
}

/** The part of `integration-report.md` that o8 writes; people and agents write below it. */
export function integrationReport(integration: Integration): string {
  const { name, runId, checkedAt, base, target, commit, tasks, checks, trespasses, contracts } = integration;
  const complete = tasks.filter(({ state }) => state === 'complete').length;
  const failed = checks.filter(({ outcome }) => outcome === 'failed');
  const sections = [
    `# Integration Report: ${sanitizeLine(name)}`,
    `**Result: ${integrationStatus(integration).toUpperCase()}**`,
    markdownTable(
      ['item', 'value'],
      [
        ['Run', runId],
        ['Checked', `${target} at ${commit.slice(0, 12)}, ${checkedAt}`],
        ['Base branch', base],
        ['Tasks', `${String(complete)}/${String(tasks.length)} complete`],
        [
          'Checks',
          `${String(checks.filter(({ outcome }) => outcome === 'passed').length)}/${String(checks.length)} passed`,
        ],
        ['Outside scope', String(trespasses.length)],
      ],
    ),
    '## Branches',
    markdownTable(
      ['task', 'wave', 'branch', 'commits', 'status', `on ${base}`],
      tasks.map((task) => [
        task.id,
        String(task.wave),
        task.branch,
        String(task.commits),
        task.why === '' ? task.state : `${task.state}: ${task.why}`,
        task.onBase ? 'yes' : 'no',
      ]),
    ),
    '## Checks',
    checks.length === 0
      ? 'None: the plan names no command and no technology was recognised.'
      : markdownTable(
          ['check', 'command', 'result', 'time'],
          checks.map((check) => [check.name, `\`${check.command}\``, check.outcome, `${String(check.seconds)}s`]),
        ),
    ...failed.map((check) => `### ${check.name}: last output\n\n${indented(check.output)}`),
    '## Scope and contracts',
    trespasses.length === 0
      ? 'Every task stayed in its scope.'
      : markdownTable(
          ['task', 'path', 'rule'],
          trespasses.map(({ task, path, rule }) => [task, path, rule]),
        ),
    contracts.length === 0
      ? 'The plan has no contracts.'
      : `Check the code against: ${contracts.map((path) => `\`${printable(path)}\``).join(', ')}.`,
  ];
  return sections.join('\n\n');
}

/** Indented code block, because untrusted output could close a fenced one. */
function indented(output: string): string {
  const lines = output.trim().split('\n').map(sanitizeLine);
  return lines.map((line) => `    ${line}`.trimEnd()).join('\n');
}
