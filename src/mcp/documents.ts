import features from '../../docs/features.md';
import manifest from '../../docs/manifest.md';
import settings from '../../docs/settings.md';

/** What an agent that has only this server needs to write a plan; the same files people read. */
export const documents: readonly { readonly name: string; readonly description: string; readonly text: string }[] = [
  {
    name: 'plan-folder',
    description: 'How to write a plan: manifest, task files, scopes, dependencies',
    text: manifest,
  },
  { name: 'features', description: 'How to specify features that need no plan folder', text: features },
  { name: 'settings', description: 'Every setting of .claude/parallel-config.json and of agents', text: settings },
];
