import features from '../../docs/features.md';
import manifest from '../../docs/manifest.md';
import settings from '../../docs/settings.md';

/** The documents an MCP client needs to write a plan: the same files that people read. */
export const documents: readonly { readonly name: string; readonly description: string; readonly text: string }[] = [
  {
    name: 'plan-folder',
    description: 'How to write a plan: manifest, task files, scopes, dependencies',
    text: manifest,
  },
  { name: 'features', description: 'How to specify features, which need no plan folder', text: features },
  { name: 'settings', description: 'All settings of .claude/parallel-config.json and of agents', text: settings },
];
