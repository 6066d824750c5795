import { o8, text } from '../../base/text.js';
import { pass, warn, type Check } from '../../base/check.js';
import type { AgentSettings } from '../../settings/agent-settings.js';

/** `allowsAll`: what `bypassPermissions` means for this agent. */
export function permissionModeCheck({ permissionMode }: AgentSettings, allowsAll: string): Check[] {
  if (permissionMode !== 'bypassPermissions') return [pass('permission-mode', `Permission mode ${permissionMode}`)];
  const safer = o8('config set', ['agent.permissionMode', 'dontAsk']);
  return [warn('permission-mode', allowsAll, text`Run '${safer}' unless this is a container or virtual machine`)];
}
