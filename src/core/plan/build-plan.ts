import { resolve } from 'node:path';
import { O8Error } from '../base/errors.js';
import type { Plan, PlannedTask, SourcePlan, SourceTask } from './plan.js';
import { agentSettingsOf } from '../settings/agent-settings.js';
import type { Settings } from '../settings/settings.js';
import { sourceOf, worktreeFolder, type PlanSource } from './sources.js';
import { newTarget } from './target.js';
import { someOf } from '../base/check.js';

/** Git's default name for the remote that was cloned. */
const DEFAULT_REMOTE = 'origin';
/** Keeps the message short; a plan may have 500 tasks. */
const MOST_NAMED = 10;

export interface PlanInput {
  readonly runId: string;
  readonly createdAt: string;
  readonly root: string;
  readonly source: SourcePlan;
  readonly settings: Settings;
  readonly base: { readonly branch: string; readonly commit: string };
  /** The remote of the base branch, for pull requests. */
  readonly remote?: string | null;
  /** Ids or stems the user excludes. */
  readonly skip: readonly string[];
  /** The only wave to run, null for all. */
  readonly wave: number | null;
}

/** Determines names, paths and settings of every task. Does no I/O. */
export function buildPlan(input: PlanInput): Plan {
  const { root, source, settings } = input;
  const waves = wavesOf(source);
  const { wave } = input;
  if (wave !== null && !waves.some(({ number }) => number === wave)) {
    const known = waves.map(({ number }) => String(number)).join(', ');
    throw new O8Error(
      'unknown_task',
      `The plan has no wave ${String(wave)}. Its waves: ${known}`,
      'Use one of them with --wave.',
    );
  }
  const skipped = new Set(input.skip.map((name) => findTask(source.tasks, name).id));
  return {
    version: 1,
    runId: input.runId,
    createdAt: input.createdAt,
    root,
    source: source.source,
    base: { ...input.base },
    landed: {},
    target: newTarget(settings.merge.into, input.runId, input.base.branch, input.remote ?? DEFAULT_REMOTE),
    settings,
    tasks: source.tasks.map((task) => planTask(task, source.source, settings, root)),
    waves,
    skip: source.tasks.filter(({ id }) => skipped.has(id)).map(({ id }) => id),
    wave,
  };
}

/** The tasks that this run works on. */
export function selectedTasks(plan: Plan): PlannedTask[] {
  const left = new Set(leftOutTasks(plan).map(({ task }) => task.id));
  return plan.tasks.filter(({ id }) => !left.has(id));
}

export interface LeftOut {
  readonly task: PlannedTask;
  readonly why: 'user' | 'other_wave';
}

/** The tasks that this run leaves out: skipped by the user, or in another wave than the chosen one. */
export function leftOutTasks(plan: Plan): LeftOut[] {
  const skipped = new Set(plan.skip);
  return plan.tasks.flatMap((task): LeftOut[] => {
    if (skipped.has(task.id)) return [{ task, why: 'user' }];
    return plan.wave !== null && task.wave !== plan.wave ? [{ task, why: 'other_wave' }] : [];
  });
}

/** Names, paths and settings of a task. `root`: of the repository. */
export function planTask(task: SourceTask, source: PlanSource, settings: Settings, root: string): PlannedTask {
  const { branch, worktreeName } = sourceOf(source);
  return {
    id: task.id,
    stem: task.stem,
    wave: task.wave,
    deps: [...task.deps],
    agent: task.agent,
    component: task.component,
    prompt: task.prompt,
    promptKind: task.promptKind,
    promptFile: task.promptFile,
    scope: task.scope,
    branch: branch(task.stem),
    worktree: resolve(root, worktreeFolder(source, settings), worktreeName(task.id)),
    setup: task.setup ?? settings.setup,
    verify: task.verify ?? settings.verify,
    timeoutMinutes: task.timeoutMinutes ?? settings.timeout,
    budgetUsd: task.budgetUsd ?? settings.budget.taskUsd,
    retries: task.retries ?? settings.retries,
    model: task.model ?? agentSettingsOf(settings, task.agent).model,
    ...(task.priority === undefined ? {} : { priority: task.priority }),
    ...(task.begun === true ? { begun: true } : {}),
  };
}

function wavesOf(source: SourcePlan): Plan['waves'] {
  const validations = new Map(source.waves.map(({ number, validation }) => [number, validation]));
  const numbers = new Set([...validations.keys(), ...source.tasks.map(({ wave }) => wave)]);
  return [...numbers]
    .sort((a, b) => a - b)
    .map((number) => ({
      number,
      tasks: source.tasks.filter(({ wave }) => wave === number).map(({ id }) => id),
      validation: validations.get(number) ?? null,
    }));
}

function findTask(tasks: readonly SourceTask[], name: string): SourceTask {
  const task = tasks.find(({ id }) => id === name) ?? tasks.find(({ stem }) => stem === name);
  if (task !== undefined) return task;
  const known = someOf(
    tasks.map(({ id }) => id),
    MOST_NAMED,
  );
  throw new O8Error(
    'unknown_task',
    `The plan has no task '${name}'. Its tasks: ${known}`,
    'Use one of them with --skip.',
  );
}
