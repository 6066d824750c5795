import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { runClaude, type ClaudeResult } from '../support/claude.js';
import { MessagesApi, say, useTool } from '../support/messages-api.js';
import { createRepository } from '../support/repository.js';

const plugin = resolve(import.meta.dirname, '../..');

const COMMANDS = (await readdir(join(plugin, 'commands'))).map((file) => basename(file, '.md'));

let folder: string;
let api: MessagesApi;

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'o8-plugin-')));
  await mkdir(join(folder, 'home'));
  api = await MessagesApi.start(() => say('ok'));
});

afterEach(async () => {
  await api.close();
  await rm(folder, { recursive: true, force: true });
});

const claude = async (...args: string[]): Promise<ClaudeResult> =>
  runClaude({ cwd: folder, home: join(folder, 'home'), api, args });

describe('the repository as a Claude Code plugin', () => {
  it.each(['plugin.json', 'marketplace.json'])('passes the strict validation of %s', async (file) => {
    const { code, stdout, stderr } = await claude(
      'plugin',
      'validate',
      '--strict',
      join(plugin, '.claude-plugin', file),
    );
    expect(code, stdout + stderr).toBe(0);
  });

  it.each(COMMANDS)('offers /%s by its short name', async (name) => {
    await claude('--plugin-dir', plugin, '-p', `/${name} some/folder --odd "word"`);
    const sent = api.mainRequests[0]?.userText ?? '';
    expect(sent).toContain(`<command-name>/o8:${name}</command-name>`);
    expect(sent).toContain('Arguments: `some/folder --odd "word"`');
  });

  it('tells /parallel-setup where its program is, and that program runs without being asked', async () => {
    const repository = await createRepository({ files: { 'README.md': '# Shop\n' } });
    onTestFinished(() => repository.remove());
    const setup = `node ${plugin}/dist/o8.js setup`;
    await api.close();
    api = await MessagesApi.start(({ toolResults }) =>
      toolResults.length === 0 ? useTool('Bash', { command: setup, description: 'Set up' }) : say('Done.'),
    );
    const home = join(folder, 'home');
    await runClaude({ cwd: repository.root, home, api, args: ['--plugin-dir', plugin, '-p', '/parallel-setup'] });
    expect(api.mainRequests[0]?.userText).toContain(`\`${setup}\``);
    const results = api.mainRequests.flatMap(({ toolResults }) => toolResults);
    expect(results).toEqual([{ isError: false, text: expect.stringContaining('parallel/README.md') as string }]);
    expect(existsSync(join(repository.root, 'parallel/README.md'))).toBe(true);
  });
});
