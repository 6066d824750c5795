import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import { claudeEnvironment, runClaude } from '../../support/claude/claude.js';
import { MessagesApi, say } from '../../support/claude/messages-api.js';
import { NPM_OFFLINE } from '../../support/programs/npm-package.js';
import { cloneProject } from '../../support/programs/project-clone.js';
import { readmeCommands } from '../../support/sources/readme-commands.js';
import { RunFixture } from '../../support/runs/run-fixture.js';

// What the README's section "Uninstall" says, word for word.

const [fromClaude = [], fromRepository = [], fromSetup = []] = await readmeCommands('Uninstall');

/** What Claude Code itself writes about every session. */
const OF_CLAUDE = /^(\.claude\.json$|\.claude\/(backups|projects|sessions|shell-snapshots)\/|\.cache\/|\.npm\/)/;

/** Returns what they print. Only `rmdir` may refuse: it does where something is in a folder. */
async function shell(commands: readonly string[], cwd: string, env: Readonly<Record<string, string>>): Promise<string> {
  let output = '';
  for (const command of commands) {
    const done = promisify(execFile)('sh', ['-c', command], { cwd, env });
    output += (command.startsWith('rmdir ') ? await done.catch(() => ({ stdout: '' })) : await done).stdout;
  }
  return output;
}

it('takes plugin, marketplace and server out of Claude Code', async () => {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'o8-uninstall-')));
  const home = await mkdtemp(join(folder, 'home-'));
  const api = await MessagesApi.start(() => say('ok'));
  onTestFinished(async () => {
    await api.close();
    await rm(folder, { recursive: true, force: true });
  });
  const clone = await cloneProject(folder);
  const claude = async (...args: string[]) => {
    const { code, stdout, stderr } = await runClaude({ cwd: folder, home, api, args, env: NPM_OFFLINE });
    expect(code, stdout + stderr).toBe(0);
    return stdout;
  };
  await claude('plugin', 'marketplace', 'add', clone);
  await claude('plugin', 'install', 'o8@o8');
  await claude('mcp', 'add', 'o8', '--', 'node', join(clone, 'dist/o8.js'), 'mcp');
  expect(existsSync(join(home, '.claude/plugins/cache/o8'))).toBe(true);

  await shell(fromClaude, folder, claudeEnvironment(home, api));
  expect(await claude('mcp', 'list')).not.toContain('o8.js');
  const files = (await readdir(home, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(home.length + 1));
  expect(files.filter((path) => !OF_CLAUDE.test(path)).sort()).toEqual([
    '.claude/plugins/installed_plugins.json',
    '.claude/plugins/known_marketplaces.json',
    '.claude/settings.json',
  ]);
  for (const path of files.filter((name) => /^\.claude(\.json$|\/(plugins|settings))/.test(name))) {
    expect(withoutDeclined(await readFile(join(home, path), 'utf8')), path).not.toMatch(/"o8(@o8)?"|o8\.js/);
  }
});

it('takes everything of o8 out of a repository whose run is merged and cleaned up', async () => {
  const run = await RunFixture.open({ tasks: [{ id: 'task-001', wave: 1 }], files: { 'CLAUDE.md': '# Rules\n' } });
  const git = async (...args: string[]) => run.repository.git(args);
  const look = async () => ({
    exclude: await readFile(join(run.root, '.git/info/exclude'), 'utf8'),
    config: await readFile(join(run.root, '.git/config'), 'utf8'),
    worktrees: (await git('worktree', 'list', '--porcelain')).replace(/^HEAD .*$/gm, ''),
    refs: await git('for-each-ref', '--format=%(refname)'),
    files: (await readdir(run.root, { recursive: true })).filter((path) => !/^\.(git|claude)(\/|$)/.test(path)).sort(),
    beside: (await readdir(run.home)).sort(),
  });
  const before = await look();
  expect((await run.o8('setup')).code).toBe(0);
  await run.repository.commit('Set up');
  await run.spawn();
  await (await run.agents.waitForAgent('task-001')).exit(1);
  await run.waitForRun('failed');
  await run.spawn({ retryFailed: true });
  await run.succeed('task-001');
  await run.waitForRun('completed');
  expect((await run.o8('merge')).code).toBe(0);
  expect((await run.o8('cleanup')).code).toBe(0);
  const used = await look();
  expect(used.refs).toContain('refs/o8/attempts/'); // the failed one, which had nothing of its own
  expect(used.exclude).not.toBe(before.exclude);

  expect(await shell(fromRepository, run.root, run.environment)).toBe('');
  await shell(fromSetup, run.root, run.environment);
  expect(existsSync(join(run.root, '.claude'))).toBe(false);
  expect(await look()).toEqual({ ...before, files: [...before.files, 'task-001.txt'].sort() });
  expect((await readFile(join(run.root, 'CLAUDE.md'), 'utf8')).trim()).toBe('# Rules');
});

it('keeps and names work that is nowhere else', async () => {
  const run = await RunFixture.open({ tasks: [{ id: 'task-001', wave: 1 }] });
  await run.spawn();
  const agent = await run.agents.waitForAgent('task-001');
  await agent.writeFile('half.txt', 'half of it\n');
  await agent.exit(1);
  await run.waitForRun('failed');
  expect((await run.o8('cleanup')).code).toBe(0);
  const git = async (...args: string[]) => run.repository.git(args);
  const rescued = await git('for-each-ref', '--format=%(refname)', 'refs/o8/rescue');

  expect(await shell(fromRepository, run.root, run.environment)).toContain(rescued);
  expect(await git('for-each-ref', '--format=%(refname)', 'refs/o8')).toBe(rescued);
  await git('branch', 'kept', rescued);
  expect(await git('show', 'kept:half.txt')).toBe('half of it');
});

/** Newer versions remember what a user has removed, so that no project offers it again. */
function withoutDeclined(json: string): string {
  return json.replace(/"declinedPlugins": \[[^\]]*\]/, '');
}
