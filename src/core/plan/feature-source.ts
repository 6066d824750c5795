import { o8, text } from '../base/text.js';
import { relative, resolve, sep } from 'node:path';
import * as z from 'zod';
import { excludePattern } from '../base/exclude-pattern.js';
import { branchOf } from './names.js';
import type { Source, SourceFacts } from './source.js';

/** Features by slug; `featuresDir` is absolute. */
export const featureSourceSchema = z.strictObject({
  kind: z.literal('features'),
  slugs: z.array(z.string()),
  featuresDir: z.string(),
});
export type FeatureSource = z.infer<typeof featureSourceSchema>;

/** Names features, in the order in which the user listed them. */
export interface FeatureKey {
  readonly kind: 'features';
  readonly slugs: readonly string[];
}

export const featureInputs = {
  features: z.array(z.string().min(1)).optional().describe('feature slugs, e.g. user-auth'),
};

export const featureAnswers = { features: z.array(z.string()).optional().describe('slugs of a run of features') };

export const featureFacts: SourceFacts = {
  command: 'parallel',
  defaults: { timeout: 30, merge: { into: 'base' } },
  of: 'features',
  hasWaves: false,
  hasScopes: false, // the files in their plans are compared instead
  textIsWork: false, // all prompts call the same command; the documents differ
  grows: false,
  start: { shown: 'summary', said: 'Starting parallel pipelines...' },
  again: 'as_new_attempts',
  worktrees: { setting: 'worktreeDir', word: 'worktrees' },
  notMerged: [],
  locksWorktrees: 'always',
  ownChange: null,
};

export function featureSource({ slugs, featuresDir }: FeatureSource): Source {
  return {
    ...featureFacts,
    name: slugs.join(' '),
    view: { features: [...slugs] },
    words: () => slugs.join(' '),
    heading: () => [`Features: ${slugs.join(', ')}`],
    documents: featuresDir,
    queue: null,
    agentVariables: {},
    planFolder: null,
    rewritten: [],
    made: (root, settings) => {
      const dir = relative(root, resolve(root, settings.worktreeDir)).split(sep).join('/');
      return dir === '..' || dir.startsWith('../') ? [] : [`${dir === '' ? '' : excludePattern(dir)}/feat-*`];
    },
    branch: branchOf,
    worktreeName: (task) => `feat-${task}`,
    log: ({ worktree }) => `${worktree}.log`,
    parts: (tasks) => {
      const left = tasks.map(({ id }) => id);
      return left.length === 0 ? [] : [{ tasks: left, command: o8(featureFacts.command, left) }];
    },
    partFlags: () => ({}),
    nameTaken: (own, rename) =>
      own
        ? text`Previous execution was interrupted. Run '${o8('run', { resume: true })}' to continue, or '${o8('abort')}' to start over.`
        : `Run '${rename}' or use --force.`,
  };
}
