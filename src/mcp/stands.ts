import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { WhereDocumentsAre } from './instructions.js';

/**
 * The plugin already has the slash commands: as prompts they would be in every menu twice. And for resources Claude Code
 * would give its model three more tools.
 */
export type Stands = 'alone' | 'in the plugin';

export function standsIn(env: NodeJS.ProcessEnv): Stands {
  return env['CLAUDE_PLUGIN_ROOT'] === undefined ? 'alone' : 'in the plugin';
}

export function documentsOf(stands: Stands): WhereDocumentsAre {
  switch (stands) {
    case 'alone':
      return { planFolder: 'resource o8://docs/plan-folder', features: 'o8://docs/features' };
    case 'in the plugin': {
      const docs = join(packageFolder(), 'docs');
      return { planFolder: join(docs, 'manifest.md'), features: join(docs, 'features.md') };
    }
  }
}

/** The folder of the installed package, which contains `dist/`. */
export function packageFolder(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  return import.meta.url.endsWith('.ts') ? join(here, '..', '..') : dirname(here);
}
