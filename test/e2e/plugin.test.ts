import { mkdir, mkdtemp, readdir, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ClaudeSession } from '../support/claude/claude-session.js';
import { isClaudeAtLeast, runClaude } from '../support/claude/claude.js';
import { MessagesApi, say } from '../support/claude/messages-api.js';

const plugin = resolve(import.meta.dirname, '../..');

let folder: string;
let home: string;
let api: MessagesApi;

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'o8-plugin-')));
  home = join(folder, 'home');
  await mkdir(home);
  api = await MessagesApi.start(() => say('ok'));
});

afterEach(async () => {
  await api.close();
  await rm(folder, { recursive: true, force: true });
});

describe('the repository as a Claude Code plugin', () => {
  it.each(['plugin.json', 'marketplace.json'])('passes the strict validation of %s', async (file) => {
    const manifest = join(plugin, '.claude-plugin', file);
    const args = ['plugin', 'validate', '--strict', manifest];
    const { code, stdout, stderr } = await runClaude({ cwd: folder, home, api, args });
    expect(code, stdout + stderr).toBe(0);
  });

  const checks = isClaudeAtLeast(332) ? ['validate', '--profile', 'directory', '--strict'] : ['validate'];
  it(`passes plugin ${checks.join(' ')}, the strictest of this version`, async () => {
    const args = ['plugin', ...checks, plugin];
    const { code, stdout, stderr } = await runClaude({ cwd: folder, home, api, args });
    expect(code, stdout + stderr).toBe(0);
  });

  it('offers each command by its short name', async () => {
    const session = await ClaudeSession.start({ cwd: folder, home, api });
    const names = (await readdir(join(plugin, 'commands'))).map((file) => basename(file, '.md'));
    expect(names.length).toBeGreaterThan(7);
    for (const name of names) {
      await session.say(`/${name} some/folder --odd "${name}"`);
      const sent = api.mainRequests.at(-1)?.userText ?? '';
      expect(sent).toContain(`<command-name>/o8:${name}</command-name>`);
      expect(sent).toContain(`Arguments: \`some/folder --odd "${name}"\``);
    }
    await session.close(); // before its folder goes
  });
});
