import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { foldersWithCommit, remoteHasCommit } from '../../../src/git/held/remote-commit.js';
import { RunFixture } from '../../support/runs/run-fixture.js';
import { gitOutput, scratchGit } from '../../support/git/scratch-git.js';

/** A repository with one commit of a file; returns its folder. */
function repositoryIn(folder: string, name: string): string {
  const path = join(folder, name);
  mkdirSync(path);
  gitOutput(path, ['init', '--quiet', '--initial-branch=main', '.']);
  gitOutput(path, ['commit', '--quiet', '--allow-empty', '--message', name]);
  return path;
}

const headOf = (path: string): string => gitOutput(path, ['rev-parse', 'HEAD']);

it('a remote is checked for a commit: at a tip, below it, outside its branches, missing, unreachable', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'o8-remote-test-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const remote = repositoryIn(folder, 'remote');
  const first = headOf(remote);
  gitOutput(remote, ['commit', '--quiet', '--allow-empty', '--message', 'second']);
  const loose = gitOutput(remote, ['commit-tree', 'HEAD^{tree}', '-m', 'on no branch']);
  const clone = join(folder, 'clone');
  gitOutput(folder, ['clone', '--quiet', remote, clone]);
  gitOutput(clone, ['commit', '--quiet', '--allow-empty', '--message', 'mine']);
  const objects = [join(clone, '.git/objects')];
  const asked = async (commit: string, url = remote, among = objects) =>
    (await remoteHasCommit(url, commit, among)).kind;
  expect(await asked(headOf(remote))).toBe('has');
  expect(await asked(first)).toBe('has');
  expect(await asked(first, remote, [])).toBe('has');
  expect(await asked(loose)).toBe('has'); // `git submodule update` gets it, too
  expect(await asked(headOf(clone))).toBe('has_not');
  expect(await asked(headOf(clone), remote, [])).toBe('has_not');
  expect(await remoteHasCommit(join(folder, 'gone'), first, objects)).toMatchObject({ kind: 'unknown' });
  expect(await remoteHasCommit(`ext::sh -c touch% ${join(folder, 'ran')}`, first, [])).toMatchObject({
    kind: 'unknown',
    why: expect.stringContaining('not allowed') as string,
  });
  expect(await foldersWithCommit(headOf(clone), [join(remote, '.git/objects'), ...objects])).toEqual(objects);
});

it('a submodule whose entry a branch removed, and a pointer whose attribute it removed, come back by the commands', async () => {
  const run = await RunFixture.open({
    tasks: [{ id: 'task-001', wave: 1 }],
    files: { '.gitattributes': '*.bin filter=lfs\n' },
  });
  repositoryIn(run.home, 'shared');
  const git = (...args: string[]) => run.repository.git(args);
  await git('-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', '../shared', 'sub');
  await git('commit', '--quiet', '--message', 'Submodule');
  await run.spawn();
  const agent = await run.agents.waitForAgent('task-001');
  await agent.git('rm', '--quiet', '--cached', '.gitmodules', '.gitattributes');
  await agent.writeFile('data.bin', `version http://git-media.io/v/2\noid sha256:${'a'.repeat(64)}\nsize 12345\n`);
  gitOutput(agent.started.cwd, ['clean', '--quiet', '--force', '.gitmodules', '.gitattributes']);
  await agent.succeed('task-001.txt', 'one\n');
  await run.waitForRun('failed', 60_000);
  const { held } = await run.task('task-001');
  expect(held).toMatchObject({
    what: 'submodule sub is no longer listed in .gitmodules: a clone gets an empty folder',
    more: [{ path: 'data.bin' }],
  });
  expect(held?.commands[0]).toMatch(/ checkout [0-9a-f]{12} -- \.gitmodules$/);
});

it('submodules and LFS files that a clone would not get are held, and land when the commands were run', async () => {
  const run = await RunFixture.open({
    tasks: ['task-001', 'task-002', 'task-003'].map((id) => ({ id, wave: 1 })),
    files: { '.gitattributes': '*.bin filter=lfs\n' },
  });
  const shared = repositoryIn(run.home, 'shared');
  const git = (...args: string[]) => run.repository.git(args);
  await git('-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', '../shared', 'sub');
  await git('commit', '--quiet', '--message', 'Submodule');
  await run.spawn();

  const bump = await run.agents.waitForAgent('task-001');
  const checkout = join(bump.started.cwd, 'sub');
  gitOutput(bump.started.cwd, ['-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'update', '--init']);
  gitOutput(checkout, ['commit', '--quiet', '--allow-empty', '--message', 'in sub']);
  const commit = headOf(checkout);
  await bump.succeed('task-001.txt', 'one\n');

  const nested = await run.agents.waitForAgent('task-002');
  repositoryIn(nested.started.cwd, 'nested');
  await nested.git('add', 'nested');
  await nested.succeed('task-002.txt', 'two\n');

  const pointer = await run.agents.waitForAgent('task-003');
  const text = `version https://git-lfs.github.com/spec/v1\noid sha256:${'a'.repeat(64)}\nsize 12345\n`;
  await pointer.writeFile('data.bin', text);
  symlinkSync('data.bin', join(pointer.started.cwd, 'fine'));
  await pointer.succeed('task-003.txt', 'three\n');
  await run.waitForRun('failed', 60_000);

  const held = async (task: string) => (await run.task(task)).held;
  expect(await held('task-001')).toMatchObject({
    what: `submodule sub is at ${commit.slice(0, 12)}, a commit that its remote ${shared} does not have`,
    path: 'sub',
    commands: [
      `git -C ${checkout} push origin ${commit}:refs/heads/feature/task-001-work`,
      expect.any(String) as string,
    ],
  });
  expect(await held('task-002')).toMatchObject({ path: 'nested' });
  expect((await held('task-002'))?.what).toContain('that .gitmodules does not list');
  expect(await held('task-003')).toMatchObject({ path: 'data.bin' });

  gitOutput(checkout, ['push', '--quiet', 'origin', `${commit}:refs/heads/feature/task-001-work`]);
  const worktree = run.worktree('task-002');
  gitOutput(worktree, ['rm', '-q', '--cached', '--', 'nested']);
  gitOutput(worktree, ['commit', '--quiet', '--message', 'Take out the repository nested']);
  const merged = await run.o8('merge');
  expect(merged.stdout).toContain('task-003  merge_pending  held: data.bin is a Git LFS pointer to aaaaaaaaaaaa');
  expect(merged.stdout).toContain('Landed on main');
  // Whoever clones gets the commit.
  const clone = join(run.home, 'clone');
  gitOutput(run.home, ['clone', '--quiet', run.root, clone]);
  const update = ['-c', 'protocol.file.allow=always', 'submodule', 'update', '--init'];
  expect(scratchGit(clone, update).code).toBe(0);
  expect(headOf(join(clone, 'sub'))).toBe(commit);
});
