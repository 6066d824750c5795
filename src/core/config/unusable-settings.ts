import { o8, placeholder, text } from '../base/text.js';
import { checkAgents } from '../agents/kinds.js';
import { O8Error } from '../base/errors.js';
import { resolveSettings, type SettingsFile } from '../settings/settings.js';
import { hasHiddenCharacters, hasHiddenCharactersInLines } from '../text/untrusted-text.js';

/**
 * Checks for values that are valid individually but that no run can use. O8Error, `usage` or `refused`, with the key,
 * as at the start of a run.
 */
export function refuseUnusable(settings: Omit<SettingsFile, 'agent' | 'agents'>): void {
  if (Array.isArray(settings.notify) && settings.notify[0]?.trim() === '') throw unusable('notify', 'names no program');
  for (const key of ['setup', 'verify', 'notify'] as const) {
    const command = settings[key];
    if (typeof command !== 'string') continue;
    if (command.trim() === '') throw unusable(key, 'contains no command');
    if (hasHiddenCharactersInLines(command)) throw unusable(key, 'contains hidden characters');
  }
  for (const key of ['worktreeDir', 'workspaceRoot', 'featuresDir', 'skill', 'skillFlags'] as const) {
    refuseUnreadable(key, settings[key]);
  }
  refuseUnreadable('beads.program', settings.beads?.program);
  if (settings.skill !== undefined && !SKILL.test(settings.skill))
    throw unusable('skill', 'must be the name of a command, like /implement-feature');
}

/**
 * The same for `agent` and `agents`, which are checked together: the settings an agent may have depend on its kind, and
 * a named agent inherits those of `agent`.
 */
export function refuseUnusableAgents({ agent = {}, agents = {} }: Pick<SettingsFile, 'agent' | 'agents'>): void {
  for (const name of Object.keys(agents)) {
    if (hasHiddenCharacters(name)) throw unusable('agents', 'has a name that contains hidden characters');
    if (name.trim() === '') throw unusable('agents', 'has a blank name');
  }
  checkAgents(resolveSettings({}, { agent, agents }, {}, {}));
  refuseModel('agent.model', agent.model);
  for (const [name, { model }] of Object.entries(agents)) refuseModel(`agents.${name}.model`, model);
}

function refuseModel(key: string, model: string | undefined): void {
  if (model?.startsWith('-') === true) throw unusable(key, 'must be the name of a model, not an option');
  refuseUnreadable(key, model);
}

function refuseUnreadable(key: string, text: string | undefined): void {
  if (text === undefined) return;
  if (hasHiddenCharacters(text)) throw unusable(key, 'contains hidden characters');
  if (text !== '' && text.trim() === '') throw unusable(key, 'must not be blank');
}

/** The name of a command as typed: letters, digits, `.`, `_`, `-`, and `:` between folders. */
const SKILL = /^\/?([A-Za-z0-9][\w.-]*(?::[A-Za-z0-9][\w.-]*)*)$/;

function unusable(key: string, problem: string): O8Error {
  return new O8Error(
    'usage',
    `${key} ${problem}.`,
    text`${o8('config set', [key, placeholder('value')])}, or ${o8('config reset', [key])}`,
  );
}
