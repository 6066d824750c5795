import { hookText } from '../../core/surroundings/hooks.js';
import { settingTexts, type ChangeText } from '../../core/surroundings/change-text.js';
import { redactor, secretValues } from '../../core/text/redact.js';
import type { Repository } from '../../git/door/repository.js';
import { savedFile } from '../../git/settings/pin.js';
import { hooksNow, savedAs } from '../../git/surroundings/hook-memory.js';
import { settingsNow } from '../../git/surroundings/pin-settings.js';

export interface GitChanges {
  readonly settings: readonly ChangeText[];
  readonly hooks: readonly ChangeText[];
}

/** Git settings and hooks that agents changed and that were not restored, each with the command to restore it. */
export async function readGitChanges(repo: Repository, env: NodeJS.ProcessEnv): Promise<GitChanges> {
  const settings = settingTexts(await settingsNow(repo), {
    commonDir: repo.commonDir,
    saved: (file) => savedFile(repo.commonDir, file),
    redact: redactor(secretValues(env)),
  });
  const hooks = hooksNow(repo).map((change) =>
    hookText(change, change.before === null ? null : savedAs(repo, change.path, change.before)),
  );
  return { settings, hooks };
}
