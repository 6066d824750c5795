import { existsSync } from 'node:fs';
import { readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { killSupervisor } from '../../support/faults/crash.js';
import { featureRun } from '../../support/runs/feature-files.js';
import { RunFixture } from '../../support/runs/run-fixture.js';
import { waitFor } from '../../support/waiting/wait-for.js';

const SLUGS = ['user-auth', 'dashboard', 'notifications'];

const worktreeOf = (run: RunFixture, slug: string): string => join(run.root, '.claude/worktrees', `feat-${slug}`);

/** Which of the features' files (`<slug>.txt`) are on main, in the checkout. */
const landed = (run: RunFixture, slugs: readonly string[] = SLUGS): string[] =>
  slugs.filter((slug) => existsSync(join(run.root, `${slug}.txt`)));

describe('a run of features', () => {
  it('gives each its worktree, branch and documents, and merges the first finished first', async () => {
    const run = await RunFixture.open(featureRun(SLUGS));
    const spawned = await run.o8('spawn', ...SLUGS);
    expect(spawned.code, spawned.stderr).toBe(0);
    const [auth, dashboard, notifications] = await Promise.all(SLUGS.map((slug) => run.agents.waitForAgent(slug)));
    expect(auth?.started.cwd).toBe(worktreeOf(run, 'user-auth'));
    expect(await auth?.git('branch', '--show-current')).toBe('feature/user-auth');
    const prompt = await readFile(auth?.started.environment['O8_PROMPT_FILE'] ?? '', 'utf8');
    for (const part of [
      '# Feature user-auth',
      '# Feature Specification: user-auth',
      '# Story 1 of user-auth',
      '`src/user-auth.ts`',
      '.claude-task-complete',
    ])
      expect(prompt).toContain(part);
    expect(prompt).not.toContain('dashboard');
    expect(await readlink(`${worktreeOf(run, 'user-auth')}.log`)).toContain('user-auth/1/pipeline.log');

    await notifications?.succeed('notifications.txt', 'n\n');
    await run.waitForTask('notifications', 'complete');
    expect(landed(run)).toEqual(['notifications']);
    const isGone = (): boolean => !existsSync(worktreeOf(run, 'notifications'));
    await waitFor(isGone, { timeoutMs: 10_000, what: 'the merged worktree to be removed' });
    expect(existsSync(worktreeOf(run, 'dashboard'))).toBe(true);
    await dashboard?.succeed('dashboard.txt', 'd\n');
    await auth?.succeed('user-auth.txt', 'a\n');
    const status = await run.waitForRun('completed');
    expect(status).toMatchObject({ features: SLUGS, target: 'main', counts: { complete: 3 } });
    expect(status).not.toHaveProperty('dir');
    expect(landed(run)).toEqual(SLUGS);
    expect(await run.repository.git(['status', '--porcelain'])).toBe('');
    const records = await run.records();
    const merged = records.filter(({ type }) => type === 'task_merged').map(({ task }) => task);
    expect(merged[0]).toBe('notifications');
  });

  it('tells agents to run the repository’s skill where it has one', async () => {
    const files = { '.claude/commands/implement-feature.md': 'Implement $ARGUMENTS.\n' };
    const run = await RunFixture.open(featureRun(['user-auth'], { files, settings: { skillFlags: '--fast' } }));
    expect(await run.refusal('spawn', { features: ['user-auth'] })).toMatchObject({ code: 'untrusted' });
    await run.trust();
    await run.call('spawn', { features: ['user-auth'] });
    const agent = await run.agents.waitForAgent('user-auth');
    const prompt = await readFile(agent.started.environment['O8_PROMPT_FILE'] ?? '', 'utf8');
    expect(prompt).toContain('`/implement-feature "user-auth" --fast`');
    expect(prompt).toContain('`.claude/commands/implement-feature.md`');
    expect(prompt).not.toContain('# Feature Specification');
    // What a skill leaves uncommitted is committed.
    await agent.writeFile('user-auth.txt', 'a\n');
    await agent.markComplete();
    await agent.exit(0);
    await run.waitForRun('completed');
    expect(landed(run)).toEqual(['user-auth']);
  });

  it('lets a feature wait for one it depends on, and starts no more than maxConcurrency', async () => {
    const features = { dashboard: { dependsOn: ['user-auth'] } };
    const run = await RunFixture.open(featureRun(SLUGS, { features, settings: { maxConcurrency: 2 } }));
    await run.call('spawn', { features: ['dashboard', 'user-auth', 'notifications'] });
    await run.agents.waitForAgent('notifications');
    await run.succeed('user-auth');
    const dashboard = await run.agents.waitForAgent('dashboard');
    expect(await dashboard.readFile('user-auth.txt')).toBe('user-auth\n');
  });

  it('runs a failed one again as a new attempt, with what the old one left kept', async () => {
    const run = await RunFixture.open(featureRun(SLUGS));
    await run.call('spawn', { features: SLUGS.slice(0, 2) });
    await run.succeed('dashboard');
    const first = await run.agents.waitForAgent('user-auth');
    await first.writeFile('half.txt', 'half\n');
    const tip = await first.commit('half of it');
    await first.writeFile('loose.txt', 'loose\n');
    await first.exit(3);
    const { runId = '' } = await run.waitForRun('failed');
    expect(existsSync(worktreeOf(run, 'user-auth'))).toBe(true);

    const checks = await run.o8('preflight', 'user-auth');
    expect(checks.code, checks.stdout).toBe(0);
    expect(checks.stdout).toContain(`! user-auth is a new attempt: it was failed in run ${runId}`);
    const again = await run.o8('spawn', 'user-auth');
    expect(again.code, again.stderr).toBe(0);
    const second = await run.agents.waitForAgent('user-auth');
    await expect(second.readFile('half.txt')).rejects.toThrow();
    await second.succeed('user-auth.txt', 'a\n');
    await run.waitForRun('completed');
    expect(landed(run)).toEqual(['user-auth', 'dashboard']);
    const made = (await run.records()).filter(({ type }) => type === 'room_made');
    expect(made).toHaveLength(1);
    expect(await run.commitOf(`refs/o8/attempts/${runId}/user-auth/1`)).toBe(tip);
    expect(await run.repository.git(['show', `refs/o8/rescue/${runId}/user-auth/1:loose.txt`])).toBe('loose');
  });

  it('makes room for a new attempt wherever it was killed before', async () => {
    const run = await RunFixture.open(featureRun(['user-auth']));
    await run.call('spawn', { features: ['user-auth'] });
    const first = await run.agents.waitForAgent('user-auth');
    await first.writeFile('half.txt', 'half\n');
    const tip = await first.commit('half of it');
    await first.writeFile('loose.txt', 'loose\n');
    await first.exit(3);
    const { runId = '' } = await run.waitForRun('failed');
    for (const point of [
      'ref.pin.after',
      'ref.create.after',
      'worktree.unregister.before',
      'ref.delete.before',
      'ref.delete.after',
    ]) {
      const killed = await run.o8With({ ...run.environment, O8_FAILPOINT: point }, 'spawn', 'user-auth');
      // The supervisor of the new run falls; the same command continues it, and each step is done once.
      expect(killed.code, `${point}: ${killed.stderr}${killed.stdout}`).toBe(1);
      expect(killed.stderr).toMatch(/The supervisor \(pid \d+\) ended before the run started\./);
    }
    const again = await run.o8('spawn', 'user-auth');
    expect(again.code, again.stderr).toBe(0);
    await run.succeed('user-auth');
    await run.waitForRun('completed');
    expect(await run.commitOf(`refs/o8/attempts/${runId}/user-auth/1`)).toBe(tip);
    expect(await run.repository.git(['show', `refs/o8/rescue/${runId}/user-auth/1:loose.txt`])).toBe('loose');
  });

  it('ends with what completed on main, the conflicts kept, and completes the failed one when it is run again', async () => {
    const five = ['a', 'b', 'c', 'd', 'e'];
    const run = await RunFixture.open(featureRun(five, { settings: { maxConcurrency: 2 } }));
    await run.call('spawn', { features: five });
    const first = await run.agents.waitForAgent('a');
    const failing = await run.agents.waitForAgent('b');
    await failing.exit(1);
    const next = await run.agents.waitForAgent('c');
    await first.succeed('shared.txt', 'a\n');
    await run.waitForTask('a', 'complete');
    await next.succeed('shared.txt', 'c\n');
    await run.waitForTask('c', 'merge_conflict');
    await run.succeed('d');
    await run.succeed('e');
    expect((await run.waitForRun('failed')).counts).toEqual({ complete: 3, failed: 1, merge_conflict: 1 });
    expect(landed(run, five)).toEqual(['d', 'e']);
    expect(await readFile(join(run.root, 'shared.txt'), 'utf8')).toBe('a\n');
    for (const slug of ['b', 'c']) expect(existsSync(worktreeOf(run, slug))).toBe(true);
    expect((await run.o8('spawn', 'b')).code).toBe(0);
    await run.succeed('b');
    await run.waitForRun('completed');
    expect(landed(run, five)).toEqual(['b', 'd', 'e']);
  });

  it('does not touch a branch or worktree that is somebody else’s', async () => {
    const run = await RunFixture.open(featureRun(SLUGS));
    await run.repository.git(['branch', 'feature/user-auth']);
    await run.repository.git(['worktree', 'add', '-q', '-b', 'mine', worktreeOf(run, 'dashboard')]);
    const refused = await run.o8('spawn', ...SLUGS);
    expect(refused.code).toBe(4);
    expect(refused.stderr).toContain('Branch already exists: feature/user-auth');
    expect(refused.stderr).toContain('git branch -m feature/user-auth feature/user-auth-old');
    expect(refused.stderr).toContain('Worktree already exists: .claude/worktrees/feat-dashboard');
    expect(run.agents.all).toEqual([]);
    expect(await run.repository.git(['branch', '--list', '--format=%(refname:short)'])).toBe(
      'feature/user-auth\nmain\nmine',
    );
  });

  it('continues an interrupted run of the same features and not one of others', async () => {
    const run = await RunFixture.open(featureRun(SLUGS));
    await run.call('spawn', { features: SLUGS.slice(0, 2) });
    const auth = await run.agents.waitForAgent('user-auth');
    const { runId } = await run.status();
    await killSupervisor(run);
    const other = await run.o8('spawn', 'user-auth', 'notifications');
    expect(other.code).toBe(3);
    expect(other.stderr).toMatch(/^Error: Agents of the interrupted run \S+ are still running: user-auth \(PID: \d+\)/);
    expect(other.stderr).toContain(`o8 run --resume --run ${String(runId)}\n`);
    expect(other.stderr).toContain(`o8 abort --run ${String(runId)}\n`);
    const same = await run.o8('spawn', 'dashboard', 'user-auth');
    expect(same.code, same.stderr).toBe(0);
    expect((await run.status()).runId).toBe(runId);
    await auth.succeed('user-auth.txt', 'a\n');
    await run.succeed('dashboard');
    await run.waitForRun('completed');
  });

  it('--retry-failed of some features continues with the run they failed in', async () => {
    const run = await RunFixture.open(featureRun(SLUGS));
    await run.call('spawn', { features: SLUGS.slice(0, 2) });
    for (const slug of SLUGS.slice(0, 2)) await (await run.agents.waitForAgent(slug)).exit(1);
    const { runId } = await run.waitForRun('failed');
    const again = await run.o8('spawn', 'user-auth', '--retry-failed');
    expect(again.code, again.stderr).toBe(0);
    await run.succeed('user-auth');
    const status = await run.waitForRun('failed');
    expect(status).toMatchObject({ runId, counts: { complete: 1, failed: 1 } });
  });
});

describe('features that are refused', () => {
  it('names what is missing with exit code 4, and --skip-preflight continues', async () => {
    const features = { dashboard: { sections: { Scope: null, 'Behaviour Overview': '<!-- later -->' }, stories: 0 } };
    const run = await RunFixture.open(featureRun(['dashboard'], { features }));
    const refused = await run.o8('spawn', 'dashboard');
    expect(refused.code).toBe(4);
    for (const part of [
      'section "Scope" is missing in FEATURE_SPEC.md',
      'section "Behaviour Overview" is empty in FEATURE_SPEC.md',
    ])
      expect(refused.stderr).toContain(part);
    const checked = await run.o8('preflight', 'dashboard');
    expect(checked.stdout).toContain('! dashboard: no story in .blueprint/features/feature_dashboard');
    for (const command of ['plan', 'preflight', 'spawn']) expect((await run.o8(command, 'nothing')).code).toBe(4);
    expect((await run.o8('spawn', 'nothing', '--skip-preflight')).stderr).toContain('FEATURE_SPEC.md is missing');
    const folder = '\n  o8 run parallel/nothing   (the plan in that folder)\n';
    expect((await run.o8('run', 'nothing', '--dry-run')).stderr).not.toContain(folder);
    await run.repository.write('parallel/nothing/manifest.json', '{}');
    expect((await run.o8('run', 'nothing', '--dry-run')).stderr).toContain(folder);
    expect((await run.o8('spawn', 'dashboard', '--skip-preflight')).code).toBe(0);
    await run.succeed('dashboard');
    await run.waitForRun('completed');
  });

  it('refuses names twice, names that are none, too many, and a wave', async () => {
    const run = await RunFixture.open(featureRun(SLUGS, { settings: { maxFeatures: 2 } }));
    for (const [features, code, text] of [
      [['user-auth', 'user-auth'], 'usage', 'named twice'],
      [['user-auth', 'User-Auth'], 'usage', 'differ only in upper and lower case'],
      [['../user-auth'], 'usage', 'is not a valid name'],
      [SLUGS, 'refused', '3 features are more than maxFeatures allows (2)'],
    ] as const) {
      const refusal = await run.refusal('plan', { features });
      expect(refusal.code).toBe(code);
      expect(refusal.message).toContain(text);
    }
    expect(await run.refusal('plan', { features: ['user-auth'], wave: 1 })).toMatchObject({ code: 'usage' });
    expect(await run.refusal('plan', { epic: 'all' })).toMatchObject({ code: 'refused' });
  });
});
