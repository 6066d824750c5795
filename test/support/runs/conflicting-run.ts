import { RunFixture, type RunOptions } from './run-fixture.js';

/** A finished run of two tasks, of which the second conflicts with the first in `shared.txt`. `scope`: of both tasks. */
export async function conflictingRun(
  more: Omit<RunOptions, 'tasks'> = {},
  scope: { readonly scope?: string } = {},
): Promise<RunFixture> {
  const tasks = ['task-001', 'task-002'].map((id) => ({ id, wave: 1, ...scope }));
  const run = await RunFixture.open({ ...more, tasks, files: { 'shared.txt': 'start\n', ...more.files } });
  await run.spawn();
  const agents = await Promise.all(tasks.map(({ id }) => run.agents.waitForAgent(id)));
  for (const [index, agent] of agents.entries()) {
    await agent.succeed('shared.txt', `${agent.task}\n`);
    await run.waitForTask(agent.task, index === 0 ? 'complete' : 'merge_conflict');
  }
  await run.waitForRun('failed');
  return run;
}
