import { rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { branchOf, RunFixture } from '../../support/runs/run-fixture.js';
import type { StubAgent } from '../../support/agents/stub-agent.js';

interface Misbehaviour {
  readonly id: string;
  readonly what: string;
  /** Returns the commits that must not be lost. */
  readonly act: (agent: StubAgent) => Promise<string[]>;
  readonly message: RegExp;
}

const CASES: readonly Misbehaviour[] = [
  {
    id: 'task-001',
    what: 'commits on another branch',
    async act(agent) {
      await agent.git('switch', '--quiet', '-c', 'elsewhere');
      return [await commit(agent)];
    },
    message: /^the agent left its worktree on branch elsewhere instead of feature\/task-001-work/,
  },
  {
    id: 'task-002',
    what: 'commits on no branch',
    async act(agent) {
      const first = await commit(agent);
      await agent.git('switch', '--quiet', '--detach');
      return [first, await commit(agent)];
    },
    message:
      /^the agent left its worktree on a detached HEAD at [0-9a-f]{40} instead of feature\/task-002-work; .* kept as refs\/o8\/rescue\//,
  },
  {
    id: 'task-003',
    what: 'rewrites what was there before it',
    async act(agent) {
      await agent.git('-c', 'user.name=a', '-c', 'user.email=a@localhost', 'commit', '-q', '--amend', '-m', 'Mine');
      return [await commit(agent)];
    },
    message: /^the agent rewrote history: feature\/task-003-work \([0-9a-f]{40}\) no longer contains its start/,
  },
  {
    id: 'task-004',
    what: 'deletes its worktree',
    async act(agent) {
      const made = await commit(agent);
      await rm(agent.started.cwd, { recursive: true });
      return [made];
    },
    message: /^its worktree was deleted, by the agent or another process; its commits are on feature\/task-004-work/,
  },
  {
    id: 'task-005',
    what: 'leaves a merge unfinished',
    async act(agent) {
      const made = await commit(agent);
      await agent.git('switch', '--quiet', '-c', 'other-side', 'HEAD~1');
      await agent.writeFile('work.txt', 'the other side\n');
      const other = await agent.commit('Other side');
      await agent.git('switch', '--quiet', branchOf('task-005'));
      await expect(agent.git('merge', 'other-side')).rejects.toThrow('git merge');
      return [made, other];
    },
    message: /^the agent left a merge unfinished in its worktree; .* kept as refs\/o8\/rescue\//,
  },
  {
    id: 'task-007',
    what: 'deletes its own branch from another one',
    async act(agent) {
      const made = await commit(agent);
      await agent.git('switch', '--quiet', '--detach', 'main');
      await agent.git('branch', '--quiet', '-D', branchOf('task-007'));
      return [made];
    },
    message: /^the agent removed its branch feature\/task-007-work; its commits are kept as refs\/o8\/attempts\//,
  },
  {
    id: 'task-008',
    what: 'unlocks its worktree and commits on no branch',
    async act(agent) {
      await agent.git('worktree', 'unlock', agent.started.cwd);
      await agent.git('switch', '--quiet', '--detach');
      return [await commit(agent)];
    },
    message: /^the agent left its worktree on a detached HEAD .* kept as refs\/o8\/rescue\//,
  },
];

async function commit(agent: StubAgent): Promise<string> {
  await agent.writeFile('work.txt', `${agent.task} ${String(Math.random())}\n`);
  return agent.commit('Work');
}

async function isReachable(run: RunFixture, id: string): Promise<boolean> {
  return (await run.repository.git(['for-each-ref', '--contains', id, '--count=1'])) !== '';
}

describe('an agent that exits with 0 and its marker, but', () => {
  it(`${CASES.map(({ what }) => what).join(', ')}: fails by name, and no commit is ever lost`, async () => {
    const run = await RunFixture.open({
      tasks: CASES.map(({ id }) => ({ id, wave: 1 })),
      settings: { maxConcurrency: CASES.length, retries: 3 },
    });
    await run.spawn();
    const commits: string[] = [];
    for (const { id, act } of CASES) {
      const agent = await run.agents.waitForAgent(id);
      commits.push(...(await act(agent)));
      if (existsSync(agent.started.cwd)) await agent.markComplete();
      await agent.exit(0);
      await run.waitForTask(id, 'failed');
    }
    const { target = '', tasks } = await run.waitForRun('failed');
    for (const { id, what, message } of CASES) {
      const task = tasks.find((each) => each.id === id);
      expect.soft(task, what).toMatchObject({ state: 'failed', reason: 'agent_error', attempt: 1 });
      expect.soft(task?.message, what).toMatch(message);
    }
    expect(await run.commitOf(target)).toBe(await run.commitOf('main'));
    for (const id of commits) expect(await isReachable(run, id)).toBe(true);

    // Nor after cleanup and starting over.
    await run.call('cleanup', {});
    expect(await run.repository.git(['worktree', 'list'])).not.toContain('workspaces');
    for (const id of commits) expect(await isReachable(run, id)).toBe(true);
    await run.call('spawn', { dir: 'parallel/TS-0042-inventory', retryFailed: true, skipPreflight: true });
    for (const { id } of CASES) await run.succeed(id);
    await run.waitForRun('completed');
    for (const id of commits) expect(await isReachable(run, id)).toBe(true);
  });

  it('deletes every branch with packed-refs: all are restored with their work, and no task fails because of it', async () => {
    const run = await RunFixture.open({ tasks: ['task-001', 'task-002'].map((id) => ({ id, wave: 1 })) });
    await run.spawn();
    const agents = [await run.agents.waitForAgent('task-001'), await run.agents.waitForAgent('task-002')];
    for (const agent of agents) await commit(agent);
    await run.repository.git(['pack-refs', '--all']);
    await rm(join(run.root, '.git/packed-refs'));
    for (const agent of agents) {
      await agent.writeFile(`${agent.task}.txt`, `${agent.task}\n`);
      await agent.markComplete();
      await agent.exit(0);
    }
    const { tasks, target = '' } = await run.waitForRun('failed');
    for (const { state, notes, message } of tasks) {
      expect({ state, message }).toEqual({
        state: 'merge_pending',
        message: expect.stringMatching(`^${target} was deleted; o8 last knew it at [0-9a-f]{12}$`) as string,
      });
      expect(notes).toContainEqual(expect.stringMatching(/^feature\/.* was deleted while it ran, .* restored at /));
    }
    // The user's checkout has no commit now, and o8 must not tell them to make a first one.
    const noCommit = await run.o8('doctor');
    expect(noCommit.stdout).not.toContain('Initial commit');
    expect(noCommit.stdout).toMatch(
      /✗ branch main was deleted; it was at [0-9a-f]{12}\n {4}git update-ref refs\/heads\/main /,
    );
    for (const branch of ['main', target])
      await run.repository.git(['branch', branch, /refs\/heads\/main (\w+)/.exec(noCommit.stdout)?.[1] ?? '']);
    expect((await run.o8('merge')).stdout).toContain('Landed on main');
  });

  it('makes a repository of its own in the worktree: the work lands, the repository and its content stay', async () => {
    const run = await RunFixture.open({
      tasks: ['task-001', 'task-002'].map((id) => ({ id, wave: 1 })),
    });
    await run.spawn();
    for (const id of ['task-001', 'task-002']) {
      const agent = await run.agents.waitForAgent(id);
      await agent.git('init', '--quiet', 'nested');
      await agent.writeFile('nested/only-here.txt', 'only here\n');
      await agent.git('-C', 'nested', 'add', 'only-here.txt');
      const user = ['-c', 'user.name=a', '-c', 'user.email=a@localhost'];
      await agent.git('-C', 'nested', ...user, 'commit', '-q', '-m', 'Nested');
      await agent.writeFile(`${id}.txt`, `${id}\n`);
      // The first commits what is beside it; the second leaves everything to o8.
      if (id === 'task-001') {
        await agent.git('add', `${id}.txt`);
        await agent.git(...user, 'commit', '-q', '-m', 'Beside a nested repository');
      }
      await agent.markComplete();
      await agent.exit(0);
    }
    const { tasks, target = '' } = await run.waitForRun('completed');
    expect(await run.workOn(target)).toEqual(['task-001', 'task-002']);
    for (const { worktree, notes } of tasks) {
      expect(notes).toContainEqual(
        expect.stringMatching(/Nested repositories were left in its worktree and not merged: nested$/),
      );
      expect(existsSync(join(worktree, 'nested/only-here.txt'))).toBe(true);
    }
    const cleaned = await run.call('cleanup', { force: true });
    expect(cleaned).toMatchObject({
      worktrees: [],
      kept: expect.arrayContaining(
        tasks.map(({ worktree }) => expect.objectContaining({ what: worktree }) as unknown),
      ) as unknown,
    });
    for (const { worktree } of tasks) expect(existsSync(join(worktree, 'nested/only-here.txt'))).toBe(true);
  });
});
