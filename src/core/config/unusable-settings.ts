import { noPullRequests } from '../settings/no-pull-requests.js';
import { checkAgentCommand } from '../agents/command/agent-command.js';
import { checkClaudeSettings } from '../agents/claude/claude-settings.js';
import { O8Error } from '../base/errors.js';
import type { SettingsFile } from '../settings/settings.js';
import { hasHiddenCharacters, hasHiddenCharactersInLines } from '../text/untrusted-text.js';

/**
 * What each value is allowed to be alone and no run can use. O8Error, `usage` or `refused`, with the key: the same that
 * the start of a run would say.
 */
export function refuseUnusable({ agent = {}, merge = {}, ...settings }: SettingsFile): void {
  if (agent.command !== undefined) checkAgentCommand(agent.command);
  if (agent.settings !== undefined) checkClaudeSettings(agent.settings);
  if (agent.model?.startsWith('-') === true)
    throw unusable('agent.model', 'must be the name of a model, not an option');
  if (merge.into === 'pr') throw noPullRequests();
  if (Array.isArray(settings.notify) && settings.notify[0]?.trim() === '') throw unusable('notify', 'names no program');
  for (const key of ['setup', 'verify', 'notify'] as const) {
    const command = settings[key];
    if (typeof command !== 'string') continue;
    if (command.trim() === '') throw unusable(key, 'has no command in it');
    if (hasHiddenCharactersInLines(command)) throw unusable(key, 'contains hidden characters');
  }
  const words = { ...settings, 'agent.model': agent.model };
  for (const key of ['worktreeDir', 'workspaceRoot', 'featuresDir', 'skill', 'skillFlags', 'agent.model'] as const) {
    const text = words[key];
    if (text === undefined) continue;
    if (hasHiddenCharacters(text)) throw unusable(key, 'contains hidden characters');
    if (text !== '' && text.trim() === '') throw unusable(key, 'must not be blank');
  }
  if (settings.skill !== undefined && !SKILL.test(settings.skill))
    throw unusable('skill', 'must be the name of a command, like /implement-feature');
}

/** The name of a command as it is typed: letters, digits, `.`, `_`, `-`, and `:` between folders. */
const SKILL = /^\/?([A-Za-z0-9][\w.-]*(?::[A-Za-z0-9][\w.-]*)*)$/;

function unusable(key: string, problem: string): O8Error {
  return new O8Error('usage', `${key} ${problem}.`, `o8 config set ${key} <value>, or o8 config reset ${key}`);
}
