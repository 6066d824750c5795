import { afterEach, describe, expect, it } from 'vitest';
import { githubFixture, whyNoGh, type GitHubFixture } from '../../support/github/gh-environment.js';

/** The real gh against the tests' GitHub; o8's own use of gh has tests next to this file. */
const missing = whyNoGh();
describe.skipIf(missing !== null)(missing ?? "gh and the tests' GitHub", () => {
  let fixture: GitHubFixture;
  afterEach(async () => {
    expect(fixture.github.faults).toEqual([]);
    await fixture.remove();
  });

  it('one pull request from its creation to its merge', async () => {
    fixture = await githubFixture();
    const { repository, github, gh, bare } = fixture;
    await repository.git(['checkout', '--quiet', '-b', 'agent/one']);
    await repository.commit('work', { 'b.txt': 'b\n' });
    await repository.git(['push', '--quiet', 'origin', 'agent/one']);

    const created = await gh(
      'pr',
      'create',
      '--title',
      'One',
      '--body',
      'text',
      '--base',
      'main',
      '--head',
      'agent/one',
    );
    expect(created).toMatchObject({ code: 0, stdout: 'https://github.com/acme/shop/pull/1\n' });
    expect(await gh('pr', 'create', '--title', 'One', '--body', '', '--head', 'agent/one')).toMatchObject({ code: 1 });
    expect(github.repository.pulls).toHaveLength(1);

    const fields =
      'number,title,body,state,headRefOid,mergeable,mergeStateStatus,reviewDecision,statusCheckRollup,comments,reviews,mergeCommit';
    const view = await gh('pr', 'view', '1', '--json', fields);
    expect(view.stderr).toBe('');
    expect(JSON.parse(view.stdout)).toMatchObject({
      number: 1,
      state: 'OPEN',
      mergeable: 'MERGEABLE',
      mergeStateStatus: 'CLEAN',
    });

    github.repository.setChecks('agent/one', [
      { name: 'build', outcome: 'failed' },
      { name: 'lint', outcome: 'passed', kind: 'status' },
    ]);
    expect(await gh('pr', 'checks', '1')).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('build\tfail') as string,
    });
    expect((await gh('pr', 'list', '--json', 'number,headRefName')).stdout.trim()).toBe(
      '[{"headRefName":"agent/one","number":1}]',
    );
    expect(await gh('pr', 'comment', '1', '--body', 'said')).toMatchObject({ code: 0 });
    expect(await gh('pr', 'edit', '1', '--title', 'Two', '--body', 'new')).toMatchObject({ code: 0 });
    expect(github.repository.pulls[0]).toMatchObject({ title: 'Two', body: 'new', comments: [{ body: 'said' }] });
    expect((await gh('auth', 'status')).code).toBe(0);

    const head = await repository.git(['rev-parse', 'agent/one']);
    const wrong = head.replace(/^./, (first) => (first === '0' ? '1' : '0'));
    expect(await gh('pr', 'merge', '1', '--squash', '--match-head-commit', wrong)).toMatchObject({ code: 1 });
    expect(github.repository.pulls[0]?.state).toBe('OPEN');
    const merged = await gh('pr', 'merge', '1', '--squash', '--delete-branch', '--match-head-commit', head);
    expect(merged).toMatchObject({ code: 0 });
    const asked = github.requests.filter(({ what }) => what === 'PullRequestMerge').map(({ body }) => body);
    expect(asked).toEqual([expect.stringContaining(wrong), expect.stringContaining(head)]);
    expect(await repository.git(['ls-remote', bare])).not.toContain('agent/one');
    expect(github.repository.pulls[0]).toMatchObject({ state: 'MERGED' });
  });

  it('says why it cannot: no login, no network, limits, a pull request that nobody understands', async () => {
    fixture = await githubFixture();
    const { repository, github, gh, logOut } = fixture;
    await repository.git(['checkout', '--quiet', '-b', 'agent/one']);
    await repository.commit('work', { 'b.txt': 'b\n' });
    await repository.git(['push', '--quiet', 'origin', 'agent/one']);
    expect(await gh('pr', 'create', '--title', 'One', '--body', 'text', '--head', 'agent/one')).toMatchObject({
      code: 0,
    });

    github.trouble = { kind: 'rate_limit', resetAt: new Date(Date.now() + 60_000) };
    expect((await gh('pr', 'view', '1')).stderr).toContain('rate limit');
    expect((await gh('api', '--include', 'user')).stdout).toContain('X-Ratelimit-Remaining: 0');
    // What it does not know ends it with a panic, which says nothing about the pull request.
    github.trouble = { kind: 'shape', operation: null, body: { data: { repository: { pullRequest: null } } } };
    expect(await gh('pr', 'checks', '1')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('panic') as string,
    });
    github.trouble = null;
    await github.disconnect();
    expect(await gh('api', '--include', 'user')).toMatchObject({ code: 1, stdout: '' });
    await github.connect();
    expect(await gh('api', '--include', 'user')).toMatchObject({ code: 0 });
    await logOut();
    expect(await gh('api', 'user')).toMatchObject({ code: 4, stdout: '' });
  });
});
