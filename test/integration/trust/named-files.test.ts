import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openRepository } from '../../../src/git/door/repository.js';
import { readTrustItems } from '../../../src/git/trust/items.js';
import { createRepository, type TestRepository } from '../../support/git/repository.js';

let test: TestRepository;
beforeEach(async () => {
  test = await createRepository({ files: { 'agent.sh': 'one\n' } });
});
afterEach(async () => test.remove());

/** What counts beside the settings file itself, as `<path>: <text>`. */
async function namedBy(command: string, files: Readonly<Record<string, string>> = {}): Promise<string[]> {
  const settings = { '.claude/parallel-config.json': JSON.stringify({ notify: command }) };
  const commit = await test.commit('named', { ...files, ...settings });
  const repo = await openRepository(test.root);
  const items = await readTrustItems(repo, commit, { skill: [], settings: 'as_committed' });
  return items.slice(1).map(({ from, text }) => `${from}: ${text}`);
}

it('a file counts as the 150th word of a command, below the folder it goes to, and with blanks in its name', async () => {
  const words = Array.from({ length: 150 }, (_, at) => `w${String(at)}`).join(' ');
  expect(await namedBy(`echo ${words}; ./agent.sh`)).toEqual(['agent.sh: one\n']);
  expect(await namedBy('cd deep && ./a.sh', { 'deep/a.sh': 'deep\n' })).toContain('deep/a.sh: deep\n');
  expect(await namedBy('sh "my agent.sh"', { 'my agent.sh': 'mine\n' })).toContain('my agent.sh: mine\n');
});

it('a submodule, a link out of the repository and a folder of hooks on the way to it count', async () => {
  const id = '1234567890123456789012345678901234567890';
  await mkdir(join(test.root, 'vendor/sub'), { recursive: true });
  await test.git(['update-index', '--add', '--cacheinfo', `160000,${id},vendor/sub`]);
  expect(await namedBy('./vendor/sub/agent.sh')).toEqual([`vendor/sub: submodule at commit ${id}`]);
  await symlink('/opt/tools', join(test.root, 'tools'));
  expect(await namedBy('tools/agent.sh')).toEqual(['tools: symbolic link to /opt/tools']);
  expect(await namedBy('run-parts .claude/hooks.d', { '.claude/hooks.d/1': 'first\n', 'src/x': 'x\n' })).toEqual([
    '.claude/hooks.d/1: first\n',
  ]);
  expect(await namedBy('lint src')).toEqual([]);
});

it('if a command has too many words to look up, every commit needs new consent', async () => {
  const words = Array.from({ length: 21_000 }, (_, at) => `w${String(at)}`).join(' ');
  expect(await namedBy(words)).toEqual([
    expect.stringMatching(/^\.: the commands name too many files to show: git tree [0-9a-f]{40}$/),
  ]);
});
