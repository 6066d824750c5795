import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { branchOf, RunFixture } from '../../support/runs/run-fixture.js';

it('a merge driver of the user is used, and one that an agent added to the settings is not run', async () => {
  const tasks = ['task-001', 'task-002', 'task-003'].map((id) => ({ id, wave: 1 }));
  const files = {
    '.gitattributes': 'mine merge=mine\ntheirs merge=theirs\nunion merge=union\n',
    ...{ mine: 'start\n', theirs: 'start\n', union: 'start\n' },
  };
  const run = await RunFixture.open({ tasks, files });
  await run.repository.git(['config', 'merge.mine.driver', 'echo driven > %A']);
  await run.spawn();
  const agents = await Promise.all(tasks.map(({ id }) => run.agents.waitForAgent(id)));
  const ran = join(run.home, 'ran');
  for (const [at, agent] of agents.entries()) {
    if (at === 0) await agent.git('config', 'merge.theirs.driver', `touch '${ran}'`);
    const changed = at === 2 ? ['theirs'] : ['mine', 'union', ...(at === 0 ? ['theirs'] : [])];
    for (const path of changed) await agent.writeFile(path, `${agent.task}\n`);
    await agent.succeed(`${agent.task}.txt`, 'x\n');
    await run.waitForTask(agent.task, at === 2 ? 'merge_conflict' : 'complete');
  }
  const { target = '' } = await run.waitForRun('failed');
  expect((await run.task('task-003')).files).toEqual(['theirs']);
  expect(existsSync(ran)).toBe(false);
  expect(await run.repository.git(['show', `${target}:mine`])).toBe('driven');
  expect(await run.repository.git(['show', `${target}:union`])).toBe('task-001\ntask-002');
  expect(await run.commitOf(branchOf('task-003'))).not.toBe('');
});
