import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { branchOf, RunFixture, type TestTask } from '../../support/runs/run-fixture.js';
import { waitFor } from '../../support/waiting/wait-for.js';

const tasksOf = (count: number): TestTask[] =>
  Array.from({ length: count }, (_, at) => ({ id: `task-00${String(at + 1)}`, wave: 1 }));

/** A verify command that counts its runs and, until the test opens it, waits; then it runs `command`. */
class GatedVerify {
  private readonly folder = mkdtempSync(join(tmpdir(), 'o8-gate-'));

  constructor(private readonly command: string) {
    onTestFinished(() => {
      this.open(); // a verify that still waits would wait for ever
      rmSync(this.folder, { recursive: true, force: true });
    });
  }

  get setting(): string {
    const [runs, gate] = [join(this.folder, 'runs'), join(this.folder, 'open')];
    return `echo run >> '${runs}'; while [ -d '${this.folder}' ] && [ ! -e '${gate}' ]; do sleep 0.05; done; ${this.command}`;
  }

  get runs(): number {
    const path = join(this.folder, 'runs');
    return existsSync(path) ? readFileSync(path, 'utf8').split('\n').length - 1 : 0;
  }

  open(): void {
    writeFileSync(join(this.folder, 'open'), '');
  }

  async started(): Promise<void> {
    await waitFor(() => Promise.resolve(this.runs > 0 ? true : null), {
      timeoutMs: 30_000,
      what: 'the verify to start',
    });
  }
}

/** All tasks done, the first of them in its verify, the others waiting behind it. */
async function waitingBehindFirst(run: RunFixture, verify: GatedVerify, files: Record<string, string>): Promise<void> {
  const [first = '', ...others] = Object.keys(files);
  for (const task of [first, ...others]) {
    const agent = await run.agents.waitForAgent(task);
    await agent.succeed(files[task] ?? '', `${task}\n`);
    if (task === first) await verify.started();
    else await run.waitForTask(task, 'merge_pending');
  }
}

const subjects = async (run: RunFixture, range: string): Promise<string[]> =>
  (await run.repository.git(['log', '--topo-order', '--format=%s', range])).split('\n');

describe('tasks that wait together', () => {
  it('are verified together, and the one that breaks the build is found so that the others land', async () => {
    const verify = new GatedVerify('test ! -f broken.txt');
    const run = await RunFixture.open({
      tasks: tasksOf(6),
      settings: { verify: verify.setting, maxConcurrency: 6 },
    });
    const runId = await run.spawn();
    await waitingBehindFirst(run, verify, {
      'task-001': 'task-001.txt',
      'task-002': 'task-002.txt',
      'task-003': 'task-003.txt',
      'task-004': 'broken.txt',
      'task-005': 'task-005.txt',
      'task-006': 'task-006.txt',
    });
    verify.open();
    const end = await run.waitForRun('failed');
    expect(end.counts).toEqual({ complete: 5, failed: 1 });
    const failed = await run.task('task-004');
    expect(failed.reason).toBe('verify_failed');
    expect(failed.message).toContain('found among 5 tasks in 3 verify runs');
    expect(await run.workOn(`o8/${runId}`)).toEqual(['task-001', 'task-002', 'task-003', 'task-005', 'task-006']);
    // The first alone; five together, the first two, the first three; the two behind the culprit.
    expect(verify.runs).toBe(5);
    expect((await run.records()).filter(({ type }) => type === 'verify_ran')).toHaveLength(5);
    // Nothing but what a verify has seen was ever the target.
    expect(await run.repository.git(['for-each-ref', 'refs/o8/merge', 'refs/o8/done/'])).toContain('task-004');
    const landed = await run.call('merge');
    expect(landed['landing']).toMatchObject({ kind: 'landed' });
    expect(verify.runs).toBe(5);
  });

  it('that conflict with one that breaks the build are merged without it', async () => {
    const verify = new GatedVerify('test ! -f broken.txt');
    const run = await RunFixture.open({
      tasks: tasksOf(3),
      files: { 'shared.txt': 'start\n' },
      settings: { verify: verify.setting },
    });
    const runId = await run.spawn();
    await run.agents.waitForAgent('task-001').then((agent) => agent.succeed('task-001.txt', 'one\n'));
    await verify.started();
    const two = await run.agents.waitForAgent('task-002');
    await two.writeFile('broken.txt', 'broken\n');
    await two.succeed('shared.txt', 'two\n');
    await run.waitForTask('task-002', 'merge_pending');
    await run.agents.waitForAgent('task-003').then((agent) => agent.succeed('shared.txt', 'three\n'));
    await run.waitForTask('task-003', 'merge_pending');
    verify.open();
    const end = await run.waitForRun('failed');
    expect(end.counts).toEqual({ complete: 2, failed: 1 });
    expect(await run.repository.git(['show', `o8/${runId}:shared.txt`])).toBe('three');
  });

  it('and of which one has a file of the user in its way do not wait for that one', async () => {
    const verify = new GatedVerify('true');
    const run = await RunFixture.open({
      tasks: tasksOf(3),
      settings: { verify: verify.setting, merge: { into: 'base' } },
    });
    await run.spawn();
    await waitingBehindFirst(run, verify, {
      'task-001': 'task-001.txt',
      'task-002': 'mine.txt',
      'task-003': 'task-003.txt',
    });
    await run.repository.write('mine.txt', 'the user is writing this\n');
    verify.open();
    const end = await run.waitForRun('failed');
    expect(end.counts).toEqual({ complete: 2, merge_pending: 1 });
    expect((await run.task('task-002')).message).toContain('mine.txt');
    expect(await run.workOn('main')).toEqual(['task-001', 'task-003']);
    expect(readFileSync(join(run.root, 'mine.txt'), 'utf8')).toBe('the user is writing this\n');
    rmSync(join(run.root, 'mine.txt'));
    await run.call('merge');
    expect(readFileSync(join(run.root, 'mine.txt'), 'utf8')).toBe('task-002\n');
  });
});

describe('a check that has passed', () => {
  it('is not run again for the validation of its wave or for the landing', async () => {
    const verify = new GatedVerify('test -f README.md');
    verify.open();
    const validation = verify.setting;
    const run = await RunFixture.open({
      tasks: [{ id: 'task-001', wave: 1 }],
      manifest: {
        waves: [{ number: 1, tasks: [{ id: 'task-001' }], validation }],
        tech_spec_id: 'TS-0042',
        name: 'inventory',
      },
      settings: { verify: verify.setting },
    });
    await run.spawn();
    await run.succeed('task-001');
    await run.waitForRun('completed');
    expect((await run.records()).map(({ type }) => type)).toContain('wave_validated');
    await run.call('merge');
    expect(await run.workOn('main')).toEqual(['task-001']);
    expect(verify.runs).toBe(1);
  });

  it('is run again if the base has moved', async () => {
    const verify = new GatedVerify('test -f README.md');
    verify.open();
    const run = await RunFixture.open({ tasks: tasksOf(1), settings: { verify: verify.setting } });
    await run.spawn();
    await run.succeed('task-001');
    await run.waitForRun('completed');
    await run.repository.commit('Other work', { 'other.txt': 'other\n' });
    await run.call('merge');
    expect(await run.workOn('main')).toEqual(['task-001']);
    expect(verify.runs).toBe(2);
  });
});

describe('merge.strategy', () => {
  it('squash makes one commit of a branch, in its author’s name', async () => {
    const run = await RunFixture.open({ tasks: tasksOf(2), settings: { merge: { strategy: 'squash' } } });
    const runId = await run.spawn();
    const one = await run.agents.waitForAgent('task-001');
    await one.writeFile('first.txt', 'first\n');
    await one.commit('First step');
    await one.succeed('task-001.txt', 'one\n');
    await run.waitForTask('task-001', 'complete');
    await run.succeed('task-002');
    await run.waitForRun('completed');
    const log = await run.repository.git([
      'log',
      '--format=%an|%s|%(trailers:key=O8-Task,valueonly)',
      `main..o8/${runId}`,
    ]);
    expect(log.replaceAll('\n', ' ').trim()).toMatch(
      /^.+\|task-002-work \(squashed from feature\/task-002-work\)\|task-002 .+\|task-001-work \(squashed from feature\/task-001-work\)\|task-001$/,
    );
    expect(await run.repository.git(['log', '-1', '--format=%b', `o8/${runId}~1`])).toContain('* First step');
    expect(await run.repository.git(['log', '--merges', '--format=%s', `main..o8/${runId}`])).toBe('');
  });

  it('rebase puts a branch’s own commits on the target, and merges a branch that contains merges', async () => {
    const run = await RunFixture.open({
      tasks: tasksOf(3),
      settings: { merge: { strategy: 'rebase' } },
    });
    const runId = await run.spawn();
    const [one, two, three] = await Promise.all(
      ['task-001', 'task-002', 'task-003'].map((task) => run.agents.waitForAgent(task)),
    );
    await one?.succeed('task-001.txt', 'one\n');
    await run.waitForTask('task-001', 'complete');
    await two?.writeFile('two.txt', 'two\n');
    await two?.commit('Begin two');
    await two?.succeed('task-002.txt', 'two\n');
    await run.waitForTask('task-002', 'complete');
    expect(await subjects(run, `main..o8/${runId}`)).toEqual([
      'task-002: write task-002.txt',
      'Begin two',
      'task-001: write task-001.txt',
    ]);
    const trailers = '--format=%(trailers:key=O8-Task,valueonly,separator=%x2C)';
    expect(await run.repository.git(['log', '-1', trailers, `o8/${runId}~1`])).toBe('task-002');
    await three?.git('checkout', '-q', '-b', 'aside');
    await three?.writeFile('aside.txt', 'aside\n');
    await three?.commit('Aside');
    await three?.git('checkout', '-q', branchOf('task-003'));
    await three?.git('merge', '--no-ff', '-q', '-m', 'Merge aside', 'aside');
    await three?.succeed('task-003.txt', 'three\n');
    await run.waitForRun('completed');
    expect((await run.task('task-003')).notes?.join()).toContain(
      'merged instead of rebased: its branch contains merge commits',
    );
    expect(await run.workOn(`o8/${runId}`)).toEqual(['task-001', 'task-002', 'task-003']);
  });
});

const canSign = spawnSync('ssh-keygen', ['-?']).error === undefined;

describe('commit.gpgSign of the user', () => {
  it.skipIf(!canSign)(
    '(if there is an ssh-keygen) signs what o8 merges, with the user’s program and never with one the repository names',
    async () => {
      const run = await RunFixture.open({ tasks: tasksOf(2), settings: { maxConcurrency: 2 } });
      const key = join(run.home, 'key');
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
      const config = `[gpg]\n\tformat = ssh\n[user]\n\tsigningKey = ${key}\n[commit]\n\tgpgSign = true\n`;
      writeFileSync(join(run.home, '.gitconfig'), config);
      const evil = join(run.home, 'evil.sh');
      writeFileSync(evil, `#!/bin/sh\ntouch '${join(run.home, 'evil-ran')}'\nexit 1\n`, { mode: 0o755 });
      const runId = await run.spawn();
      const agents = await Promise.all(['task-001', 'task-002'].map((task) => run.agents.waitForAgent(task)));
      await run.repository.git(['config', 'gpg.ssh.program', evil]);
      for (const agent of agents) {
        await agent.writeFile(`${agent.task}.txt`, 'work\n');
        await agent.git('add', '.');
        await agent.git('-c', 'commit.gpgSign=false', 'commit', '-q', '-m', 'Work');
        await agent.markComplete();
        await agent.exit(0);
      }
      await run.waitForRun('completed');
      const merge = await run.repository.git(['rev-list', '--merges', '-1', `main..o8/${runId}`]);
      expect(await run.repository.git(['cat-file', 'commit', merge])).toContain('gpgsig');
      expect(existsSync(join(run.home, 'evil-ran'))).toBe(false);
    },
  );
});

describe('a part of the run', () => {
  it('lands on a base that has moved, with its own checks only, and the rest follows', async () => {
    const more = (id: string) => ({ verify: `test -f ${id}.txt && test -f README.md` });
    const run = await RunFixture.open({
      tasks: ['task-001', 'task-002'].map((id) => ({ id, wave: 1, more: more(id) })),
    });
    await run.spawn();
    await run.succeed('task-001');
    await run.waitForTask('task-001', 'complete');
    await run.succeed('task-002');
    await run.waitForRun('completed');
    await run.repository.commit('Other work', { 'other.txt': 'other\n' });
    const part = await run.call('merge', { task: 'task-001' });
    expect(part['landing']).toMatchObject({ kind: 'landed' });
    expect(await run.workOn('main')).toEqual(['task-001']);
    await run.repository.commit('More work', { 'more.txt': 'more\n' });
    const rest = await run.call('merge');
    expect(rest['landing']).toMatchObject({ kind: 'landed' });
    expect(await run.workOn('main')).toEqual(['task-001', 'task-002']);
    expect(await run.repository.git(['status', '--porcelain', '--untracked-files=no'])).toBe('');
  });

  it('that was merged with new commits of the base is all that counts as landed, and as reverted', async () => {
    const run = await RunFixture.open({ tasks: tasksOf(2) });
    await run.spawn();
    await run.succeed('task-001');
    await run.waitForTask('task-001', 'complete');
    await run.succeed('task-002');
    await run.waitForRun('completed');
    await run.repository.commit('Other work', { 'other.txt': 'other\n' });
    await run.call('merge', { task: 'task-001' });
    await run.call('merge', { undo: true });
    const takenBack = [{ task: 'task-001', commit: await run.commitOf('main') }];
    expect(await run.status()).toMatchObject({ takenBack });
    expect((await run.call('merge'))['landing']).toMatchObject({ kind: 'landed' });
    expect(await run.workOn('main')).toEqual(['task-002']);
    expect(await run.status()).toMatchObject({ takenBack });
    const target = (await run.status()).target ?? '';
    expect((await run.call('cleanup'))['branches']).toContainEqual(expect.objectContaining({ branch: target }));
    expect((await run.call('merge'))['landing']).toMatchObject({
      kind: 'nothing',
      reason: expect.stringContaining('main is up to date except for reverted work') as string,
    });
  });
});

describe('a branch', () => {
  it('that was deleted while it waited is merged anyway', async () => {
    const run = await RunFixture.open({
      tasks: tasksOf(1),
      files: { 'shared.txt': 'start\n' },
      settings: { merge: { into: 'base' } },
    });
    await run.spawn();
    const agent = await run.agents.waitForAgent('task-001');
    await run.repository.write('shared.txt', 'in the way\n');
    await agent.succeed('shared.txt', 'task-001\n');
    await run.waitForRun('failed');
    await run.repository.git(['worktree', 'remove', '--force', '--force', run.worktree('task-001')]);
    await run.repository.git(['branch', '--quiet', '-D', branchOf('task-001')]);
    await run.repository.write('shared.txt', 'start\n');
    expect((await run.call('merge'))['tasks']).toMatchObject([{ id: 'task-001', state: 'complete' }]);
    expect(await run.repository.git(['show', 'main:shared.txt'])).toBe('task-001');
  });

  it('stays after cleanup if no other branch has its work, as with merge.into none', async () => {
    const run = await RunFixture.open({ tasks: tasksOf(1), settings: { merge: { into: 'none' } } });
    await run.spawn();
    const commit = await run.succeed('task-001');
    await run.waitForRun('completed');
    // Nothing lands, and nothing says that it would.
    const nothing = { kind: 'nothing', reason: 'merge.into is none: the work stays on the task branches' };
    expect((await run.call('merge', { dryRun: true }))['landing']).toEqual(nothing);
    expect((await run.call('merge'))['landing']).toEqual(nothing);
    expect((await run.o8('status')).stdout).not.toContain('o8 merge');
    expect((await run.call('cleanup'))['kept']).toMatchObject([{ what: branchOf('task-001') }]);
    expect(await run.commitOf(branchOf('task-001'))).toBe(commit);
    expect((await run.call('cleanup', { force: true }))['branches']).toEqual([
      { branch: branchOf('task-001'), commit },
    ]);
  });

  it('is rebased with its messages unchanged, without running programs of the repository', async () => {
    const run = await RunFixture.open({ tasks: tasksOf(2), settings: { merge: { strategy: 'rebase' } } });
    const runId = await run.spawn();
    const [one, two] = await Promise.all(['task-001', 'task-002'].map((task) => run.agents.waitForAgent(task)));
    await run.repository.git(['config', 'trailer.evil.command', `touch '${join(run.home, 'evil-ran')}'`]);
    await one?.succeed('task-001.txt', 'one\n');
    await run.waitForTask('task-001', 'complete');
    await two?.writeFile('two.txt', 'two\n');
    const message = 'Begin two\n\nAbove\n---\nBelow';
    await two?.commit(message);
    await two?.succeed('task-002.txt', 'two\n');
    await run.waitForRun('completed');
    const landed = await run.repository.git(['log', '-1', '--format=%B', `o8/${runId}~1`]);
    expect(landed).toContain(`${message}\n\nO8-Run: ${runId}\nO8-Task: task-002\n`);
    expect(existsSync(join(run.home, 'evil-ran'))).toBe(false);
  });
});
