import { onTestFinished } from 'vitest';
import { RunFixture, type RunOptions } from '../runs/run-fixture.js';
import { attachGitHub, type GitHubFixture } from './gh-environment.js';

/** A run whose tasks get pull requests, on a GitHub of the test's own. */
export interface PullRun {
  readonly run: RunFixture;
  readonly hub: GitHubFixture;
}

export async function openPullRun(options: RunOptions): Promise<PullRun> {
  const found: { hub: GitHubFixture | null } = { hub: null };
  const run = await RunFixture.open({
    ...options,
    settings: { merge: { into: 'pr' }, ...options.settings },
    environment: () => found.hub?.env ?? {},
  });
  const hub = await attachGitHub(run.repository);
  found.hub = hub;
  onTestFinished(async () => hub.remove());
  return { run, hub };
}
