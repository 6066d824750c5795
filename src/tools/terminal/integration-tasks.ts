import { relative, sep } from 'node:path';
import type { IntegratedTask, Trespass } from '../../core/report/integration.js';
import { baseRef, basePresence, landingOfTask, takenBackText } from '../../core/merge/landings.js';
import type { PlannedTask } from '../../core/plan/plan.js';
import { sourceOf } from '../../core/plan/sources.js';
import { taskOf } from '../../core/run/run-state.js';
import { partlyAllowed, scopeViolations } from '../../core/scope/scope-check.js';
import { mergedCommit, type TaskState } from '../../core/run/task-state.js';
import { changedPaths } from '../../git/diff/changes.js';
import { readFileParts } from '../../git/definitions/enclosing-definitions.js';
import { isAncestor, resolveCommit } from '../../git/refs/refs.js';
import type { Repository } from '../../git/door/repository.js';
import { takenBackNow } from '../../git/refs/standing-reverts.js';
import type { LoadedRun } from '../context/run-files.js';

/** Where the work of each task is, in the order of the plan. */
export async function integratedTasks(repo: Repository, { plan, state }: LoadedRun): Promise<IntegratedTask[]> {
  const base = await resolveCommit(repo, baseRef(plan));
  const tasks: IntegratedTask[] = [];
  const takenBack = await takenBackNow(repo, plan, state);
  for (const { id, wave, branch } of plan.tasks) {
    const record = taskOf(state, id);
    const merged = mergedCommit(record.state);
    const isThere = base !== null && merged !== null && (await isAncestor(repo, merged, base));
    const presence = basePresence(plan, state, id);
    const off = takenBack.find(({ task }) => task === id);
    const isReverted = off !== undefined;
    const movedBack = presence.kind === 'taken_back' && presence.how.kind !== 'reverted';
    tasks.push({
      id,
      wave,
      branch,
      commits: record.commits,
      state: record.state.state,
      missing: isReverted || (merged === null && !(record.state.state === 'skipped' && record.state.why === 'user')),
      why: off === undefined ? whyOpen(record.state) : takenBackText(plan.base.branch, off),
      onBase: isThere && !isReverted && !movedBack,
    });
  }
  return tasks;
}

function whyOpen(state: TaskState): string {
  switch (state.state) {
    case 'failed':
      return state.reason;
    case 'merge_conflict':
      return state.files.join(', ');
    case 'blocked':
      return `by ${state.by.join(', ')}`;
    case 'skipped':
      return state.why === 'user' ? 'left out' : 'another wave';
    case 'queued':
    case 'worktree_created':
    case 'running':
    case 'merge_pending':
    case 'complete':
    case 'aborted':
      return '';
  }
}

/** Changes of merged tasks outside their scopes, and contracts changed by tasks without a scope. */
export async function findTrespasses(repo: Repository, run: LoadedRun): Promise<Trespass[]> {
  const { plan } = run;
  if (plan.settings.scope === 'off') return [];
  const contracts = `${relative(plan.root, sourceOf(plan.source).documents).split(sep).join('/')}/contracts/`;
  const found: Trespass[] = [];
  for (const task of plan.tasks) {
    const landing = landingOfTask(run.state, task.id);
    if (landing === null) continue;
    for (const { path, rule } of await violationsOf(repo, task, landing, contracts)) {
      found.push({ task: task.id, path, rule });
    }
  }
  return found;
}

async function violationsOf(
  repo: Repository,
  { scope }: PlannedTask,
  { from, to }: { readonly from: string; readonly to: string },
  contracts: string,
): Promise<readonly { readonly path: string; readonly rule: string }[]> {
  const changes = await changedPaths(repo, from, to);
  const parts = await readFileParts(repo, { from, to }, partlyAllowed(scope, changes));
  const violations = scopeViolations(scope, changes, (path) => parts.get(path) ?? { kind: 'unknown' });
  const open = scope.create.length === 0 && scope.modify.length === 0;
  const contractChanges = changes.filter(({ path }) => open && path.startsWith(contracts));
  return [...violations, ...contractChanges.map(({ path }) => ({ path, rule: 'a contract of the plan' }))];
}
