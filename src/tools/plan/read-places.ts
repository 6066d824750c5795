import { homedir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { worktreeFolder } from '../../core/plan/build-plan.js';
import { documentsFolder } from '../../core/plan/plan-source.js';
import type { Plan } from '../../core/plan/plan.js';
import type { PlaceFacts } from '../../core/preflight/places.js';
import { firstPlaceProblem, gitFolders, placeProblem } from '../../process/programs/place.js';
import type { ToolContext } from '../context/define-tool.js';
import type { PlanParts } from './prepare-plan.js';

/** Whether a run of this plan can write where it has to; nothing is written to find out. */
export async function readPlaces(parts: PlanParts, plan: Plan, { env }: ToolContext): Promise<PlaceFacts> {
  const { root, repo, source } = parts;
  const key = plan.source.kind === 'features' ? 'worktreeDir' : 'workspaceRoot';
  const worktrees = await placeProblem(resolve(root, worktreeFolder(plan.source, plan.settings)));
  return {
    worktrees,
    worktreesInstead: worktrees === null ? null : await otherPlace(root, env),
    worktreesByPlan: source.settings[key] !== undefined,
    claude: await firstPlaceProblem(
      ['.claude', '.claude/parallel', '.claude/parallel/runs'].map((name) => join(root, name)),
    ),
    git: await firstPlaceProblem([repo.gitDir, ...(await gitFolders(repo.commonDir))]),
    plan: plan.source.kind === 'features' ? null : await placeProblem(documentsFolder(plan.source)),
  };
}

/** Inside the repository, where it is kept out of git; else beside it, else at home. */
async function otherPlace(root: string, env: NodeJS.ProcessEnv): Promise<string | null> {
  const home = env['HOME'] ?? homedir();
  const candidates = ['.claude/worktrees', '../workspaces', '../worktrees', join(home, 'o8-worktrees', basename(root))];
  for (const candidate of candidates) {
    if ((await placeProblem(resolve(root, candidate))) === null) return candidate;
  }
  return null;
}
