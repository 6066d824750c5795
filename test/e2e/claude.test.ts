import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runClaude, streamEvents, type ClaudeResult } from '../support/claude/claude.js';
import { apiError, inTurn, MessagesApi, say, useTool, type Script } from '../support/claude/messages-api.js';

// The other end-to-end tests rely on this: the real CLI follows the scripted Messages API.

const git = async (cwd: string, ...args: string[]) => (await promisify(execFile)('git', args, { cwd })).stdout.trim();

let folder: string;
let repository: string;
let api: MessagesApi;

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'o8-claude-')));
  repository = join(folder, 'repository');
  await mkdir(repository);
  await mkdir(join(folder, 'home'));
  await git(repository, 'init', '-q', '-b', 'main');
});

afterEach(async () => {
  await api.close();
  await rm(folder, { recursive: true, force: true });
});

async function claude(script: Script, ...args: string[]): Promise<ClaudeResult> {
  api = await MessagesApi.start(script);
  return runClaude({
    cwd: repository,
    home: join(folder, 'home'),
    api,
    args: ['-p', '--output-format', 'stream-json', '--verbose', '--setting-sources', 'project', ...args],
    stdin: 'Write greeting.txt and commit it.',
  });
}

describe('the real Claude Code CLI against the scripted Messages API', () => {
  it('writes a file and commits it through its own tools', async () => {
    const script = inTurn(
      useTool('Write', { file_path: join(repository, 'greeting.txt'), content: 'hello\n' }),
      useTool('Bash', { command: 'git add greeting.txt && git commit -q -m "Add a greeting"', description: 'Commit' }),
      say('Done.'),
    );
    const result = await claude(script, '--permission-mode', 'dontAsk', '--allowedTools', 'Edit(./**)', 'Bash(git *)');

    expect(api.faults).toEqual([]);
    expect(result).toMatchObject({ code: 0, stderr: '' });
    expect(await readFile(join(repository, 'greeting.txt'), 'utf8')).toBe('hello\n');
    expect(await git(repository, 'log', '--format=%s by %an', '--name-only')).toBe(
      'Add a greeting by worker\n\ngreeting.txt',
    );
    expect(await git(repository, 'status', '--porcelain')).toBe('');
    expect(api.mainRequests[0]?.userText).toContain('Write greeting.txt and commit it.');
    expect(api.mainRequests[1]?.toolResults).toEqual([expect.objectContaining({ isError: false })]);
    expect(streamEvents(result.stdout).at(-1)).toMatchObject({ type: 'result', is_error: false, result: 'Done.' });
  });

  it('is told when a tool is not allowed, and the file is not written', async () => {
    const script = inTurn(
      useTool('Write', { file_path: join(repository, 'greeting.txt'), content: 'hello\n' }),
      say('I may not.'),
    );
    const result = await claude(script, '--permission-mode', 'dontAsk');

    expect(result.code).toBe(0);
    expect(api.mainRequests[1]?.toolResults).toEqual([expect.objectContaining({ isError: true })]);
    expect(await git(repository, 'status', '--porcelain')).toBe('');
    expect(streamEvents(result.stdout).at(-1)).toMatchObject({ permission_denials: [{ tool_name: 'Write' }] });
  });

  it('fails with the error of the API', async () => {
    const result = await claude(() => apiError(400, 'invalid_request_error', 'no such thing'));

    expect(result.code).toBe(1);
    expect(streamEvents(result.stdout).at(-1)).toMatchObject({ type: 'result', is_error: true, api_error_status: 400 });
  });
});
