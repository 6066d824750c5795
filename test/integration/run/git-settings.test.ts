import { existsSync } from 'node:fs';
import { appendFile, copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { RunFixture } from '../../support/runs/run-fixture.js';
import type { StubAgent } from '../../support/agents/stub-agent.js';

const TASKS = ['task-001', 'task-002'].map((id) => ({ id, wave: 1 }));

async function leave(agent: StubAgent | undefined): Promise<void> {
  await agent?.writeFile(`${agent.task}.txt`, `${agent.task}\n`);
  await agent?.markComplete();
  await agent?.exit(0);
}

async function spawnBoth(run: RunFixture): Promise<(StubAgent | undefined)[]> {
  await run.spawn();
  return Promise.all(TASKS.map(async ({ id }) => run.agents.waitForAgent(id)));
}

describe('git settings that an agent changes', () => {
  it('do not affect o8: identity, filters and helpers stay, each change is reported with the command to restore it', async () => {
    const run = await RunFixture.open({
      tasks: TASKS,
      files: { '.gitattributes': '*.txt filter=own\n*.up filter=up\n' },
    });
    const proof = join(run.home, 'ran');
    await writeFile(join(run.home, '.gitconfig'), '[filter "up"]\n\tclean = tr a-z A-Z\n[core]\n\tautocrlf = false\n');
    const [bad, good] = await spawnBoth(run);
    await bad?.git('config', 'user.name', 'Robot');
    await bad?.git('config', '--global', 'user.email', 'robot@x');
    await bad?.git('config', '--global', 'core.autocrlf', 'true');
    for (const key of [
      'filter.own.clean',
      'filter.own.smudge',
      'filter.own.process',
      'core.fsmonitor',
      'core.sshCommand',
    ]) {
      await bad?.git('config', key, `sh -c 'touch ${proof}; cat'`);
    }
    await bad?.git('config', 'extensions.worktreeConfig', 'true');
    await bad?.git('config', '--worktree', 'commit.cleanup', 'scissors');
    await bad?.git('config', 'remote.origin.url', 'https://ada:hunter2hunter2@host/x');
    await good?.writeFile('loud.up', 'quiet\r\n');
    await leave(bad);
    await run.waitForTask('task-001', 'complete');
    await leave(good);
    const { target = '', tasks } = await run.waitForRun('completed');
    expect(await run.workOn(target)).toEqual(['task-001', 'task-002']);
    expect(await run.repository.git(['log', '--format=%an %ae %cn', 'main..', target])).not.toMatch(/Robot|robot/);
    expect(await run.repository.git(['show', `${target}:loud.up`])).toBe('QUIET\r');
    expect(existsSync(proof)).toBe(false);
    const notes = tasks.flatMap((task) => task.notes ?? []);
    const config = join(run.root, '.git/config');
    expect(notes).toContain(
      `while it ran, git config user.name changed from "Test" to "Robot" (by one of task-001, task-002, or by somebody else); to restore it: git config --file ${config} user.name Test`,
    );
    expect(notes.join('\n')).toMatch(/git config --global core\.autocrlf changed from "false" to "true"/);
    expect(notes.join('\n')).not.toContain('hunter2');

    // Afterwards as well, until a person puts it back.
    await run.call('merge', {});
    expect(await run.repository.git(['log', '-1', '--format=%an %cn', 'main'])).toBe('Test Test');
    expect(existsSync(proof)).toBe(false);
    const doctor = await run.o8('doctor');
    expect(doctor.stdout).toContain('git config user.name changed from "Test" to "Robot" while agents ran');
    expect(doctor.stdout).toContain(`git config --file ${config} user.name Test`);
    await run.repository.git(['config', 'user.name', 'Somebody']);
    expect((await run.o8('doctor')).stdout).not.toContain('user.name');
  });

  it('that git cannot read fail no task, and status, merge and doctor work and report them', async () => {
    const run = await RunFixture.open({ tasks: TASKS });
    const [bad, good] = await spawnBoth(run);
    const config = join(run.root, '.git/config');
    await bad?.git('config', 'core.worktree', '/nowhere');
    await bad?.git('config', 'core.repositoryFormatVersion', '1');
    await bad?.git('config', 'extensions.unheardOf', 'true');
    await leave(bad);
    const named = (await run.waitForTask('task-001', 'complete')).notes?.join('\n') ?? '';
    expect(named).toContain('git config core.worktree was set to "/nowhere"');
    expect(named).toContain('git config extensions.unheardof was set to "true"');
    expect(named).not.toContain('removed');
    await appendFile(config, '[core\n\tbare = true\n');
    await leave(good);
    const { tasks } = await run.waitForRun('completed');
    expect(tasks.map(({ state }) => state)).toEqual(['complete', 'complete']);
    expect(tasks[1]?.notes?.join('\n')).toMatch(
      /git config can no longer be read \(bad config line \d+ .*\) \(by .*cp .*\/saved\/\w+ /,
    );
    expect(await run.call('merge', {})).toMatchObject({ landing: { kind: 'landed' } });
    expect((await run.o8('status')).code).toBe(0);
    const doctor = await run.o8('doctor');
    expect(doctor.stdout).toContain('git config can no longer be read');
    const [, saved = ''] = /cp (\S+) /.exec(doctor.stdout) ?? [];
    await copyFile(saved, config);
    expect(await run.workOn('main')).toEqual(['task-001', 'task-002']);
    expect((await run.repository.git(['worktree', 'list'])).split('\n')[0]).toContain(run.root);
    expect((await run.o8('doctor')).stdout).not.toContain('git config');
  });
});
