import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { appendFile, mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { ProjectSettings } from '../../src/core/agents/base/agent.js';
import { CLAUDE_AGENT } from '../../src/core/agents/claude/claude-agent.js';
import { claudeCommand } from '../../src/core/agents/claude/claude-command.js';
import { EMPTY_CLAUDE_STREAM, foldClaudeLine } from '../../src/core/agents/claude/claude-stream.js';
import { COMPLETION_MARKER } from '../../src/core/plan/completion-marker.js';
import { judgeAttempt } from '../../src/core/run/judge-attempt.js';
import type { AttemptExit } from '../../src/core/run/events.js';
import type { PlannedTask } from '../../src/core/plan/plan.js';
import { defaultSettings, type Settings } from '../../src/core/settings/settings.js';
import { bundledProgram } from '../../src/process/base/bundle.js';
import { claudeEnvironment, claudeProgram } from '../support/claude/claude.js';
import { MarkedProcesses } from '../support/programs/marked-processes.js';
import { apiError, inTurn, MessagesApi, useTool, type Answer, type Script } from '../support/claude/messages-api.js';

// The command o8 starts a worker with, given to the real CLI: what it allows, denies, returns and continues.

const SESSION = '3f1f3a53-7a0c-4f9e-9f43-0d7a39b1f6c1';
const DONE = { status: 'complete', summary: 'Done.' };

const git = async (cwd: string, ...args: string[]) => (await promisify(execFile)('git', args, { cwd })).stdout.trim();

let folder: string;
let worktree: string;
let task: PlannedTask;
let api: MessagesApi;
let processes: MarkedProcesses;

beforeEach(async () => {
  processes = new MarkedProcesses();
  folder = await realpath(await mkdtemp(join(tmpdir(), 'o8-worker-')));
  const repository = join(folder, 'repository');
  worktree = join(folder, 'workspaces', "task's (1)");
  await mkdir(repository);
  await mkdir(join(folder, 'home'));
  await git(repository, 'init', '-q', '-b', 'main');
  await git(
    repository,
    '-c',
    'user.name=t',
    '-c',
    'user.email=t@localhost',
    'commit',
    '-q',
    '--allow-empty',
    '-m',
    'First',
  );
  await git(repository, 'worktree', 'add', '-q', '-b', 'feature/task-001', worktree);
  await appendFile(join(repository, '.git/info/exclude'), `${COMPLETION_MARKER}\n`);
  task = {
    id: 'task-001',
    stem: 'task-001',
    wave: 1,
    deps: [],
    agent: null,
    component: null,
    prompt: 'Write greeting.txt.',
    promptKind: 'text',
    promptFile: null,
    scope: { create: [{ glob: 'src/**', symbol: null }], modify: [], boundary: ['shared/{a,b}/**', 'KEEP.md'] },
    branch: 'feature/task-001',
    worktree,
    setup: null,
    verify: 'node -e "f=1, (2)"',
    timeoutMinutes: 120,
    budgetUsd: null,
    retries: 1,
    model: null,
  };
});

afterEach(async () => {
  await processes.kill();
  await api.close();
  await rm(folder, { recursive: true, force: true });
});

interface Attempt {
  readonly settings?: Partial<Settings>;
  readonly continues?: boolean;
  readonly project?: ProjectSettings;
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** SIGKILL as soon as this many tool calls have been answered. */
  readonly killAfterResults?: number;
}

const toolResult = z.looseObject({ type: z.literal('tool_result'), is_error: z.boolean().optional() });
const userEvent = z.looseObject({ type: z.literal('user'), message: z.looseObject({ content: z.array(z.unknown()) }) });

/** For each tool result in a line of the stream, whether the call was carried out. */
function toolResults(line: string): boolean[] {
  const event = userEvent.safeParse(JSON.parse(line));
  return (event.data?.message.content ?? []).flatMap((block) => {
    const result = toolResult.safeParse(block);
    return result.success ? [result.data.is_error !== true] : [];
  });
}

async function attempt(script: Script, given: Attempt = {}) {
  api = await MessagesApi.start(script);
  const command = claudeCommand({
    program: claudeProgram(),
    task,
    settings: { ...defaultSettings(), ...given.settings },
    project: given.project ?? { kind: 'worktree' },
    attempt: { sessionId: SESSION, continues: given.continues ?? false },
    workerRules: '- Stay in your task.',
    budgetUsd: 5,
    guard: { node: process.execPath, program: bundledProgram('guard.js') },
  });
  const child = spawn(command.argv[0] ?? '', command.argv.slice(1), {
    cwd: worktree,
    env: { ...claudeEnvironment(join(folder, 'home'), api), ...command.env, ...given.env, ...processes.environment },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  child.stdin.on('error', () => undefined); // it may end without reading its input
  child.stdin.end(given.stdin ?? task.prompt);
  const ended = new Promise<AttemptExit>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) =>
      resolve(signal === null ? { kind: 'exited', code: code ?? -1 } : { kind: 'signalled', signal }),
    );
  });
  let stream = EMPTY_CLAUDE_STREAM;
  const carriedOut: boolean[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    stream = foldClaudeLine(stream, line, { now: new Date(), timeZone: 'UTC' });
    carriedOut.push(...toolResults(line));
    if (carriedOut.length === given.killAfterResults) child.kill('SIGKILL');
  }
  const exit = await ended;
  const verdict = judgeAttempt({
    exit,
    agent: { ...CLAUDE_AGENT, facts: stream.facts, rateLimitExitCode: null },
    markerPresent: existsSync(join(worktree, COMPLETION_MARKER)),
    commits: Number(await git(worktree, 'rev-list', '--count', 'main..HEAD')),
    stopReason: null,
    limits: { timeoutMinutes: 1, stallMinutes: 1, budgetUsd: null, maxTurns: null },
  });
  expect(api.faults).toEqual([]);
  return { facts: stream.facts, exit, verdict, carriedOut };
}

const write = (path: string) => useTool('Write', { file_path: path, content: 'x\n' });
const bash = (command: string) => useTool('Bash', { command });

/** Which of the calls were carried out, by their place. */
async function outcomes(calls: readonly Answer[], settings: Partial<Settings> = {}): Promise<boolean[]> {
  const { carriedOut } = await attempt(inTurn(...calls, useTool('StructuredOutput', DONE)), { settings });
  return carriedOut.slice(0, calls.length);
}

describe('a Claude worker as o8 starts it', () => {
  it('works, commits and says that it is done', async () => {
    const { facts, exit, verdict, carriedOut } = await attempt(
      inTurn(
        write(join(worktree, 'src/greeting.txt')),
        bash('git add -A && git commit -q -m "Add a greeting"'),
        bash(task.verify ?? ''),
        write(join(worktree, COMPLETION_MARKER)),
        useTool('StructuredOutput', DONE),
      ),
    );
    expect(exit).toEqual({ kind: 'exited', code: 0 });
    expect(verdict).toEqual({ kind: 'succeeded', noChange: false, summary: 'Done.' });
    expect(facts).toMatchObject({ sessionId: SESSION, limit: null, denials: [], unguarded: null, finished: true });
    expect(facts.tokens).toBeGreaterThan(0);
    expect(facts.costUsd).toBeGreaterThan(0);
    expect(await git(worktree, 'log', '-1', '--format=%s', '--name-only')).toBe('Add a greeting\n\nsrc/greeting.txt');
    expect(api.mainRequests[0]?.system).toContain('- Stay in your task.');
    expect(api.mainRequests[0]?.userText).toContain('Write greeting.txt.');
    expect(carriedOut).toEqual([true, true, true, true, true]);
  });

  it('cannot write outside its worktree, inside its BOUNDARY, or what belongs to git', async () => {
    const calls = [
      write(join(worktree, 'other.txt')),
      write(join(worktree, 'docs/KEEP.md')),
      write(join(folder, 'outside.txt')),
      write(join(worktree, 'KEEP.md')),
      write(join(worktree, 'shared/b/x.ts')),
      bash('echo x > KEEP.md'),
      bash(`echo x > ${join(folder, 'outside.txt')}`),
      bash('echo "gitdir: /" > .git'),
      bash(`git log --output=${join(folder, 'outside.txt')}`),
    ];
    expect(await outcomes(calls)).toEqual([true, true, ...Array<boolean>(7).fill(false)]);
    expect(existsSync(join(folder, 'outside.txt'))).toBe(false);
    expect(existsSync(join(worktree, 'KEEP.md'))).toBe(false);
    expect(await readFile(join(worktree, '.git'), 'utf8')).toContain('worktrees');
  });

  it('cannot change what all worktrees share or run programs that are not allowed, and names the rule that would allow them', async () => {
    const script = [
      'git push',
      'git stash',
      'git config user.name x',
      'git worktree list',
      'git -C .. status',
      'npm test',
    ].map(bash);
    const { facts } = await attempt(inTurn(...script, useTool('StructuredOutput', DONE)));
    expect(facts.denials.map(({ target, grant }) => [target, grant])).toEqual([
      ['git push', null],
      ['git stash', null],
      ['git config user.name x', null],
      ['git worktree list', null],
      ['git -C .. status', null],
      ['npm test', 'Bash(npm test *)'],
    ]);
  });

  it('given its project settings explicitly, reads none of the worktree’s, and CLAUDE.md anyway', async () => {
    const touch = (name: string) => ({ hooks: [{ type: 'command', command: `touch ${join(folder, name)}` }] });
    const settingsOf = (name: string) => ({
      hooks: { PreToolUse: [touch(name)] },
      permissions: { allow: [`Bash(touch ${name}.txt)`] },
    });
    await mkdir(join(worktree, '.claude/rules'), { recursive: true });
    await writeFile(join(worktree, '.claude/settings.json'), JSON.stringify(settingsOf('changed')));
    await writeFile(join(worktree, '.claude/rules/style.md'), 'Write short lines.\n');
    await writeFile(join(worktree, 'CLAUDE.md'), 'Speak like a shop.\n');
    const calls = [bash('touch changed.txt'), bash('touch accepted.txt'), write(join(folder, 'outside.txt'))];
    const { carriedOut } = await attempt(inTurn(...calls, useTool('StructuredOutput', DONE)), {
      project: { kind: 'frozen', settings: JSON.stringify(settingsOf('accepted')) },
    });
    expect(carriedOut.slice(0, 3)).toEqual([false, true, false]);
    expect([existsSync(join(folder, 'changed')), existsSync(join(folder, 'accepted'))]).toEqual([false, true]);
    const first = JSON.stringify(api.mainRequests[0]?.body);
    expect(first).toContain('Speak like a shop.');
    expect(first).toContain('Write short lines.');
  });

  it('is guarded also when it may do everything', async () => {
    const agent = { ...defaultSettings().agent, permissionMode: 'bypassPermissions' as const };
    const calls = [
      bash('touch anything'),
      write(join(folder, 'outside.txt')),
      write(join(worktree, 'KEEP.md')),
      bash('git push'),
    ];
    expect(await outcomes(calls, { agent })).toEqual([true, false, false, false]);
  });

  it('is detected when Claude Code skips hooks and it works without its guard', async () => {
    const agent = { ...defaultSettings().agent, permissionMode: 'bypassPermissions' as const };
    const script = inTurn(bash('touch anything'), useTool('StructuredOutput', DONE));
    const { facts } = await attempt(script, { settings: { agent }, env: { CLAUDE_CODE_SIMPLE: '1' } });
    expect(facts.unguarded).toBe('Bash');
  });

  it('under scope enforce writes only what the task declares', async () => {
    const calls = [write(join(worktree, 'src/a.ts')), write(join(worktree, 'a.ts')), bash('echo x > a.ts')];
    expect(await outcomes(calls, { scope: 'enforce' })).toEqual([true, false, false]);
  });

  it.each(['.claude/commands/implement-feature.md', '.claude/skills/implement-feature/SKILL.md'])(
    'runs the repository’s %s with its arguments, and has what such a command needs',
    async (file) => {
      await mkdir(join(worktree, file, '..'), { recursive: true });
      await writeFile(
        join(worktree, file),
        '---\nname: implement-feature\ndescription: Builds.\n---\nBuild it: $ARGUMENTS\n',
      );
      task = { ...task, promptKind: 'skill', prompt: '/implement-feature "user-auth" --no-commit\n' };
      const { verdict, carriedOut } = await attempt(
        inTurn(
          useTool('Skill', { skill: 'implement-feature', args: 'other' }),
          write(join(worktree, 'src/a.ts')),
          bash('git add src && git commit -q -m "A"'),
          write(join(worktree, COMPLETION_MARKER)),
          useTool('StructuredOutput', DONE),
        ),
      );
      const [first] = api.mainRequests;
      expect(first?.userText).toContain('Build it: "user-auth" --no-commit');
      expect(first?.tools).toEqual(expect.arrayContaining(['Skill', 'Agent', 'Write', 'Bash']));
      expect(first?.system).toMatch(/- Stay in your task\.[\s\S]*command of this repository/);
      expect(carriedOut).toEqual([true, true, true, true, true]);
      expect(verdict).toMatchObject({ kind: 'succeeded' });
    },
  );

  it('continues in the same session after a SIGKILL', async () => {
    const script = inTurn(write(join(worktree, 'src/one.txt')), bash('git add -A'), bash('git status'));
    const killed = await attempt(script, { killAfterResults: 2 });
    expect(killed.exit).toEqual({ kind: 'signalled', signal: 'SIGKILL' });
    expect(killed.facts.sessionId).toBe(SESSION);
    expect(killed.verdict).toMatchObject({ reason: 'signal_SIGKILL', retryable: true });
    await api.close();

    let turns = 0;
    const rest = [bash('git add -A && git commit -q -m "One"'), useTool('StructuredOutput', DONE)];
    const resumed = await attempt(() => rest[Math.min(turns++, 1)] ?? apiError(500, 'api_error', 'too many turns'), {
      continues: true,
      stdin: 'You were interrupted. Go on.',
    });
    expect(resumed.verdict).toMatchObject({ kind: 'succeeded' });
    expect(resumed.facts.sessionId).toBe(SESSION);
    expect(api.mainRequests[0]?.userText).toMatch(/Write greeting\.txt\.[\s\S]*You were interrupted\. Go on\./);
    expect(await git(worktree, 'log', '-1', '--format=%s')).toBe('One');
  });

  it('that cannot find its session does not start a new one', async () => {
    const { facts, verdict } = await attempt(inTurn(), { continues: true });
    expect(facts.sessionId).toBeNull();
    expect(verdict).toMatchObject({ kind: 'failed', reason: 'agent_error' });
  });

  it('that meets a limit is paused, not failed', async () => {
    const { verdict } = await attempt(() => apiError(429, 'rate_limit_error', 'limited', { 'retry-after': '3600' }));
    expect(verdict).toEqual({ kind: 'rate_limited', until: null });
  });
});
