import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { killSupervisor } from '../../support/faults/crash.js';
import { featureRun } from '../../support/runs/feature-files.js';
import { RunFixture } from '../../support/runs/run-fixture.js';
import { TerminalProcess } from '../../support/programs/terminal-process.js';
import { waitFor } from '../../support/waiting/wait-for.js';

const SLUGS = ['user-auth', 'dashboard'];

const lockFile = (run: RunFixture): string => join(run.root, '.claude/parallel.lock');

const terminal = (run: RunFixture, ...args: string[]): TerminalProcess =>
  new TerminalProcess(['parallel', ...args], { cwd: run.root, env: run.environment });

async function holder(run: RunFixture): Promise<{ pid: number; startedAt: string }> {
  const lock: unknown = JSON.parse(await readFile(lockFile(run), 'utf8'));
  return z.object({ pid: z.number(), startedAt: z.string() }).parse(lock);
}

describe('o8 parallel in a terminal', () => {
  it('says what it will do, asks, and after a y starts and follows to the end', async () => {
    const run = await RunFixture.open(featureRun(SLUGS));
    const o8 = terminal(run, ...SLUGS);
    await o8.waitFor('Continue? [y/N] ');
    expect(o8.screen).toContain(
      [
        'This will:',
        '• Create 2 git worktrees in .claude/worktrees/',
        '• Start 2 parallel pipelines (max concurrent: 3)',
        '• Branches: feature/user-auth, feature/dashboard',
        '',
        'Continue? [y/N] ',
      ].join('\n'),
    );
    expect(existsSync(lockFile(run))).toBe(false);
    o8.type('y\n');
    await o8.waitFor('Starting parallel pipelines...');
    await run.succeed('dashboard');
    const auth = await run.agents.waitForAgent('user-auth');
    expect(existsSync(lockFile(run))).toBe(true);
    await auth.exit(3);
    expect(await o8.ended).toBe(1);
    expect(o8.screen).toMatch(
      /\[\d\d:\d\d:\d\d\] user-auth: Started \(log: \.claude\/worktrees\/feat-user-auth\.log\)/,
    );
    expect(o8.screen).toMatch(/\] ✓ dashboard: complete \(1 commit\)/);
    expect(o8.screen).toMatch(/\] ✗ user-auth: failed/);
    expect(o8.screen).toContain('worktree: .claude/worktrees/feat-user-auth');
    expect(o8.screen.trimEnd().split('\n').at(-1)).toBe('Summary: 1 completed, 1 failed');
    expect(existsSync(lockFile(run))).toBe(false);
  });

  it.each(['n\n', '\n', 'yo\n', '\u0004'])(
    'takes %j for a no: Aborted., exit code 0, nothing created',
    async (keys) => {
      const run = await RunFixture.open(featureRun(SLUGS));
      const o8 = terminal(run, ...SLUGS);
      await o8.waitFor('Continue? [y/N] ');
      o8.type(keys);
      expect(await o8.ended).toBe(0);
      expect(o8.screen.trimEnd()).toMatch(/\nAborted\.$/);
      expect(existsSync(join(run.root, '.claude/worktrees'))).toBe(false);
    },
  );

  it('stops the run on Ctrl+C, with the fixed text, and keeps the worktrees', async () => {
    const run = await RunFixture.open(featureRun(SLUGS));
    const o8 = terminal(run, ...SLUGS, '-y');
    const agents = await Promise.all(SLUGS.map((slug) => run.agents.waitForAgent(slug)));
    await o8.waitFor(/user-auth: Started[^]*dashboard: Started|dashboard: Started[^]*user-auth: Started/);
    o8.pressCtrlC();
    expect(await o8.ended).toBe(130);
    await Promise.all(agents.map((agent) => agent.gone));
    const end = o8.screen.slice(o8.screen.indexOf('Received interrupt'));
    expect(end).toMatch(
      /^Received interrupt signal\. Stopping pipelines\.\.\.\n\n(\[[\d:]+\] (user-auth|dashboard): Stopped\n){2}\nAborted\. Worktrees preserved\. Run 'o8 parallel cleanup' to remove\.\nTo continue: o8 parallel user-auth dashboard --resume\n\nSummary: 0 completed\n$/,
    );
    expect(existsSync(join(run.root, '.claude/worktrees/feat-user-auth'))).toBe(true);
    expect(existsSync(lockFile(run))).toBe(false);
  });

  it('refuses a second run with the pid, the start and the three options; takes over a stale lock', async () => {
    const run = await RunFixture.open(featureRun(SLUGS));
    await run.call('spawn', { features: ['user-auth'] });
    await run.agents.waitForAgent('user-auth');
    const { pid, startedAt } = await holder(run);
    const second = terminal(run, 'dashboard');
    expect(await second.ended).toBe(3);
    expect(second.screen).toBe(
      [
        `Error: Another parallel execution is in progress (PID: ${String(pid)})`,
        `Started at: ${startedAt}`,
        '',
        'Options:',
        '• Wait for it to complete',
        '• Run: o8 parallel status',
        '• Force override: o8 parallel dashboard --force',
        '',
      ].join('\n'),
    );
    expect(await killSupervisor(run)).toBe(pid);
    const again = terminal(run, 'user-auth', '-y');
    await run.agents.all[0]?.succeed('user-auth.txt', 'a\n');
    expect(await again.ended).toBe(0);
    const [warning, start] = [
      `Warning: Found stale lock file (PID ${String(pid)} not running)\nRemoving stale lock and continuing...\n`,
      '\nStarting parallel pipelines...\n',
    ];
    expect(again.screen).toContain(warning);
    expect(again.screen.indexOf(start)).toBeGreaterThan(again.screen.indexOf(warning));
  });

  it('asks again with --force, naming the lock it overrides', async () => {
    const run = await RunFixture.open(featureRun(SLUGS));
    await run.call('spawn', { features: ['user-auth'] });
    const old = await run.agents.waitForAgent('user-auth');
    const { pid } = await holder(run);
    const o8 = terminal(run, 'dashboard', '--force');
    await o8.waitFor('Continue? [y/N] ');
    o8.type('y\n');
    await o8.waitFor(
      `Warning: Overriding existing lock (PID: ${String(pid)})\nThis may cause conflicts if another execution is still running.`,
    );
    await o8.waitFor(/Continue\? \[y\/N\] [^]*Continue\? \[y\/N\] /);
    o8.type('y\n');
    await old.gone;
    await run.succeed('dashboard');
    expect(await o8.ended).toBe(0);
  });
});

describe('o8 parallel', () => {
  it('aborts and cleans up with the fixed text; nothing running is no error', async () => {
    const run = await RunFixture.open(featureRun(SLUGS));
    const idle = await run.o8('parallel', 'abort');
    expect(idle).toMatchObject({ code: 0, stdout: 'No parallel pipelines are currently running.\n' });
    await run.call('spawn', { features: SLUGS });
    const pids = await Promise.all(
      SLUGS.map(async (slug) => {
        await run.agents.waitForAgent(slug);
        return waitFor(async () => (await run.task(slug)).pid ?? null, { timeoutMs: 10_000, what: 'a pid' });
      }),
    );
    const aborted = await run.o8('parallel', 'abort');
    expect(aborted.code).toBe(0);
    expect(aborted.stdout).toMatch(/^Stopping parallel pipelines\.\.\.\n\n/);
    for (const [at, slug] of SLUGS.entries()) {
      expect(aborted.stdout).toContain(`] ${slug}: Stopping process (PID: ${String(pids[at])})\n`);
      expect(aborted.stdout).toContain(`] ${slug}: Stopped\n`);
    }
    expect(aborted.stdout).toMatch(
      /\nAborted 2 pipelines\. Worktrees preserved for debugging:\n• \.claude\/worktrees\/feat-user-auth\/\n• \.claude\/worktrees\/feat-dashboard\/\n\nTo clean up: o8 parallel cleanup\n$/,
    );
    const cleaned = await run.o8('parallel', 'cleanup');
    expect(cleaned.code).toBe(0);
    expect(existsSync(join(run.root, '.claude/worktrees/feat-user-auth'))).toBe(false);
  });

  it('shows status, and undoes everything with rollback', async () => {
    const run = await RunFixture.open(featureRun(SLUGS));
    const first = run.start('parallel', 'user-auth', '--yes');
    await run.succeed('user-auth');
    expect((await first.ended).code).toBe(0);
    expect(await run.workOnFile('user-auth.txt')).toBe(true);
    const status = await run.o8('parallel', 'status', '--detailed');
    expect(status.stdout).toMatch(
      /user-auth {2}complete \(1 commit\)[^]*\nuser-auth\n {2}branch {4}feature\/user-auth\n/,
    );
    const back = await run.o8('parallel', 'rollback');
    expect(back.code, back.stderr).toBe(0);
    expect(back.stdout).toContain('Reverted on main');
    expect(await run.workOnFile('user-auth.txt')).toBe(false);
    const history = await run.o8Json('history');
    expect(history['runs']).toEqual([expect.objectContaining({ state: 'completed' })]);
  });

  it('prints plain lines into a pipe and needs --yes there', async () => {
    const run = await RunFixture.open(featureRun(SLUGS));
    const refused = await run.o8('parallel', ...SLUGS);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('o8 parallel user-auth dashboard --yes');
    const nothing = await run.o8('parallel');
    expect(nothing.code).toBe(2);
  });
});

describe('five features, two at a time, of which one fails and two conflict', () => {
  it('ends as specified, and a second call of the failed one completes it', async () => {
    const slugs = ['one', 'two', 'three', 'four', 'five'];
    const run = await RunFixture.open(
      featureRun(slugs, { files: { 'shared.txt': 'start\n' }, settings: { maxConcurrency: 2 } }),
    );
    const o8 = run.start('parallel', ...slugs, '--yes');
    const [one, two] = await Promise.all(['one', 'two'].map((slug) => run.agents.waitForAgent(slug)));
    await run.repository.commit('Somebody else', { 'shared.txt': 'else\n' });
    await one?.succeed('shared.txt', 'one\n');
    await two?.succeed('shared.txt', 'two\n');
    await run.succeed('three');
    await run.agents.waitForAgent('five').then((agent) => agent.exit(1));
    await run.succeed('four');
    const { code, stdout } = await o8.ended;
    expect(code).toBe(1);
    expect(stdout.trimEnd().split('\n').at(-1)).toBe('Summary: 2 completed, 1 failed, 2 conflicts');
    expect(await run.repository.git(['show', 'main:shared.txt'])).toBe('else');
    expect(stdout).toContain('worktree: .claude/worktrees/feat-two');
    const again = run.start('parallel', 'five', '--yes');
    await run.succeed('five');
    const second = await again.ended;
    expect(second.code, second.stderr).toBe(0);
    expect(second.stdout.trimEnd().split('\n').at(-1)).toBe('Summary: 1 completed');
  });
});
