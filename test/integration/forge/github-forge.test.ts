import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { onFailpoint } from '../../../src/core/base/failpoint.js';
import type { AskProgram, ProgramAnswer } from '../../../src/core/base/program-answer.js';
import type { Answer, Forge } from '../../../src/core/forge/forge.js';
import { markerOf, withMarker } from '../../../src/core/forge/pull-marker.js';
import { pullReadiness, readinessText } from '../../../src/core/forge/pull-readiness.js';
import type { SeenPull } from '../../../src/core/forge/pull-request.js';
import { redactor } from '../../../src/core/text/redact.js';
import { githubForge } from '../../../src/forge/github/github-forge.js';
import { askProgram } from '../../../src/process/programs/ask-program.js';
import { githubFixture, whyNoGh, type GitHubFixture } from '../../support/github/gh-environment.js';
import { TOKEN } from '../../support/github/github.js';

const missing = whyNoGh();
const REPOSITORY = { host: 'github.com', owner: 'acme', name: 'shop' };

function forgeOf({ repository, env }: Pick<GitHubFixture, 'repository' | 'env'>, ask: AskProgram = askProgram): Forge {
  return githubForge({ ask, repository: REPOSITORY, cwd: repository.root, env, redact: redactor([TOKEN]) });
}

describe.skipIf(missing !== null)(missing ?? 'pull requests on GitHub', () => {
  let fixture: GitHubFixture;
  let forge: Forge;
  beforeEach(async () => {
    fixture = await githubFixture();
    forge = forgeOf(fixture);
  });
  afterEach(async () => {
    onFailpoint(() => undefined);
    await fixture.remove();
    expect(fixture.github.faults).toEqual([]);
  });

  /** A branch on GitHub with one commit, which it gives. */
  async function pushed(branch: string, file = `${branch.replaceAll('/', '-')}.txt`, content = 'x\n'): Promise<string> {
    const { repository } = fixture;
    await repository.git(['checkout', '--quiet', '-B', branch, 'main']);
    const commit = await repository.commit(`work of ${branch}`, { [file]: content });
    await repository.git(['push', '--quiet', '--force', 'origin', branch]);
    await repository.git(['checkout', '--quiet', 'main']);
    return commit;
  }
  async function opened(branch: string, ...file: [string?, string?]): Promise<{ head: string; number: number }> {
    const head = await pushed(branch, ...file);
    const created = await forge.create({ title: branch, body: 'text', head: branch, base: 'main' });
    if (created.kind !== 'created') throw new Error(JSON.stringify(created));
    return { head, number: created.number };
  }
  async function looked(number: number): Promise<SeenPull> {
    const [pull] = answered(await forge.look([number]));
    if (pull === undefined) throw new Error(`no pull request ${String(number)}`);
    return pull;
  }
  async function readiness(number: number, verified: string, answers: readonly string[] = []): Promise<string> {
    const pushedAt = '2026-01-01T10:00:00Z';
    const facts = { verified, pushedAt, now: '2026-01-01T11:00:00Z', answered: new Set(answers) };
    return readinessText(pullReadiness(await looked(number), facts));
  }
  const hosted = (): GitHubFixture['github']['repository'] => fixture.github.repository;

  it('says what it is, who is logged in, and what the base asks for', async () => {
    hosted().protections.set('main', { approvals: 1, checks: ['build'], restricted: true });
    hosted().permission = 'READ';
    hosted().allows = ['squash'];
    const ready = await forge.preflight('main');
    expect(ready).toEqual({
      kind: 'ready',
      facts: {
        program: 'gh',
        version: expect.stringMatching(/^\d+\.\d+/) as string,
        login: 'o8-tester',
        repository: REPOSITORY,
        mayPush: false,
        archived: false,
        base: {
          kind: 'there',
          commit: await fixture.repository.git(['rev-parse', 'main']),
          protected: true,
          mayMerge: false,
          requiredApprovals: 1,
          requiredChecks: ['build'],
        },
        strategies: ['squash'],
        deletesBranches: false,
      },
    });
    expect(await forge.preflight('next/one')).toMatchObject({ kind: 'ready', facts: { base: { kind: 'missing' } } });
    const elsewhere = { ...REPOSITORY, name: 'other' };
    const other = githubForge({
      ask: askProgram,
      repository: elsewhere,
      cwd: '/',
      env: fixture.env,
      redact: redactor([]),
    });
    expect(await other.preflight('main')).toMatchObject({
      kind: 'refused',
      why: expect.stringContaining('acme/other') as string,
    });
    await fixture.logOut();
    expect(await forge.preflight('main')).toEqual({
      kind: 'no_login',
      why: 'gh is not logged in to github.com',
      hint: 'gh auth login --hostname github.com',
    });
  });

  it('creates one, finds it again after a crash, and changes title, text and base', async () => {
    const head = await pushed('agent/one');
    const marker = markerOf('pull-request', 'one');
    const pull = { title: 'One {owner}', body: withMarker('text', marker), head: 'agent/one', base: 'main' };
    onFailpoint((name) => {
      if (name === 'forge.create.after') throw new Error('killed');
    });
    await expect(forge.create(pull)).rejects.toThrow('killed');
    onFailpoint(() => undefined);
    expect(answered(await forge.find(['agent/two', 'agent/one']))).toMatchObject([{ number: 1, body: pull.body }]);
    expect(await forge.create(pull)).toEqual({ kind: 'exists', number: 1, url: 'https://github.com/acme/shop/pull/1' });
    expect(hosted().pulls).toHaveLength(1);

    await fixture.repository.git(['push', '--quiet', 'origin', 'main:next']);
    expect(await forge.update(1, { title: 'Two', base: 'next' })).toMatchObject({ kind: 'answered' });
    expect(await looked(1)).toMatchObject({
      title: 'Two',
      base: 'next',
      body: pull.body,
      head: 'agent/one',
      headCommit: head,
    });
    expect(await forge.update(1, { base: 'nowhere' })).toMatchObject({ kind: 'refused' });
    expect(await forge.close(1)).toMatchObject({ kind: 'answered' });
    expect(await looked(1)).toMatchObject({ state: { kind: 'closed' }, headBranchExists: true });

    expect(await forge.create({ ...pull, head: 'main' })).toMatchObject({ kind: 'nothing_to_merge' });
    expect(await forge.create({ ...pull, head: 'agent/not-pushed' })).toMatchObject({ kind: 'unknown' });
    expect(await forge.create({ ...pull, base: 'nowhere' })).toMatchObject({ kind: 'refused' });
  });

  it('sees checks and reviews of many with one request', async () => {
    const one = await opened('agent/one');
    const two = await opened('agent/two');
    const before = fixture.github.requests.length;
    const both = answered(await forge.look([two.number, 99, one.number]));
    expect(both.map(({ number }) => number)).toEqual([two.number, one.number]);
    expect(fixture.github.requests).toHaveLength(before + 1);
    expect(await readiness(one.number, one.head)).toBe('merge'); // no checks at all

    hosted().setChecks('agent/one', [{ name: 'build', outcome: 'pending' }]);
    expect(await readiness(one.number, one.head)).toBe('wait: checks are running: build');
    hosted().setChecks('agent/one', [
      { name: 'build', outcome: 'failed' },
      { name: 'lint', outcome: 'passed', kind: 'status' },
    ]);
    expect(await readiness(one.number, one.head)).toBe('refuse: checks failed: build');
    // A build that was started again is listed twice, and the later one counts.
    hosted().setChecks('agent/one', [
      { name: 'build', outcome: 'failed' },
      { name: 'build', outcome: 'passed' },
      { name: 'docs', outcome: 'skipped' },
    ]);
    expect(await readiness(one.number, one.head)).toBe('merge');

    hosted().protections.set('main', { checks: ['build'], approvals: 1 });
    hosted().setChecks('agent/one', [{ name: 'other', outcome: 'failed' }]);
    expect(await readiness(one.number, one.head)).toBe('wait: required checks have not been reported yet: build');
    hosted().setChecks('agent/one', [
      { name: 'build', outcome: 'passed', kind: 'status' },
      { name: 'other', outcome: 'failed' },
    ]);
    expect((await looked(one.number)).checks).toMatchObject([{ name: 'build', required: true }, { required: false }]);
    expect(await readiness(one.number, one.head)).toBe('wait: an approving review is required');
    hosted().review('agent/one', {
      state: 'CHANGES_REQUESTED',
      body: 'No.',
      lines: [{ path: 'a', line: 2, body: 'b' }],
    });
    const { requestedChanges } = await looked(one.number);
    expect(requestedChanges).toMatchObject([
      { by: 'reviewer', body: 'No.', lines: [{ path: 'a', line: 2, body: 'b' }] },
    ]);
    expect(await readiness(one.number, one.head)).toBe('refuse: changes requested by reviewer');
    const ids = requestedChanges.map(({ id }) => id);
    expect(await readiness(one.number, one.head, ids)).toContain('wait: changes were made as requested by reviewer');
    hosted().review('agent/one', { state: 'APPROVED' });
    expect(await readiness(one.number, one.head)).toBe('merge');
    hosted().mergeabilityUnknown = true;
    expect(await readiness(one.number, one.head)).toBe('wait: the forge is still checking for conflicts');
  });

  it('merges what was verified, once, and nothing else', async () => {
    const { head, number } = await opened('agent/one');
    const request = { strategy: 'squash', head, message: { title: 'One (#1)', body: 'O8-Task: one' } } as const;
    const moved = await pushed('agent/one', 'a.txt', 'by somebody else\n');
    expect(await readiness(number, head)).toContain('which was not verified');
    expect(await forge.merge(number, request)).toEqual({ kind: 'head_moved', head: moved });
    hosted().protections.set('main', { approvals: 1 });
    expect(await forge.merge(number, { ...request, head: moved })).toMatchObject({
      kind: 'not_mergeable',
      why: 'At least 1 approving review is required by reviewers with write access.',
    });
    hosted().protections.clear();

    // The answer is lost: asked again, it says what happened the first time.
    fixture.github.trouble = { kind: 'lost_answer' };
    expect(await forge.merge(number, { ...request, head: moved })).toMatchObject({ kind: 'unreachable' });
    fixture.github.trouble = null;
    const merged = await forge.merge(number, { ...request, head: moved });
    const tip = hosted().git.head('main');
    expect(merged).toEqual({ kind: 'merged', commit: tip });
    await fixture.repository.git(['fetch', '--quiet', 'origin']);
    expect(await fixture.repository.git(['log', '--format=%B', 'main..origin/main'])).toBe(
      'One (#1)\n\nO8-Task: one\n',
    );
    expect(await looked(number)).toMatchObject({ state: { kind: 'merged', commit: tip, by: 'o8-tester' } });
  });

  it.each(['merge', 'rebase'] as const)('merges by %s', async (strategy) => {
    const { head, number } = await opened('agent/one');
    await fixture.repository.commit('base moves', { 'z.txt': 'z\n' });
    await fixture.repository.git(['push', '--quiet', 'origin', 'main']);
    const merged = await forge.merge(number, { strategy, head, message: null });
    expect(merged).toEqual({ kind: 'merged', commit: hosted().git.head('main') });
    await fixture.repository.git(['fetch', '--quiet', 'origin']);
    expect(await fixture.repository.git(['show', 'origin/main:agent-one.txt'])).toBe('x');
  });

  it('believes what somebody else did: merged, closed, force-pushed, in conflict', async () => {
    const one = await opened('agent/one', 'same.txt', 'one\n');
    const two = await opened('agent/two', 'same.txt', 'two\n');
    const three = await opened('agent/three');
    hosted().mergeByHand('agent/one');
    expect(await looked(one.number)).toMatchObject({ state: { kind: 'merged', by: 'reviewer' }, headCommit: one.head });
    expect(await readiness(two.number, two.head)).toBe('refuse: conflicts with the base branch');
    expect(await forge.merge(two.number, { strategy: 'squash', head: two.head, message: null })).toMatchObject({
      kind: 'not_mergeable',
    });
    const forced = await pushed('agent/two', 'other.txt');
    expect(await looked(two.number)).toMatchObject({ headCommit: forced, mergeability: 'mergeable', checks: [] });
    hosted().closeByHand('agent/two');
    expect(await forge.merge(two.number, { strategy: 'squash', head: forced, message: null })).toEqual({
      kind: 'closed',
    });
    await fixture.repository.git(['push', '--quiet', 'origin', ':agent/three']);
    expect(await looked(three.number)).toMatchObject({ state: { kind: 'closed' }, headBranchExists: false });
  });

  it('has one comment for each marker, edited where its text differs', async () => {
    const { number } = await opened('agent/one');
    const marker = markerOf('conflict', 'one');
    for (let at = 0; at < 101; at += 1) hosted().comment(hosted().pullOf('agent/one'), `comment ${String(at)}`);
    const quote = { id: 1, author: 'somebody', body: marker };
    hosted().pullOf('agent/one').comments.unshift(quote);
    const body = withMarker('files', marker);
    onFailpoint((name) => {
      if (name === 'forge.comment.after') throw new Error('killed');
    });
    await expect(forge.comment(number, { marker, body })).rejects.toThrow('killed');
    onFailpoint(() => undefined);
    expect(await forge.comment(number, { marker, body })).toMatchObject({ kind: 'unchanged' });
    expect(await forge.comment(number, { marker, body: withMarker('others', marker) })).toMatchObject({
      kind: 'edited',
    });
    const review = markerOf('review', 'one');
    expect(await forge.comment(number, { marker: review, body: review })).toMatchObject({ kind: 'created' });
    const marked = hosted()
      .pullOf('agent/one')
      .comments.filter(({ body: text }) => text.includes('<!-- o8:'));
    expect(marked.map(({ body: text }) => text)).toEqual([marker, withMarker('others', marker), review]);
    expect(await forge.comment(99, { marker, body })).toMatchObject({ kind: 'refused' });
  });

  it('tells limits, a network that is gone, a GitHub that is not well, and no permission from each other', async () => {
    const { head, number } = await opened('agent/one');
    const { github } = fixture;
    const merge = { strategy: 'squash', head, message: null } as const;
    const resetAt = new Date(Math.ceil(Date.now() / 1000) * 1000 + 600_000);
    const limited = { kind: 'rate_limited', until: resetAt.toISOString() };
    github.trouble = { kind: 'rate_limit', resetAt };
    expect(await forge.look([number])).toEqual(limited);
    expect(await forge.update(number, { title: 'x' })).toEqual(limited);
    for (const status of [403, 429] as const) {
      github.trouble = { kind: 'secondary_limit', status, retryAfterSeconds: null };
      expect(await forge.merge(number, merge)).toEqual({ kind: 'rate_limited', until: null });
      github.trouble = { kind: 'secondary_limit', status, retryAfterSeconds: 90 };
      const { until = null } = (await forge.look([number])) as { until?: string | null };
      expect(Date.parse(until ?? '') - Date.now()).toBeGreaterThan(60_000);
    }
    github.trouble = { kind: 'status', status: 502, body: '<html>\u001b[31mUnicorn!</html>' };
    expect(await forge.look([number])).toEqual({
      kind: 'unreachable',
      why: 'github.com answered with HTTP status 502',
    });
    github.trouble = { kind: 'status', status: 200, body: '<html>log in to the hotel</html>' };
    expect(await forge.look([number])).toMatchObject({ kind: 'unknown' });
    github.trouble = { kind: 'shape', operation: 'O8Look', body: { data: { repository: { p0: { number: 1 } } } } };
    expect(await forge.look([number])).toMatchObject({ kind: 'unknown' });
    // What this login may not see must not look as if there were none.
    const path = ['repository', 'p0', 'commits', 'nodes', 0, 'commit', 'statusCheckRollup'];
    const errors = [{ type: 'FORBIDDEN', path, message: `Resource not accessible by ${TOKEN}` }];
    github.trouble = { kind: 'shape', operation: null, body: { data: { repository: { p0: null } }, errors } };
    expect(await forge.look([number])).toEqual({ kind: 'refused', why: 'Resource not accessible by [redacted]' });
    github.trouble = null;
    await github.disconnect();
    expect(await forge.look([number])).toMatchObject({ kind: 'unreachable' });
    expect(await forge.preflight('main')).toMatchObject({ kind: 'unreachable' });
    await github.connect();
    hosted().permission = 'READ';
    expect(await forge.merge(number, merge)).toMatchObject({ kind: 'refused' });
    expect(await forge.look([number])).toMatchObject({ kind: 'answered' });
    expect(hosted().pulls).toMatchObject([{ state: 'OPEN', title: 'agent/one' }]);
  });
});

describe('gh', () => {
  const ended = (end: Partial<ProgramAnswer>): Forge =>
    forgeOf({ repository: { root: '/' }, env: {} } as unknown as GitHubFixture, () =>
      Promise.resolve({ code: 0, stdout: '', stderr: '', gaveUp: null, notStarted: null, ...end }),
    );

  it('that panics says nothing about the pull request', async () => {
    const panic = ended({ code: 2, stderr: `panic: runtime error ${TOKEN}\n\ngoroutine 1 [running]:\n` });
    expect(await panic.look([1])).toEqual({
      kind: 'unknown',
      why: 'gh ended with exit code 2: panic: runtime error [redacted]',
    });
    const merge = { strategy: 'squash', head: 'a', message: null } as const;
    expect(await panic.merge(1, merge)).toMatchObject({ kind: 'unknown' });
    expect(await ended({ code: 9 }).look([1])).toMatchObject({ kind: 'unknown' });
    expect(await ended({ code: null }).look([1])).toEqual({ kind: 'unknown', why: 'gh was ended by a signal' });
  });

  it('that is not installed, too old, or hangs is named', async () => {
    const missing = ended({ code: null, notStarted: 'Program "gh" was not found on PATH.' });
    expect(await missing.preflight('main')).toEqual({
      kind: 'no_program',
      program: 'gh',
      why: 'Program "gh" was not found on PATH.',
      hint: 'Install GitHub CLI: https://cli.github.com',
    });
    const old = ended({ stdout: 'gh version 1.14.0 (2021-08-04)\n' });
    expect(await old.preflight('main')).toMatchObject({ why: 'gh 1.14.0 is too old: 2.0 or newer is needed' });
    expect(await ended({ code: null, gaveUp: 'timeout' }).look([1])).toMatchObject({ kind: 'unreachable' });
  });
});

function answered<T>(answer: Answer<T>): T {
  if (answer.kind !== 'answered') throw new Error(JSON.stringify(answer));
  return answer.value;
}
