import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { claudeEnvironment } from '../support/claude/claude.js';
import { MessagesApi, say, useTool, type Answer, type ApiRequest } from '../support/claude/messages-api.js';
import { FIVE_TASKS, PLAN_DIR, RunFixture } from '../support/runs/run-fixture.js';

// The main job with real workers: every agent is the real `claude -p`, its model the scripted one.

const IDS = FIVE_TASKS.map(({ id }) => id);

let api: MessagesApi | null = null;

afterEach(async () => {
  await api?.close();
});

/** What the model of a worker says: it writes its task's file, commits it, and reports. */
function work(request: ApiRequest, worktree: (task: string) => string): Answer {
  const task = /Write (task-\d+)\.txt/.exec(request.userText)?.[1];
  if (task === undefined) throw new Error(`no task in: ${request.userText}`);
  switch (request.turn) {
    case 0:
      return useTool('Write', { file_path: join(worktree(task), `${task}.txt`), content: `${task}\n` });
    case 1:
      return useTool('Bash', { command: `git add ${task}.txt && git commit -m "${task}: write its file"` });
    case 2:
      return useTool('StructuredOutput', { status: 'complete', summary: `${task}.txt is written.` });
    default:
      return say('Done.');
  }
}

describe('a run whose workers are the real Claude Code CLI', () => {
  it('of five tasks in two waves ends with all five on the base after merge', async () => {
    let run: RunFixture | null = null;
    const scripted = await MessagesApi.start((request) => work(request, (task) => run?.worktree(task) ?? ''));
    api = scripted;
    run = await RunFixture.open({
      tasks: FIVE_TASKS,
      settings: { agent: {}, maxConcurrency: 2 },
      environment: (home) => claudeEnvironment(home, scripted),
    });
    const before = await run.checkout();
    const { code, stdout, stderr } = await run.o8('run', PLAN_DIR, '--yes');

    expect(scripted.faults).toEqual([]);
    expect(code, stdout + stderr).toBe(0);
    expect(stdout.trimEnd().split('\n').at(-1)).toBe('Summary: 5 completed');
    expect(await run.checkout()).toEqual(before);
    const { tasks } = await run.status();
    for (const task of tasks) {
      expect(task).toMatchObject({ state: 'complete', attempt: 1, commits: 1 });
      expect(task.costUsd).toBeGreaterThan(0);
      expect(task.tokens).toBeGreaterThan(0);
      expect(task.notes).toBeUndefined();
    }
    const results = scripted.mainRequests.flatMap(({ toolResults }) => toolResults);
    expect(results.filter(({ isError }) => isError)).toEqual([]);

    const merge = await run.o8('merge');
    expect(merge.code, merge.stdout + merge.stderr).toBe(0);
    expect(await run.workOn('main')).toEqual(IDS);
    const authors = await run.repository.git(['log', '--no-merges', '--format=%an: %s', 'main', '--', '*.txt']);
    expect(authors.split('\n').sort()).toEqual(IDS.map((id) => `worker: ${id}: write its file`));
  });
});
