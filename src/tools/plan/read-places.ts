import { homedir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { sourceOf, worktreeFolder } from '../../core/plan/sources.js';
import type { Plan } from '../../core/plan/plan.js';
import type { PlaceFacts } from '../../core/preflight/places.js';
import { firstPlaceProblem, gitFolders, placeProblem } from '../../process/programs/folder-problem.js';
import type { ToolContext } from '../context/define-tool.js';
import type { PlanParts } from './prepare-plan.js';

/** Whether a run of this plan can write its folders. Writes nothing itself. */
export async function readPlaces(parts: PlanParts, plan: Plan, { env }: ToolContext): Promise<PlaceFacts> {
  const { root, repo, source } = parts;
  const own = sourceOf(plan.source);
  const worktrees = await placeProblem(resolve(root, worktreeFolder(plan.source, plan.settings)));
  return {
    worktrees,
    worktreesInstead: worktrees === null ? null : await otherPlace(root, env),
    worktreesByPlan: source.settings[own.worktrees.setting] !== undefined,
    claude: await firstPlaceProblem(
      ['.claude', '.claude/parallel', '.claude/parallel/runs'].map((name) => join(root, name)),
    ),
    git: await firstPlaceProblem([repo.gitDir, ...(await gitFolders(repo.commonDir))]),
    plan: own.planFolder === null ? null : await placeProblem(own.planFolder.dir),
  };
}

/** Another folder for worktrees: inside the repository, beside it, or in the home folder. */
async function otherPlace(root: string, env: NodeJS.ProcessEnv): Promise<string | null> {
  const home = env['HOME'] ?? homedir();
  const candidates = ['.claude/worktrees', '../workspaces', '../worktrees', join(home, 'o8-worktrees', basename(root))];
  for (const candidate of candidates) {
    if ((await placeProblem(resolve(root, candidate))) === null) return candidate;
  }
  return null;
}
