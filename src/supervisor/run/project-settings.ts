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
 * The agent's project settings for an attempt. If those in its worktree differ from those accepted at the start of the
 * run (an earlier attempt or a merged branch may have changed them), the accepted ones are passed explicitly. A task
 * that calls a command of the repository needs the worktree's own files: O8Error `untrusted` if they differ.
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
  run.log(`${task.id}: ${names} changed since the run started; its agent uses the earlier version`);
  if (!isSkill) {
    const { settingsFile } = project;
    return { kind: 'frozen', settings: settingsFile === null ? null : consentedText(consent, settingsFile) };
  }
  throw new O8Error(
    'untrusted',
    `${names} in the worktree of ${task.id} differs from what was accepted when the run started`,
    `git -C ${task.worktree} diff ${run.plan.base.commit.slice(0, 12)} -- .claude`,
  );
}
