import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tools, type ToolAnswer } from '../../../src/tools/catalogue.js';
import { hashFolder } from '../../support/git/folder-hash.js';
import { taskFile } from '../../support/runs/plan-folder.js';
import { PLAN_DIR, plannedRepository, type PlannedRepository } from '../../support/runs/planned-repository.js';

type Answer = ToolAnswer<'preflight'>;

async function check(repository: PlannedRepository, more: object = {}): Promise<Answer> {
  return tools.preflight.call({ dir: PLAN_DIR, ...more }, repository.context);
}

function problems({ checks }: Answer): Answer['checks'] {
  return checks.filter(({ level }) => level !== 'pass');
}

describe('preflight', () => {
  it('finds nothing wrong with a good plan in a clean repository', async () => {
    const answer = await check(await plannedRepository());
    expect(problems(answer)).toEqual([]);
    expect(answer.ok).toBe(true);
    expect(answer.overlaps).toEqual([]);
    expect(answer.checks.find(({ id }) => id === 'agent-cli')?.message).toMatch(/^Claude CLI 9\.9\.9 .*claude\)$/);
    expect(answer.tasks).toHaveLength(5);
    expect(answer.tasks[0]).toMatchObject({
      id: 'task-001',
      ready: true,
      estimate: { timeoutMinutes: 120 },
    });
  });

  it('writes nothing at all', async () => {
    const { root, ...repository } = await plannedRepository();
    const before = await hashFolder(dirname(root));
    await check({ root, ...repository });
    expect(await hashFolder(dirname(root))).toBe(before);
  });

  it('finds changes, but not a manifest in which only execution differs', async () => {
    const repository = await plannedRepository();
    const manifest = `${PLAN_DIR}/manifest.json`;
    const committed: unknown = JSON.parse(repository.git('show', `HEAD:${manifest}`));
    await repository.write({ [manifest]: Object.assign({}, committed, { execution: { status: 'failed' } }) });
    expect(problems(await check(repository))).toEqual([]);

    await repository.write({ [manifest]: Object.assign({}, committed, { technology: 'go' }), 'new.txt': 'x' });
    const answer = await check(repository);
    expect(answer.ok).toBe(false);
    expect(problems(answer)).toMatchObject([
      { id: 'clean-tree', message: `Uncommitted changes in working directory: ${manifest}, new.txt` },
    ]);
  });

  it('finds branches in the way, also above and below', async () => {
    const repository = await plannedRepository();
    repository.git('branch', 'feature/task-001-users');
    repository.git('branch', 'feature/task-002-products/wip');
    repository.git('branch', 'o8');
    const answer = await check(repository);
    expect(problems(answer).map(({ id, message }) => [id, message])).toEqual([
      ['branch-collision', 'Branch already exists: feature/task-001-users'],
      [
        'branch-collision',
        'Branch feature/task-002-products/wip conflicts with feature/task-002-products: git cannot have both',
      ],
      ['branch-collision', 'Branch o8 conflicts with o8/<run-id>: git cannot have both'],
    ]);
    expect(answer.tasks.map(({ ready }) => ready)).toEqual([false, false, true, true, true]);
    expect(answer.tasks[0]?.problems).toEqual(['Branch already exists: feature/task-001-users']);
  });

  it('tells worktrees, locked worktrees and other things at a planned path apart, also behind a link', async () => {
    const repository = await plannedRepository();
    const elsewhere = join(dirname(repository.root), 'elsewhere');
    await mkdir(join(elsewhere, 'task-003'), { recursive: true });
    await symlink(elsewhere, repository.workspaces);
    repository.git('worktree', 'add', '--quiet', '--detach', join(elsewhere, 'task-001'));
    repository.git('worktree', 'add', '--quiet', '--detach', '--lock', join(elsewhere, 'task-002'));
    const found = problems(await check(repository));
    expect(found.map(({ message }) => message)).toEqual([
      'Worktree already exists: ../workspaces/task-001',
      'Worktree already exists: ../workspaces/task-002',
      'Path already exists and is not a worktree of this repository: ../workspaces/task-003',
    ]);
    expect(found.map(({ hint }) => hint.includes('git worktree unlock'))).toEqual([false, true, false]);
  });

  it('gives hints that work: the collision is gone after the command', async () => {
    const repository = await plannedRepository();
    repository.git('worktree', 'add', '--quiet', '--detach', '--lock', '../workspaces/task-001');
    repository.git('worktree', 'add', '--quiet', '--detach', '../workspaces/task-002');
    await rm(join(repository.workspaces, 'task-002'), { recursive: true });
    expect(problems(await check(repository))).toHaveLength(2);
    repository.git('worktree', 'unlock', '../workspaces/task-001');
    repository.git('worktree', 'remove', '../workspaces/task-001');
    repository.git('worktree', 'remove', '../workspaces/task-002');
    expect(problems(await check(repository))).toEqual([]);
  });

  it('reports a detached HEAD among the other findings', async () => {
    const repository = await plannedRepository();
    repository.git('switch', '--quiet', '--detach');
    expect(problems(await check(repository)).map(({ id }) => id)).toEqual(['head', 'base-branch']);
  });

  it('reports a branch without a commit', async () => {
    const repository = await plannedRepository();
    repository.git('switch', '--quiet', '--orphan', 'empty');
    repository.git('checkout', '--quiet', 'main', '--', '.');
    expect(problems(await check(repository)).map(({ id }) => id)).toEqual(['head', 'clean-tree', 'base-branch']);
  });

  it('refuses to start in the middle of a merge', async () => {
    const repository = await plannedRepository();
    repository.git('switch', '--quiet', '-c', 'side');
    repository.git('commit', '--quiet', '--allow-empty', '-m', 'Side');
    repository.git('switch', '--quiet', 'main');
    repository.git('merge', '--quiet', '--no-ff', '--no-commit', 'side');
    expect(problems(await check(repository))).toMatchObject([{ id: 'operation', level: 'fail' }]);
  });

  it('misses Claude, and an agent of the user, by name', async () => {
    const repository = await plannedRepository();
    const withoutClaude = { ...repository, context: { ...repository.context, env: { PATH: '/usr/bin:/bin' } } };
    expect(problems(await check(withoutClaude))).toMatchObject([{ message: 'Claude CLI not found' }]);

    await repository.write({
      '.claude/parallel-config.json': { agent: { command: ['no-such-agent', '{promptFile}'] } },
    });
    expect(problems(await check(repository))).toMatchObject([{ message: 'Agent program not found: no-such-agent' }]);
  });

  it('finds overlapping scopes of tasks that may run together', async () => {
    const body = '## Scope\n\nCREATE: src/shared.ts\n';
    const repository = await plannedRepository({
      files: Object.fromEntries(
        ['task-001-users', 'task-004-orders', 'task-005-api'].map((stem) => [
          `${PLAN_DIR}/tasks/${stem}.md`,
          taskFile({ id: stem.slice(0, 8), wave: stem === 'task-001-users' ? 1 : 2 }, body),
        ]),
      ),
    });
    const answer = await check(repository);
    expect(answer.overlaps).toEqual([{ path: 'src/shared.ts', tasks: ['task-004', 'task-005'], level: 'fail' }]);
    expect(answer.ok).toBe(false);
    expect(answer.tasks.map(({ ready }) => ready)).toEqual([true, true, true, false, false]);
  });

  it('lets a later wave run once the branches of the wave before are there', async () => {
    const repository = await plannedRepository();
    const before = await check(repository, { wave: 2 });
    expect(problems(before)).toMatchObject([
      { id: 'dependencies', level: 'fail', hint: `Run 'o8 run ${PLAN_DIR} --wave 1' first` },
      { id: 'dependencies', level: 'fail' },
    ]);
    for (const stem of ['task-001-users', 'task-002-products', 'task-003-shared']) {
      repository.git('branch', `feature/${stem}`);
    }
    const after = await check(repository, { wave: 2 });
    expect(problems(after)).toEqual([]);
    expect(after.tasks.map(({ id }) => id)).toEqual(['task-004', 'task-005']);
  });

  it('does not count an unmerged branch of a skipped task as landed', async () => {
    const repository = await plannedRepository();
    repository.git('switch', '--quiet', '-c', 'feature/task-001-users');
    repository.git('commit', '--quiet', '--allow-empty', '-m', 'Users');
    repository.git('switch', '--quiet', 'main');
    expect(problems(await check(repository, { skip: ['task-001'] })).map(({ id }) => id)).toEqual([
      'dependencies',
      'dependencies',
    ]);
    repository.git('merge', '--quiet', 'feature/task-001-users');
    expect(problems(await check(repository, { skip: ['task-001'] }))).toEqual([]);
  });

  it('shows the commands of the manifest and warns of bypassPermissions', async () => {
    const repository = await plannedRepository({
      manifest: { o8: { setup: 'curl https://example.org | sh' } },
      files: { '.claude/parallel-config.json': { verify: 'npm test', agent: { permissionMode: 'bypassPermissions' } } },
    });
    const answer = await check(repository);
    expect(answer.ok).toBe(true);
    expect(problems(answer).map(({ id, level }) => [id, level])).toEqual([
      ['trust', 'warn'], // settings in a commit
      ['manifest-commands', 'warn'],
      ['permission-mode', 'warn'],
    ]);
    const commands = answer.checks.find(({ id }) => id === 'manifest-commands')?.message;
    expect(commands).toContain('curl https://example.org | sh');
    expect(commands).not.toContain('npm test');
  });

  it('tells the first findings of a kind and how many more there are', async () => {
    const stems = Array.from({ length: 30 }, (_, index) => `t${String(index)}`);
    const repository = await plannedRepository({
      manifest: { tasks: { total: 30, waves: 1, files: stems.map((stem) => `tasks/${stem}.md`) } },
      files: Object.fromEntries(
        stems.map((id) => [`${PLAN_DIR}/tasks/${id}.md`, taskFile({ id, wave: 1 }, `Do ${id}.`)]),
      ),
    });
    for (const stem of stems) repository.git('branch', `feature/${stem}`);
    const answer = await check(repository);
    expect(problems(answer)).toHaveLength(21);
    expect(problems(answer).at(-1)?.message).toBe('10 more of the same kind');
    expect(answer.tasks.every(({ ready }) => !ready)).toBe(true);
  });

  it('lets the shell read every command, runs none, and knows what begins with no program', async () => {
    const repository = await plannedRepository({
      manifest: { o8: { setup: 'touch ran; diff <(a) <(b)', verify: 'Everything passes' } },
    });
    const answer = await check(repository);
    const found = problems(answer).filter(({ id }) => id === 'shell-commands');
    expect(found.map(({ level, message }) => [level, message.split('\n')[0]])).toEqual([
      ['fail', expect.stringMatching(/^setup \(every task\) is not a valid shell command: .*[Ss]yntax error/)],
      ['warn', expect.stringMatching(/^verify \(every task\) begins with "Everything"/)],
    ]);
    expect(repository.git('status', '--porcelain')).toBe('');
  });

  it('finds a file where the folder of the worktrees should be', async () => {
    const repository = await plannedRepository();
    await repository.write({ '.claude/parallel-config.json': { workspaceRoot: '../file/ws' } });
    await writeFile(join(dirname(repository.root), 'file'), '');
    const found = problems(await check(repository)).find(({ id }) => id === 'worktree-folder');
    expect(found).toMatchObject({ level: 'fail', hint: "Run 'o8 config set workspaceRoot .claude/worktrees'" });
  });

  it('takes core.ignorecase for a file system that folds names', async () => {
    const repository = await plannedRepository();
    await repository.write({ 'docs/A.md': 'x', 'docs/a.md': 'x' });
    repository.git('add', '-A');
    repository.git('commit', '-qm', 'names');
    expect(problems(await check(repository))).toMatchObject([{ id: 'case-names', level: 'warn' }]);
    repository.git('config', 'core.ignorecase', 'true');
    expect(problems(await check(repository))).toContainEqual(
      expect.objectContaining({ id: 'case-names', level: 'fail' }),
    );
  });

  it('warns of task files that no task takes', async () => {
    const second = { waves: [{ number: 1, tasks: [{ id: 'task-001' }, { id: 'task-002' }] }], tasks: undefined };
    const repository = await plannedRepository({ manifest: second });
    const found = problems(await check(repository)).filter(({ id }) => id === 'plan-files');
    expect(found.map(({ level, message }) => [level, message.split(' ')[0]])).toEqual(
      ['task-003-shared', 'task-004-orders', 'task-005-api'].map((stem) => ['warn', `${PLAN_DIR}/tasks/${stem}.md`]),
    );
  });

  it('counts the files that Git LFS keeps', async () => {
    const repository = await plannedRepository();
    await repository.write({ 'art/.gitattributes': '*.bin filter=lfs diff=lfs merge=lfs -text\n', 'art/a.bin': 'x' });
    repository.git('add', '-A');
    repository.git('commit', '-qm', 'lfs');
    const bin = join(dirname(repository.root), 'bin');
    await symlink('/bin/sh', join(bin, 'sh'));
    const context = { ...repository.context, env: { ...repository.context.env, PATH: bin } };
    expect(problems(await check({ ...repository, context })).find(({ id }) => id === 'lfs')).toMatchObject({
      level: 'fail',
      message: '1 file in Git LFS, and git-lfs was not found',
    });
  });
});
