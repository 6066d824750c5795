import type { RunFlag } from '../run/run-flag.js';
import { spell, type Reader, type Spelled } from '../text/spelling.js';
import { o8, type Command, withFlags } from '../base/text.js';
import { heldLines } from '../held/held-text.js';
import { acceptCommand } from '../held/finding.js';
import { validationLines, type FailedValidation } from '../run/failed-validations.js';
import { leftOutLines, type LeftOut } from '../run/left-out.js';
import type { TakenBack } from '../merge/landings.js';
import type { TaskView } from './status-view.js';
import type { WavePlan } from './progress.js';
import { counted } from '../text/counted.js';
import { targetOfAnswer, wayToLand } from '../plan/target.js';

export interface ReportInput {
  readonly runId: string;
  /** The `--run` flag for commands about the run. */
  readonly runFlag: RunFlag;
  readonly state: string;
  readonly tasks: ReadonlyMap<string, TaskView>;
  readonly waves: readonly WavePlan[];
  /** Features have only one wave, so the waves are not listed for them. */
  readonly of: 'tasks' | 'features';
  readonly base: string;
  readonly target: string;
  readonly landed: boolean;
  readonly takenBack: readonly TakenBack[];
  readonly failedValidations: readonly FailedValidation[];
  readonly leftOut?: readonly Spelled<LeftOut>[];
  readonly commands: {
    readonly run: Command;
    /** The command to check the work before it lands, null if none is suggested. */
    readonly integrate: Command | null;
    readonly cleanup: Command;
  };
  /** Also the reader for whom texts in `tasks` and `leftOut` are already spelled. */
  readonly reader: Reader;
  /** Formats an absolute path for the reader. */
  readonly show: (path: string) => string;
}

/** The final report: waves, branches, tasks that need the user, and the next step. */
export function finalReport(input: ReportInput): string {
  const { state, tasks, waves } = input;
  const all = waves
    .flatMap((wave) => wave.tasks.flatMap((id) => tasks.get(id) ?? []))
    .filter((task) => task.state !== 'skipped');
  const complete = all.filter((task) => task.state === 'complete');
  const lines = [
    `=== Parallel Execution ${state === 'completed' ? 'Complete' : state === 'aborted' ? 'Aborted' : 'Finished'} ===`,
    '',
  ];
  for (const wave of waves) {
    const members = wave.tasks.flatMap((id) => tasks.get(id) ?? []).filter((task) => task.state !== 'skipped');
    if (members.length > 0 && input.of === 'tasks')
      lines.push(`Wave ${String(wave.wave)}: ${ratio(members)} tasks completed`);
  }
  lines.push(`Total: ${ratio(all)} ${input.of} completed`);
  if (complete.length > 0) {
    lines.push(
      '',
      'Branches created:',
      ...complete.map((task) => `  - ${task.branch} (${counted(task.commits, 'commit')})`),
    );
  }
  if (input.takenBack.length > 0) {
    const again = input.takenBack.map(
      ({ task, commit }) => `  - ${task} (git revert ${commit.slice(0, 12)} restores it)`,
    );
    lines.push('', `Reverted on ${input.base}:`, ...again);
  }
  const open = all.filter((task) => task.state !== 'complete');
  if (open.length > 0) lines.push('', 'Not completed:', ...open.flatMap((task) => openLines(task, input)));
  for (const each of input.failedValidations)
    lines.push('', ...validationLines(each, input.runFlag).map((line) => spell(line, input.reader)));
  const notes = all.flatMap((task) => (task.notes ?? []).map((note) => `  - ${task.id}: ${note}`));
  if (notes.length > 0) lines.push('', 'Notes:', ...notes);
  const leftOut = leftOutLines(input.leftOut ?? []);
  if (leftOut.length > 0) lines.push('', ...leftOut);
  lines.push('', `Next step: ${nextStep(all, input)}`);
  return lines.join('\n');
}

/**
 * The last line printed about a followed run, for people and scripts; counts that are zero are omitted, except
 * `completed`.
 */
export function summaryLine(tasks: Iterable<TaskView>): string {
  const all = [...tasks];
  const count = (state: TaskView['state']): number => all.filter((task) => task.state === state).length;
  const [failed, conflicts, blocked] = [count('failed'), count('merge_conflict'), count('blocked')];
  const pulls = all.filter(hasOpenPull).length;
  const held = count('merge_pending') - pulls; // finished, but the user must decide something or clean a checkout first
  return [
    `Summary: ${String(count('complete'))} completed`,
    ...(failed > 0 ? [`${String(failed)} failed`] : []),
    ...(conflicts > 0 ? [`${String(conflicts)} conflicts`] : []),
    ...(blocked > 0 ? [`${String(blocked)} blocked`] : []),
    ...(held > 0 ? [`${String(held)} held`] : []),
    ...(pulls > 0 ? [`${counted(pulls, 'pull request')} open`] : []),
  ].join(', ');
}

/** Lines quoted from a failed command or agent; `o8 status` shows more, the log all of them. */
const MOST_QUOTED_LINES = 6;

function openLines(task: TaskView, { runId, runFlag, reader, show }: ReportInput): string[] {
  if (task.held !== undefined) {
    const commands = heldLines(task.held, spell(acceptCommand(runId, task.id), reader));
    const lines = commands.map((line) => `      ${line.replaceAll(task.worktree, show(task.worktree))}`);
    return [`  - ${task.id}: held: ${task.held.what}`, ...lines];
  }
  const why = task.reason ?? (task.blockedBy === undefined ? task.state : `blocked by ${task.blockedBy.join(', ')}`);
  if (hasOpenPull(task)) {
    return [`  - ${task.id}: pull request ${task.pull?.url ?? ''} (${task.pull?.why ?? 'opened'})`];
  }
  const [first, ...output] = task.message?.split('\n') ?? [];
  const lines = [`  - ${task.id}: ${why}${first === undefined ? '' : ` (${first})`}`];
  for (const line of output.slice(-MOST_QUOTED_LINES)) lines.push(`      ${line}`);
  for (const file of task.files ?? []) lines.push(`      ${file}`);
  if (task.moreFiles !== undefined) lines.push(`      and ${String(task.moreFiles)} more`);
  if (task.state === 'failed' && task.attempt > 0) {
    lines.push(
      `      why: ${spell(o8('logs', [task.id], { verify: task.reason === 'verify_failed', ...runFlag }), reader)}`,
    );
  }
  if (task.state === 'failed' || task.state === 'merge_conflict') lines.push(`      worktree: ${show(task.worktree)}`);
  if (task.hint !== undefined) lines.push(`      ${task.hint.replaceAll(task.worktree, show(task.worktree))}`);
  return lines;
}

function nextStep(tasks: readonly TaskView[], input: ReportInput): string {
  const { base, target, landed, takenBack, commands, runFlag, reader } = input;
  const integrate = commands.integrate === null ? null : spell(commands.integrate, reader);
  const [run, merge, cleanup] = [
    spell(commands.run, reader),
    spell(o8('merge', runFlag), reader),
    spell(withFlags(commands.cleanup, runFlag.run === undefined ? {} : { run: runFlag.run }), reader),
  ];
  const some = (...states: TaskView['state'][]): boolean => tasks.some((task) => states.includes(task.state));
  const isOff = (id: string): boolean => takenBack.some(({ task }) => task === id);
  const isLeft = tasks.some(({ id, state }) => state === 'complete' && !isOff(id));
  const way = wayToLand(targetOfAnswer(target, base));
  const isOnBase = way === 'as_merged' || way === 'by_pull_request' || landed;
  const lands = isLeft && !landed && way === 'with_merge';
  const again = `${run} --retry-failed`;
  if (some('merge_conflict')) {
    return `resolve the conflicts, then ${merge}${some('failed', 'aborted') ? `; to retry the failed tasks: ${again}` : ''}`;
  }
  if (some('failed', 'aborted')) {
    return `${again}${lands ? `, or ${merge} to land what is complete` : ''}`;
  }
  if (tasks.some((task) => task.held !== undefined)) return 'decide on the held tasks (commands above)';
  if (input.failedValidations.length > 0) {
    return `fix the validation command or the code it checks, then ${again}${lands ? `, or ${merge} to land what is complete` : ''}`;
  }
  const open = tasks.filter(({ state }) => state === 'merge_pending');
  if (open.length > 0 && open.every(hasOpenPull)) {
    return `${spell(o8('merger', runFlag), reader)} merges the open pull requests that are ready`;
  }
  if (some('merge_pending')) return `resolve what blocks the merge (see above), then ${merge}`;
  if (some('blocked'))
    return lands ? `${merge} to land what is complete` : `resolve what blocks the tasks above, then ${run}`;
  if (takenBack.length > 0 && !isLeft)
    return `all work of the run has been reverted on ${base}; ${cleanup} removes the remaining worktrees and branches`;
  if (takenBack.length > 0 && isOnBase) {
    return `${base} is up to date except for reverted work; ${cleanup} removes the remaining worktrees and branches`;
  }
  if (isOnBase) return `everything is on ${base}; ${cleanup} removes the remaining worktrees and branches`;
  if (way === 'never') return 'merge the branches above yourself; with merge.into none, o8 does not land them';
  return `${integrate === null ? '' : `${integrate}\nThen: `}${merge} (puts ${target} on ${base})`;
}

/** Nothing holds it back but who merges its pull request. */
export function hasOpenPull(task: Pick<TaskView, 'state' | 'pull' | 'hint' | 'held'>): boolean {
  return (
    task.state === 'merge_pending' && task.pull !== undefined && task.hint === undefined && task.held === undefined
  );
}

function ratio(tasks: readonly TaskView[]): string {
  return `${String(tasks.filter((task) => task.state === 'complete').length)}/${String(tasks.length)}`;
}
