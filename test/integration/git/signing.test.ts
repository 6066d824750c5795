import { writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { gitInTime } from '../../../src/git/door/execute.js';
import { processTable } from '../../../src/process/trees/process-table.js';
import { RunFixture } from '../../support/runs/run-fixture.js';
import { waitFor } from '../../support/waiting/wait-for.js';
import { createRepository } from '../../support/git/repository.js';

test('a signing program that hangs is stopped together with git after the time limit', async () => {
  const repository = await createRepository({ files: { a: 'a\n' } });
  onTestFinished(async () => repository.remove());
  const program = join(repository.root, '../hang.sh');
  const pids = join(repository.root, '../pids');
  // Does not end of SIGTERM, and has a child that holds the output.
  writeFileSync(program, `#!/bin/sh\ntrap '' TERM\nsleep 1003 &\necho $$ $! > '${pids}'\nwhile :; do wait; done\n`, {
    mode: 0o755,
  });
  const options = { cwd: repository.root, input: 'x\n', timeoutMs: 1000 };
  const config = ['gpg.format=openpgp', `gpg.program=${program}`, `gpg.openpgp.program=${program}`];
  expect(await gitInTime(['commit-tree', '-S', 'HEAD^{tree}'], { ...options, config })).toBeNull();
  for (const pid of (await readFile(pids, 'utf8')).trim().split(' ')) {
    await waitFor(async () => (await processTable.read(Number(pid))) === null, {
      timeoutMs: 5000,
      what: `${pid} to end`,
    });
  }
  const identity = {
    GIT_AUTHOR_NAME: 'a',
    GIT_AUTHOR_EMAIL: 'a@b',
    GIT_COMMITTER_NAME: 'a',
    GIT_COMMITTER_EMAIL: 'a@b',
  };
  const good = await gitInTime(['commit-tree', 'HEAD^{tree}'], { ...options, timeoutMs: 60_000, env: identity });
  expect(good).toMatchObject({ code: 0, stdout: expect.stringMatching(/^[0-9a-f]{40}\n$/) as unknown });
});

test('if signing fails, the work waits with the reason and a command to test signing, and the run ends', async () => {
  const run = await RunFixture.open({ tasks: ['task-001', 'task-002'].map((id) => ({ id, wave: 1 })) });
  const program = join(run.home, 'no-key.sh');
  writeFileSync(program, '#!/bin/sh\necho "no secret key" >&2\nexit 2\n', { mode: 0o755 });
  writeFileSync(join(run.home, '.gitconfig'), `[gpg]\n\tprogram = ${program}\n[commit]\n\tgpgSign = true\n`);
  await run.spawn();
  for (const id of ['task-001', 'task-002']) {
    const agent = await run.agents.waitForAgent(id);
    await agent.writeFile(`${id}.txt`, 'work\n');
    await agent.git('add', '.');
    await agent.git('-c', 'commit.gpgSign=false', 'commit', '-q', '-m', 'Work');
    await agent.markComplete();
    await agent.exit(0);
  }
  await run.waitForRun('failed');
  const { tasks } = await run.status();
  expect(tasks.map(({ state }) => state).sort()).toEqual(['complete', 'merge_pending']); // the first needs no merge
  const held = tasks.find(({ state }) => state === 'merge_pending');
  expect(held?.message).toContain('could not be signed (commit.gpgSign is set): ');
  expect(held?.hint).toMatch(
    /^git -C .* commit-tree -S -m test HEAD\^\{tree\} {3}\(after fixing that: \/parallel-merge \S+\)$/,
  );
});
