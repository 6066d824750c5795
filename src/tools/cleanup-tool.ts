import { o8, text } from '../core/base/text.js';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import * as z from 'zod';
import { takenBackNow } from '../git/refs/standing-reverts.js';
import { O8Error } from '../core/base/errors.js';
import { asideSuffix } from '../core/kept/aside.js';
import { resumeCommand } from '../core/run/open-runs.js';
import { taskOf } from '../core/run/run-state.js';
import { cleanupAnswerSchema, type CleanupResult } from '../core/run/request-results.js';
import { resolveCommit } from '../git/refs/refs.js';
import type { Repository } from '../git/door/repository.js';
import type { RunHome } from '../store/files/paths.js';
import { defineTool } from './context/define-tool.js';
import { askSupervisor } from './run/ask-supervisor.js';
import { readableRun, requireRun, requireTask } from './context/load-run.js';
import { RunFiles, type LoadedRun } from './context/run-files.js';
import { openRuns } from './context/find-open-runs.js';
import { takenTasks } from './context/taken-names.js';
import { refuseInterrupted } from './context/refuse-interrupted.js';
import { refuseNested } from './context/refuse-nested.js';
import { openContext } from './context/repository-context.js';
import { ownBranch, targetOf } from '../core/plan/target.js';

export const cleanup = defineTool({
  name: 'cleanup',
  title: 'Remove what a run left behind',
  description:
    'Remove worktrees and merged branches of finished tasks. Uncommitted work goes to a rescue ref; branches with unmerged commits stay unless force.',
  input: z.strictObject({
    runId: z.string().optional().describe('default: the newest run'),
    all: z.boolean().optional().describe('all finished runs'),
    task: z.string().optional().describe('only this task'),
    force: z.boolean().optional().describe('also delete branches with unmerged commits; the answer has the ids'),
    dryRun: z.boolean().optional().describe('show what would be removed; remove nothing'),
  }),
  output: cleanupAnswerSchema.extend({
    runId: z.string().optional(),
    runs: z.array(z.string()).optional().describe('with all: runs that had something to remove'),
    dryRun: z.boolean().optional(),
    takenBack: z
      .array(z.object({ task: z.string(), commit: z.string() }))
      .optional()
      .describe('work that was reverted on the base; reverting the commit restores it'),
  }),
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true },
  async run(input, context) {
    refuseNested('cleanup', context);
    const { home, repo } = await openContext(context);
    const dry = input.dryRun === true ? { dryRun: true } : {};
    if (input.all === true) {
      refuseOne(input);
      return { ...(await cleanAll(repo, home, input, context.env)), ...dry };
    }
    const run = await requireRun(home, input.runId);
    refuseInterrupted('cleanup', run);
    const result = await cleanOne(home, run, input, context.env);
    if (input.runId === undefined && input.task === undefined) {
      const others = (await openRuns(new RunFiles(home))).filter(({ plan }) => plan.runId !== run.plan.runId);
      result.kept.push(...others.map(openText));
    }
    const takenBack = await takenBackNow(repo, run.plan, run.state);
    return { runId: run.plan.runId, ...dry, ...result, ...(takenBack.length === 0 ? {} : { takenBack }) };
  },
});

type Wish = Pick<Input, 'task' | 'force' | 'dryRun'>;

interface Input {
  readonly runId?: string | undefined;
  readonly task?: string | undefined;
  readonly force?: boolean | undefined;
  readonly dryRun?: boolean | undefined;
}

function refuseOne({ runId, task }: Input): void {
  if (runId === undefined && task === undefined) return;
  throw new O8Error('usage', 'all cannot be combined with runId or task.', o8('cleanup', { run: runId, task }));
}

async function cleanOne(home: RunHome, run: LoadedRun, wish: Wish, env: NodeJS.ProcessEnv): Promise<CleanupResult> {
  const { plan } = run;
  const except = await takenTasks(home, run);
  const request = {
    kind: 'cleanup' as const,
    id: randomUUID(),
    task: wish.task === undefined ? null : requireTask(plan, wish.task),
    force: wish.force ?? false,
    dryRun: wish.dryRun ?? false,
    ...(except.length === 0 ? {} : { except }),
  };
  return askSupervisor(home, plan.runId, request, env);
}

/** Newest first. Unfinished runs are not touched, and while one is active no other run is either. */
async function cleanAll(
  repo: Repository,
  home: RunHome,
  wish: Wish,
  env: NodeJS.ProcessEnv,
): Promise<CleanupResult & { runs: string[] }> {
  const all: CleanupResult & { runs: string[] } = { runs: [], worktrees: [], branches: [], kept: [] };
  const files = new RunFiles(home);
  const open = await openRuns(files);
  all.kept.push(...open.map(openText));
  const alive = open.find(({ ownerAlive }) => ownerAlive);
  for (const runId of await files.list()) {
    if (open.some(({ plan }) => plan.runId === runId)) continue;
    const run = await readableRun(new RunFiles(home), runId);
    if (run === null || !(await hasLeftovers(repo, home, run))) continue;
    if (alive !== undefined) {
      const why = `run ${alive.plan.runId} is active`;
      all.kept.push({
        what: `run ${runId}`,
        why,
        hint: text`${o8('cleanup', { run: runId })}   (when that run has finished)`,
      });
      continue;
    }
    const result = await cleanOne(home, run, wish, env);
    all.runs.push(runId);
    all.worktrees.push(...result.worktrees);
    all.branches.push(...result.branches);
    all.kept.push(...result.kept);
  }
  return all;
}

function openText({ plan, ownerAlive }: LoadedRun): CleanupResult['kept'][number] {
  const { runId } = plan;
  return ownerAlive
    ? { what: `run ${runId}`, why: 'it is active', hint: o8('status', { run: runId }) }
    : {
        what: `run ${runId}`,
        why: 'it is interrupted',
        hint: text`${resumeCommand(runId)}   (or: ${o8('abort', { run: runId })})`,
      };
}

/** Whether the run has a branch or worktree left. Saves starting a supervisor for nothing, which takes a second a run. */
async function hasLeftovers(repo: Repository, home: RunHome, run: LoadedRun): Promise<boolean> {
  const { plan, state } = run;
  const taken = await takenTasks(home, run);
  const target = targetOf(plan);
  if (ownBranch(target) !== null && (await resolveCommit(repo, target.ref)) !== null) return true;
  const suffix = asideSuffix(plan.runId);
  for (const { id, branch, worktree } of plan.tasks) {
    if (existsSync(`${worktree}${suffix}`) || (await resolveCommit(repo, `refs/heads/${branch}${suffix}`)) !== null)
      return true;
    if (taskOf(state, id).start === null || taken.includes(id)) continue;
    if (existsSync(worktree) || (await resolveCommit(repo, `refs/heads/${branch}`)) !== null) return true;
  }
  return false;
}
