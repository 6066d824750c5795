import * as z from 'zod';
import { clockTime } from '../../core/text/clock-time.js';
import { heldViewSchema, acceptCommand } from '../../core/held/finding.js';
import { leftOutLines, leftOutSchema } from '../../core/run/left-out.js';
import type { TaskChange } from '../../core/report/status-view.js';
import { relative } from 'node:path';
import { betweenTasks, conflictsShape, printConflicts, printOrder } from './print-conflicts.js';
import { safeLines, type Terminal } from '../context/terminal.js';
import { counted } from '../../core/text/counted.js';
import { heldLines } from '../../core/held/held-text.js';

const checksSchema = z.object({
  ok: z.boolean(),
  checks: z.array(
    z.object({ id: z.string(), level: z.enum(['pass', 'warn', 'fail']), message: z.string(), hint: z.string() }),
  ),
});

export function printPreflight(result: unknown, { colors, print }: Terminal): void {
  const { ok, checks } = checksSchema.parse(result);
  const mark = { pass: colors.green('✓'), warn: colors.yellow('!'), fail: colors.red('✗') };
  for (const { level, message, hint } of checks) {
    print(`${mark[level]} ${safeLines(message)}`);
    if (level !== 'pass' && hint !== '') print(`    ${safeLines(hint)}`);
  }
  print(ok ? colors.green('\nReady.') : colors.red('\nNot ready: fix what is marked ✗.'));
}

/** Only what keeps a run from starting. */
export function printFailedChecks(result: unknown, { colors, warn }: Terminal): void {
  for (const { level, message, hint } of checksSchema.parse(result).checks) {
    if (level === 'fail') warn(`${colors.red('✗')} ${safeLines(message)}\n    ${safeLines(hint)}`);
  }
}

/** What does not keep a run from starting and is worth knowing before it does; gives what was said. */
export function printWarnings(result: unknown, { colors, print }: Terminal): string[] {
  const warnings = checksSchema.parse(result).checks.filter(({ level }) => level === 'warn');
  for (const { message, hint } of warnings)
    print(`${colors.yellow('Warning:')} ${safeLines(message)}\n    ${safeLines(hint)}`);
  return warnings.map(({ message }) => message);
}

const spawnSchema = z.object({
  runId: z.string().optional(),
  message: z.string(),
  warnings: z.array(z.string()).optional(),
  text: z.string().optional(),
});

export function printSpawn(result: unknown, { print, warn, colors }: Terminal): void {
  const { runId, message, warnings, text } = spawnSchema.parse(result);
  for (const warning of warnings ?? []) warn(`${colors.yellow('Warning:')} ${safeLines(warning)}`);
  if (text !== undefined) print(`${safeLines(text)}\n`);
  print(message);
  if (runId !== undefined) print(`Follow it: o8 status --run ${runId}`);
}

/** An answer that is one sentence, like that of `pause`. */
export function printMessage(result: unknown, { print }: Terminal): void {
  print(safeLines(z.object({ message: z.string() }).parse(result).message));
}

const landingSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('landed'), branch: z.string(), from: z.string(), to: z.string() }),
  z.object({ kind: z.literal('nothing'), reason: z.string() }),
  z.object({
    kind: z.literal('would_land'),
    from: z.string(),
    to: z.string(),
    commits: z.number(),
    message: z.string(),
  }),
  z.object({ kind: z.literal('would_conflict'), files: z.array(z.string()), message: z.string() }),
  z.object({ kind: z.literal('held'), reason: z.string(), files: z.array(z.string()), hint: z.string() }),
]);

const mergeSchema = z.object({
  runId: z.string(),
  state: z.string(),
  base: z.string(),
  target: z.string(),
  tasks: z.array(
    z.object({
      id: z.string(),
      state: z.string(),
      landed: z.string().optional(),
      files: z.array(z.string()).optional(),
      moreFiles: z.number().optional(),
      message: z.string().optional(),
      hint: z.string().optional(),
      held: heldViewSchema.optional(),
    }),
  ),
  landing: landingSchema.optional(),
  ...conflictsShape,
  order: z.array(z.string()).optional(),
  leftOut: leftOutSchema.optional(),
});

/** Gives whether everything that was asked for landed. */
export function printMerge(result: unknown, { colors, print }: Terminal): void {
  const { runId, tasks, landing, target, state: run, order, leftOut = [], ...predicted } = mergeSchema.parse(result);
  const width = Math.max(...tasks.map(({ id }) => id.length), 0);
  for (const { id, state, landed, files, moreFiles, message, hint, held } of tasks) {
    const why = held === undefined ? (message ?? '') : `held: ${held.what}`;
    const what = landed === undefined || why !== '' ? why : `in ${target} as ${landed.slice(0, 12)}`;
    print(`${id.padEnd(width)}  ${state}${what === '' ? '' : `  ${safeLines(what.split('\n')[0] ?? '')}`}`);
    for (const file of files ?? []) print(`${' '.repeat(width)}    ${safeLines(file)}`);
    if (moreFiles !== undefined) print(`${' '.repeat(width)}    and ${String(moreFiles)} more`);
    if (hint !== undefined) print(`${' '.repeat(width)}  ${hint}`);
    for (const line of held === undefined ? [] : heldLines(held, acceptCommand(runId, id)))
      print(`${' '.repeat(width)}  ${safeLines(line)}`);
  }
  printConflicts(betweenTasks(predicted), target, { colors, print }); // those with the target are told above
  printOrder(order, { print });
  if (landing !== undefined) printLanding(landing, { colors, print });
  const left = leftOutLines(leftOut, (command) => command);
  if (left.length > 0) print(`\n${safeLines(left.join('\n'))}`);
  if (run === 'running') print('\nThe run goes on: o8 status');
}

function printLanding(
  landing: z.infer<typeof landingSchema>,
  { colors, print }: Pick<Terminal, 'colors' | 'print'>,
): void {
  switch (landing.kind) {
    case 'landed':
      print(colors.green(`\nLanded on ${landing.branch}: ${landing.from.slice(0, 12)}..${landing.to.slice(0, 12)}`));
      return;
    case 'nothing':
      print(`\nNothing to land: ${landing.reason}.`);
      return;
    case 'would_land': {
      const range = `${landing.from.slice(0, 12)}..${landing.to.slice(0, 12)}`;
      print(`\nWould land: ${landing.message} (${range}, ${counted(landing.commits, 'commit')}).`);
      return;
    }
    case 'would_conflict':
      print(colors.red(`\nWould not land: ${landing.message}`));
      for (const file of landing.files) print(`  ${safeLines(file)}`);
      return;
    case 'held':
      print(colors.red(`\nNot landed: ${safeLines(landing.reason)}`));
      for (const file of landing.files) print(`  ${safeLines(file)}`);
      print(`  ${landing.hint}`);
  }
}

export function mergeLeftSomething(result: unknown): boolean {
  const { tasks, landing } = mergeSchema.parse(result);
  return landing?.kind === 'held' || tasks.some(({ state }) => state === 'merge_conflict' || state === 'merge_pending');
}

const cleanupSchema = z.object({
  dryRun: z.boolean().optional(),
  worktrees: z.array(z.object({ task: z.string(), path: z.string(), rescued: z.string().nullable() })),
  branches: z.array(z.object({ branch: z.string(), commit: z.string() })),
  kept: z.array(z.object({ what: z.string(), why: z.string(), hint: z.string() })),
  takenBack: z.array(z.object({ task: z.string(), commit: z.string() })).optional(),
});

export function printCleanup(result: unknown, root: string, { print }: Terminal): void {
  const { dryRun, worktrees, branches, kept, takenBack = [] } = cleanupSchema.parse(result);
  const verb = dryRun === true ? 'would remove' : 'removed';
  for (const { path, rescued } of worktrees) {
    print(`${verb} worktree ${relative(root, path)}${rescued === null ? '' : ` (uncommitted work kept: ${rescued})`}`);
  }
  for (const { branch, commit } of branches) print(`${verb} branch ${branch} (was ${commit})`);
  for (const { what, why, hint } of kept) print(`kept ${what}: ${why}\n    ${hint}`);
  for (const { task, commit } of takenBack)
    print(`${task} was taken back; git revert ${commit.slice(0, 12)} brings it back, also after the cleanup`);
  if (worktrees.length + branches.length + kept.length === 0) print('Nothing to clean up.');
}

/** How a task's state reads in the terminal: the same words everywhere. */
export function stateWords(task: TaskChange): string {
  switch (task.state) {
    case 'failed':
      return `failed: ${task.reason ?? ''}`;
    case 'blocked':
      return `blocked by ${(task.blockedBy ?? []).join(', ')}`;
    case 'merge_conflict':
      return `conflict: ${[...(task.files ?? []), ...(task.moreFiles === undefined ? [] : [`${String(task.moreFiles)} more`])].join(', ')}`;
    case 'merge_pending':
      if (task.held !== undefined) return `held: ${safeLines(task.held.what)}`;
      return task.message === undefined ? 'merging' : `waiting to merge: ${task.message}`;
    case 'complete':
      return `complete (${counted(task.commits ?? 0, 'commit')})`;
    case 'worktree_created':
      return task.pausedUntil === undefined
        ? 'starting'
        : `waiting until ${clockTime(new Date(task.pausedUntil), new Date())}`;
    case 'queued':
    case 'running':
    case 'skipped':
    case 'aborted':
      return task.state;
  }
}
