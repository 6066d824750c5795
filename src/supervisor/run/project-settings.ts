import type { ProjectSettings } from '../../core/agents/base/agent.js';
import { taskAgent } from '../../core/agents/kinds.js';
import { O8Error } from '../../core/base/errors.js';
import type { PlannedTask } from '../../core/plan/plan.js';
import { agentItems, WANTED_FILES } from '../../core/agents/trust-kinds.js';
import { consentedText } from '../../core/trust/trust.js';
import { skillPaths } from '../../core/trust/skill-paths.js';
import { printable } from '../../core/text/untrusted-text.js';
import { readCheckoutFiles } from '../../git/trust/checkout-files.js';
import type { Run } from './run.js';

/**
 * Which project settings an attempt gets. Those of its worktree where they are what the run was started with;
 * an earlier attempt, or a branch that somebody let land, may have changed them: then what the run was started with, given
 * explicitly. A task that calls a command of the repository cannot do without its worktree's files: O8Error `untrusted`.
 */
export async function projectSettingsOf(run: Run, task: PlannedTask): Promise<ProjectSettings> {
  const { consent, settings } = run.plan;
  const { kind: own, project } = taskAgent(settings, task.agent).agent;
  if (consent === undefined || project === null) return { kind: 'worktree' };
  const isSkill = task.promptKind === 'skill';
  const skill = isSkill ? skillPaths(settings.skill) : [];
  const items = agentItems(await readCheckoutFiles(task.worktree, WANTED_FILES), skill);
  const loaded = items.filter(({ kind, from }) => kind === own || skill.includes(from) || isSkill);
  const changed = loaded.filter(({ digest }) => !consent.allowed.includes(digest));
  if (changed.length === 0) return { kind: 'worktree' };
  const names = changed.map(({ from }) => printable(from)).join(', ');
  run.log(`${task.id}: ${names} changed since the run began; its agent gets what was there then`);
  if (!isSkill) {
    const { settingsFile } = project;
    return { kind: 'frozen', settings: settingsFile === null ? null : consentedText(consent, settingsFile) };
  }
  throw new O8Error(
    'untrusted',
    `${names} in the worktree of ${task.id} is not what was accepted when the run began`,
    `git -C ${task.worktree} diff ${run.plan.base.commit.slice(0, 12)} -- .claude`,
  );
}
