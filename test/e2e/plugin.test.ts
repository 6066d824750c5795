import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runClaude, type ClaudeResult } from '../support/claude.js';
import { MessagesApi, say } from '../support/messages-api.js';

const plugin = resolve(import.meta.dirname, '../..');

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

  it.each(['parallel-run', 'parallel-status', 'parallel-abort', 'parallel-merge'])(
    'offers /%s by its short name',
    async (name) => {
      await claude('--plugin-dir', plugin, '-p', `/${name} some/folder --odd "word"`);
      const sent = api.mainRequests[0]?.userText ?? '';
      expect(sent).toContain(`<command-name>/o8:${name}</command-name>`);
      expect(sent).toContain('Arguments: `some/folder --odd "word"`');
    },
  );
});
