import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { user } from '../../support/claude/claude-session.js';
import { CommandSession } from '../../support/claude/command-session.js';
import { branchOf, RunFixture } from '../../support/runs/run-fixture.js';
import { ask, callO8, resultOf, tell, type Conversation } from '../../support/claude/scripted-model.js';
import { waitFor } from '../../support/waiting/wait-for.js';

// /parallel-status, /parallel-abort and /parallel-cleanup in one session, each with no more than its own permissions.

const NOTHING_RUNS = 'No parallel pipelines are currently running.';

const statusSchema = z.looseObject({
  runId: z.string(),
  state: z.string(),
  tasks: z.array(z.looseObject({ id: z.string(), state: z.string(), commits: z.number() })),
});
const watchedSchema = z.looseObject({
  state: z.string(),
  cursor: z.number(),
  tasks: z.array(z.looseObject({ id: z.string(), state: z.string() })),
});
const abortSchema = z.looseObject({ message: z.string(), stopped: z.array(z.looseObject({ task: z.string() })) });
const cleanupSchema = z.looseObject({
  worktrees: z.array(z.looseObject({ path: z.string(), rescued: z.string().nullable() })),
  branches: z.array(z.looseObject({ branch: z.string() })),
  kept: z.array(z.looseObject({ what: z.string(), hint: z.string() })),
});

describe('the commands that look after a run', () => {
  it('show it, stop it when the user says yes, and remove what it left, with no other question', async () => {
    const run = await RunFixture.open({
      tasks: ['task-001', 'task-002', 'task-003'].map((id) => ({ id, wave: 1 })),
    });
    const runId = await run.spawn();
    await run.succeed('task-001');
    await run.waitForTask('task-001', 'complete');
    const second = await run.agents.waitForAgent('task-002');
    await second.writeFile('task-002.txt', 'half\n');
    const halfDone = await second.commit('Half of it');
    await second.writeFile('notes.txt', 'not committed\n');
    await run.agents.waitForAgent('task-003');

    function* driver(): Conversation {
      const { tasks } = resultOf(statusSchema, yield* callO8('status'));
      yield* tell(tasks.map(({ id, state }) => `${id} ${state}`).join('\n'));

      const seen = resultOf(statusSchema, yield* callO8('status'));
      expect(seen.state).toBe('running');
      expect(yield* ask(`Stop run ${seen.runId}?`)).toBe('Yes');
      const { message } = resultOf(abortSchema, yield* callO8('abort', { runId: seen.runId }));
      yield* tell(`${message}\nTo clean up: /parallel-cleanup`);
      expect(resultOf(statusSchema, yield* callO8('status')).state).toBe('aborted');
      yield* tell(NOTHING_RUNS);

      yield* callO8('cleanup', { dryRun: true });
      yield* tell('This would go.');
      const would = resultOf(cleanupSchema, yield* callO8('cleanup', { dryRun: true }));
      const [worktrees, branches] = [would.worktrees.length, would.branches.length];
      const forced = would.kept.filter(({ hint }) => hint.includes('--force'));
      expect(forced.map(({ what }) => what)).toEqual([branchOf('task-002')]);
      expect(yield* ask(`Remove ${worktrees} worktrees and ${branches} branches?`)).toBe('Yes');
      expect(yield* ask(`Drop ${forced.length} branch with work that is nowhere else?`)).toBe('No');
      const did = resultOf(cleanupSchema, yield* callO8('cleanup'));
      yield* tell(JSON.stringify(did));
      resultOf(cleanupSchema, yield* callO8('cleanup', { dryRun: true }));
      expect(yield* ask(`Drop ${forced.length} branch with work that is nowhere else?`)).toBe('Yes');
      resultOf(cleanupSchema, yield* callO8('cleanup', { force: true }));
      yield* tell('Dropped.');
    }

    let drop = 'No';
    const checkout = await run.checkout();
    const session = await CommandSession.open({
      ...{ root: run.root, processes: run.processes, driver },
      user: (prompt) =>
        user({
          answers: {
            [`Stop run ${runId}?`]: 'Yes',
            'Remove 2 worktrees and 2 branches?': 'Yes',
            'Drop 1 branch with work that is nowhere else?': drop,
          },
        })(prompt),
    });
    expect(await session.say('/parallel-status')).toBe('task-001 complete\ntask-002 running\ntask-003 running');
    expect(session.told).toContain('Show a run with the o8 tool `status`. Arguments: ``');
    expect(session.told).toContain('This command changes nothing.');
    expect(session.calls).toEqual([['status', {}]]);

    expect(await session.say('/parallel-abort')).toBe(
      'Aborted 2 pipelines. Worktrees preserved for debugging.\nTo clean up: /parallel-cleanup',
    );
    expect(session.told).toContain(NOTHING_RUNS);
    expect(session.told).toContain('Never add `--cleanup` yourself');
    await second.gone;
    expect(existsSync(run.worktree('task-002'))).toBe(true);
    expect(await session.say('/parallel-abort')).toBe(NOTHING_RUNS);

    await session.say('/parallel-cleanup --dry-run');
    expect(existsSync(run.worktree('task-002'))).toBe(true);
    const removed = await session.say('/parallel-cleanup --force');
    expect(session.told).toContain('Never add `--force` yourself');
    expect(removed).toContain(`refs/o8/rescue/${runId}/task-002/1`);
    expect(existsSync(run.worktree('task-002'))).toBe(false);
    expect(await run.commitOf(branchOf('task-002'))).toBe(halfDone);
    drop = 'Yes';
    await session.say('/parallel-cleanup --yes --force');
    expect(await run.repository.git(['branch', '--list', 'feature/*'])).toBe('');
    expect(await run.workOn(`o8/${runId}`)).toEqual(['task-001']); // not on the base yet, so it stays

    expect(session.asked).toEqual([
      `Stop run ${runId}?`,
      'Remove 2 worktrees and 2 branches?',
      'Drop 1 branch with work that is nowhere else?',
      'Drop 1 branch with work that is nowhere else?',
    ]);
    expect(session.calls.map(([tool]) => tool).filter((tool) => tool !== 'AskUserQuestion')).toEqual([
      ...['status', 'status', 'abort', 'status'],
      ...['cleanup', 'cleanup', 'cleanup', 'cleanup', 'cleanup'],
    ]);
    expect(session.refused).toEqual([]);
    expect(await run.checkout()).toEqual(checkout);
  });

  it('follow it with --watch until it has ended, told only what changed', async () => {
    const run = await RunFixture.open({
      tasks: [
        { id: 'task-001', wave: 1 },
        { id: 'task-002', wave: 2, deps: ['task-001'] },
      ],
    });
    await run.spawn();
    function* driver(): Conversation {
      let seen = resultOf(watchedSchema, yield* callO8('status'));
      const changes: string[] = [];
      while (seen.state === 'running') {
        seen = resultOf(watchedSchema, yield* callO8('status', { waitSeconds: 120, since: seen.cursor }));
        changes.push(...seen.tasks.filter(({ state }) => state === 'complete').map(({ id }) => id));
      }
      yield* tell(`${changes.join(', ')}: ${seen.state}`);
    }
    const session = await CommandSession.open({ root: run.root, processes: run.processes, driver, user: user({}) });
    const said = session.say('/parallel-status --watch');
    const waits = (count: number) =>
      waitFor(() => session.calls.length > count, { timeoutMs: 30_000, what: `wait ${count} of the command` });
    await waits(1);
    await run.succeed('task-001');
    await waits(2);
    await run.succeed('task-002');
    expect(await said).toBe('task-001, task-002: completed');
    expect(session.told).toContain('With `--watch` keep calling `status` with `waitSeconds: 120` and `since`');
    expect(session.told).toContain('Arguments: `--watch`');
    const [first, ...rest] = session.calls;
    expect(first).toEqual(['status', {}]);
    for (const [tool, input] of rest) {
      expect([tool, input]).toEqual(['status', { waitSeconds: 120, since: expect.any(Number) as number }]);
    }
    expect(session.asked).toEqual([]);
    expect(session.refused).toEqual([]);
  });
});
