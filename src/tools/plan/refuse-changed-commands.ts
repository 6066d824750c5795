import { o8, text, type Text } from '../../core/base/text.js';
import { O8Error } from '../../core/base/errors.js';
import { plannedCommands } from '../../core/plan/plan-commands.js';
import { changedCommands, changesText, withCommands, type CommandChanges } from '../../core/plan/changed-commands.js';
import type { Plan } from '../../core/plan/plan.js';
import { shellCommandChecks } from '../../core/preflight/shell-commands.js';
import { SETTINGS_FILE } from '../../core/agents/trust-kinds.js';
import type { RunHome } from '../../store/files/paths.js';
import { checkShellCommands } from '../../process/programs/shell-syntax.js';
import type { ToolContext } from '../context/define-tool.js';
import { planOnDisk } from './prepare-plan.js';
import { areSettingsAccepted } from '../context/run-trust.js';

export interface FoundChanges {
  readonly changes: CommandChanges | null;
  /** The text about them to show before the run continues; null for none. */
  readonly text: Text | null;
}

/**
 * The changes of `setup`, `verify` and `validation` in the plan and settings since the run started. Reads only. O8Error
 * `preflight_failed` for a command that the shell cannot parse. If the plan cannot be read, the run keeps its commands.
 */
export async function findChangedCommands(plan: Plan, home: RunHome, { env }: ToolContext): Promise<FoundChanges> {
  if (!(await areSettingsAccepted(plan, home, env))) {
    const why = text`since ${SETTINGS_FILE} changed in git and you have not accepted it: ${o8('trust')}`;
    return { changes: null, text: text`The run keeps the commands it started with, ${why}` };
  }
  let onDisk: Plan;
  try {
    onDisk = await planOnDisk(plan);
  } catch (error) {
    if (!(error instanceof O8Error)) throw error;
    const [first] = error.message.split('\n');
    return {
      changes: null,
      text: `The run keeps the commands it started with, since its plan cannot be read: ${first ?? ''}`,
    };
  }
  const changes = changedCommands(plan, onDisk);
  if (changes === null) return { changes, text: null };
  const changed = withCommands(plan, changes);
  const commands = plannedCommands(changed).map(({ command }) => command);
  const facts = await checkShellCommands(commands, { cwd: plan.root, env });
  const fault = shellCommandChecks(changed, facts, plannedCommands(changed)).find(({ level }) => level === 'fail');
  if (fault !== undefined) throw new O8Error('preflight_failed', fault.message, fault.hint);
  const lines = ['Commands changed since the run started; it continues with these:', ...changesText(plan, changes)];
  return { changes, text: lines.join('\n') };
}
