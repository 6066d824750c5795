import type { ProjectSettings } from '../../core/agents/claude/claude-command.js';
import { O8Error } from '../../core/base/errors.js';
import type { PlannedTask } from '../../core/plan/plan.js';
import { agentItems, WANTED_FILES } from '../../core/agents/agent-kinds.js';
import { CLAUDE } from '../../core/agents/claude/claude-files.js';
import { skillPaths } from '../../core/trust/skill-paths.js';
import { printable } from '../../core/text/untrusted-text.js';
import { readCheckoutFiles } from '../../git/trust/checkout-files.js';
import type { Run } from './run.js';

/**
 * Which project settings an attempt of Claude gets. Those of its worktree where they are what the run was started with;
 * an earlier attempt, or a branch that somebody let land, may have changed them: then what the run was started with, given
 * explicitly. A task that calls a command of the repository cannot do without its worktree's files: O8Error `untrusted`.
 */
export async function projectSettingsOf(run: Run, task: PlannedTask): Promise<ProjectSettings> {
  const { consent, settings } = run.plan;
  if (consent === undefined) return { kind: 'worktree' };
  const isSkill = task.promptKind === 'skill';
  const skill = isSkill ? skillPaths(settings.skill) : [];
  const items = agentItems(await readCheckoutFiles(task.worktree, WANTED_FILES), skill);
  const loaded = items.filter(({ kind, from }) => kind === CLAUDE || skill.includes(from) || isSkill);
  const changed = loaded.filter(({ digest }) => !consent.allowed.includes(digest));
  if (changed.length === 0) return { kind: 'worktree' };
  const names = changed.map(({ from }) => printable(from)).join(', ');
  run.log(`${task.id}: ${names} changed since the run began; its agent gets what was there then`);
  if (!isSkill) return { kind: 'frozen', settings: consent.claudeSettings };
  throw new O8Error(
    'untrusted',
    `${names} in the worktree of ${task.id} is not what was accepted when the run began`,
    `git -C ${task.worktree} diff ${run.plan.base.commit.slice(0, 12)} -- .claude`,
  );
}
