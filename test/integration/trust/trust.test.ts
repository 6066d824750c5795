import { execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { CliProcess } from '../../support/programs/cli.js';
import { PLAN_DIR, RunFixture } from '../../support/runs/run-fixture.js';
import { endBadly, endWell, openClaudeRun, openSession, optionOf } from '../../support/agents/stub-claude.js';
import { TerminalProcess } from '../../support/programs/terminal-process.js';

const CONFIG = '.claude/parallel-config.json';
const ONE = [{ id: 'task-001', wave: 1 }];

const trustSchema = z.object({
  needed: z.boolean(),
  items: z.array(z.object({ from: z.string(), what: z.string() })).default([]),
  digest: z.string().optional(),
});
const trustOf = async (run: RunFixture) =>
  z.object({ trust: trustSchema }).parse(await run.o8Json('plan', PLAN_DIR)).trust;
const itemsOf = async (run: RunFixture) => (await trustOf(run)).items.map(({ from }) => from);

/** Tracked, as a clone would have them. */
async function commitSettings(run: RunFixture): Promise<void> {
  await run.repository.git(['add', '--force', CONFIG]);
  await run.repository.commit('Settings');
}

describe('settings in a commit', () => {
  it('are shown and start nothing before the user has accepted them, in the CLI and in MCP', async () => {
    const run = await RunFixture.open({
      tasks: ONE,
      settings: { notify: `echo a\u202eb${' '.repeat(40)}c` },
    });
    expect(await trustOf(run)).toEqual({ needed: false, items: [] }); // the user's own, untracked
    await commitSettings(run);

    const shown = await run.o8('plan', PLAN_DIR);
    expect(shown.code).toBe(0);
    expect(shown.stdout).toMatch(
      /contains 1 file that runs programs[\s\S]*"notify":"echo a\\u\{202e\}b\[40 blanks\]c"/,
    );
    const preflight = await run.call('preflight', { dir: PLAN_DIR });
    expect(preflight).toMatchObject({ ok: true, trust: { needed: true, items: [{ from: CONFIG }] } });
    expect(preflight['checks']).toContainEqual(
      expect.objectContaining({ id: 'trust', level: 'warn', hint: expect.stringContaining('o8 trust') as string }),
    );
    expect((await run.o8('run', PLAN_DIR, '--dry-run')).code).toBe(0);
    const refused = await run.o8('run', PLAN_DIR, '--yes');
    expect(refused.code).toBe(4);
    expect(refused.stderr).toContain(`${CONFIG}\n  o8 trust`);
    expect(await run.refusal('spawn', { dir: PLAN_DIR, skipPreflight: true, force: true })).toMatchObject({
      code: 'untrusted',
    });
    expect(existsSync(join(run.home, 'workspaces'))).toBe(false);

    // Without a terminal nobody is asked, an agent may not accept, and only what was shown can be accepted.
    expect((await run.o8('trust')).code).toBe(2);
    const agent = { ...run.environment, O8_ATTEMPT: 'x' };
    const { digest = '' } = await trustOf(run);
    for (const flags of [[], ['--accept', digest], ['--revoke']])
      expect(JSON.parse((await run.o8With(agent, 'trust', ...flags, '--json')).stdout)).toMatchObject({
        error: { code: 'nested_run' },
      });
    expect((await run.o8('trust', '--accept', 'f'.repeat(64))).code).toBe(4);
    expect((await run.o8('trust', '--accept', digest)).code).toBe(0);
    expect(JSON.parse(await readFile(join(run.home, '.config/o8/trusted.json'), 'utf8'))).toMatchObject({
      accepted: [{ repository: join(run.root, '.git'), digest }],
    });
    expect((await trustOf(run)).needed).toBe(false);
    await run.spawn();
    const started = await run.agents.waitForAgent('task-001');

    // Taken back while it runs: nobody continues with it.
    await run.call('spawn', { pause: 'let_finish' });
    expect((await run.o8('trust', '--revoke')).stdout).toContain(CONFIG);
    expect(await run.refusal('spawn', { pause: 'off' })).toMatchObject({ code: 'untrusted' });
    await run.call('abort');
    expect(started.started.task).toBe('task-001');
    expect(await run.refusal('spawn', { dir: PLAN_DIR, retryFailed: true })).toMatchObject({ code: 'untrusted' });

    // Different content needs a new consent.
    await run.trust();
    appendFileSync(join(run.root, CONFIG), '\n');
    expect((await trustOf(run)).needed).toBe(true);
  });

  it('count however git gets them, and the user’s own file never does', async () => {
    const run = await RunFixture.open({ tasks: ONE });
    const git = async (args: readonly string[]) => run.repository.git(args);
    await commitSettings(run);
    expect(await itemsOf(run)).toEqual([CONFIG]);
    for (const flag of ['skip-worktree', 'assume-unchanged']) {
      await git(['update-index', `--${flag}`, CONFIG]);
      expect(await itemsOf(run), flag).toEqual([CONFIG]);
      await git(['update-index', `--no-${flag}`, CONFIG]);
    }
    await git(['rm', '--cached', '--quiet', CONFIG]);
    expect(await itemsOf(run), 'still in HEAD').toEqual([CONFIG]);
    await git(['commit', '--quiet', '-m', 'Untracked']);
    expect(await itemsOf(run), 'the user’s own').toEqual([]);

    // The same file by way of a tracked link to it, and of a tracked link to its folder.
    mkdirSync(join(run.root, 'shared'));
    renameSync(join(run.root, CONFIG), join(run.root, 'shared/parallel-config.json'));
    symlinkSync('../shared/parallel-config.json', join(run.root, CONFIG));
    await git(['add', '--force', 'shared']);
    expect(await itemsOf(run), 'a link to a tracked file').toEqual([CONFIG]);
    await git(['rm', '--cached', '-rq', 'shared']);
    expect(await itemsOf(run), 'both are the user’s').toEqual([]);
    await git(['add', '--force', CONFIG]);
    expect(await itemsOf(run), 'a tracked link').toEqual([CONFIG]);
    await git(['rm', '--cached', '-q', CONFIG]);
    rmSync(join(run.root, '.claude'), { recursive: true });
    symlinkSync('shared', join(run.root, '.claude'));
    await git(['add', '--force', '.claude']);
    expect(await itemsOf(run), 'a tracked link to the folder').toContain(CONFIG);

    // What was accepted here was not accepted in a clone of it, where the same words can mean other programs.
    await git(['commit', '--quiet', '-m', 'Link']);
    await git(['add', '--force', 'shared']);
    await git(['commit', '--quiet', '-m', 'Settings']);
    await run.trust();
    expect((await trustOf(run)).needed).toBe(false);
    const clone = join(run.home, 'clone');
    execFileSync('git', ['clone', '--quiet', run.root, clone]);
    const there = await new CliProcess(['trust', '--json'], { cwd: clone, env: run.environment }).ended;
    expect(JSON.parse(there.stdout)).toMatchObject({ needed: true, digest: (await trustOf(run)).digest });
  });
});

describe('project settings of Claude', () => {
  const files = {
    '.claude/settings.json': JSON.stringify({
      hooks: { Stop: [{ hooks: [{ type: 'command', command: '"$CLAUDE_PROJECT_DIR"/.claude/hooks/stop.sh' }] }] },
    }),
    '.claude/hooks/stop.sh': 'exit 0\n',
    '.claude/agents/worker.md': 'Work well.\n',
  };

  it('count with what they point at, unless Claude Code knows that its user trusts this very folder', async () => {
    const run = await openClaudeRun({ tasks: ONE, files });
    expect(await itemsOf(run)).toEqual(['.claude/agents/worker.md', '.claude/settings.json', '.claude/hooks/stop.sh']);
    const claude = (folder: string) =>
      writeFileSync(
        join(run.home, '.claude.json'),
        JSON.stringify({ projects: { [folder]: { hasTrustDialogAccepted: true } } }),
      );
    claude(run.home);
    expect(await itemsOf(run)).toHaveLength(3);
    claude(run.root);
    expect(await itemsOf(run)).toEqual(['.claude/agents/worker.md']);
    expect(await run.refusal('spawn', { dir: PLAN_DIR })).toMatchObject({ code: 'untrusted' });
  });

  it('stay as they were when the run started, also for later attempts; a branch that changes them is held', async () => {
    const run = await openClaudeRun({ tasks: ONE, files, settings: { retries: 1 } });
    await run.trust();
    await run.spawn();
    const first = await run.agents.waitForAgent('task-001');
    expect(optionOf(first, '--setting-sources')).toBe('project');
    await openSession(first);
    const changed = files['.claude/settings.json'].replace('stop.sh', 'stop.sh; evil');
    writeFileSync(join(first.started.cwd, '.claude/settings.json'), changed);
    writeFileSync(join(first.started.cwd, '.claude/hooks/stop.sh'), 'evil\n');
    await run.repository.git(['-C', first.started.cwd, 'commit', '--quiet', '--all', '-m', 'Change']);
    await endBadly(first, {});

    const second = await run.agents.waitForAgent('task-001');
    expect(optionOf(second, '--setting-sources')).toBe('');
    expect(optionOf(second, '--settings')).toContain('/.claude/hooks/stop.sh');
    expect(optionOf(second, '--settings')).not.toContain('evil');
    await openSession(second);
    await endWell(second, 0);
    await run.waitForRun('failed');
    const { held } = await run.task('task-001');
    expect(held).toMatchObject({ path: '.claude/settings.json', more: [{ path: '.claude/hooks/stop.sh' }] });
    expect((await run.o8('merge', '--task', 'task-001', '--accept-held')).stdout).toContain('Landed on main');
    expect((await trustOf(run)).needed).toBe(true);
  });
});

it('a user at a terminal is shown the repository’s settings, and asked once', async () => {
  const run = await RunFixture.open({ tasks: ONE });
  await commitSettings(run);
  const declined = new TerminalProcess(['run', PLAN_DIR], { cwd: run.root, env: run.environment });
  await declined.waitFor(/"command"[\s\S]*Accept the files shown above[\s\S]*\[y\/N\]/);
  declined.type('n\n');
  expect(await declined.ended).toBe(0);
  expect((await trustOf(run)).needed).toBe(true);

  const accepted = new TerminalProcess(['run', PLAN_DIR], { cwd: run.root, env: run.environment });
  await accepted.waitFor('[y/N]');
  accepted.type('y\n');
  await run.succeed('task-001');
  expect(await accepted.ended).toBe(0);
  expect((await trustOf(run)).needed).toBe(false);

  await run.o8('trust', '--revoke');
  const asked = new TerminalProcess(['trust'], { cwd: run.root, env: run.environment });
  await asked.waitFor('[y/N]');
  asked.type('y\n');
  expect(await asked.ended).toBe(0);
  expect((await trustOf(run)).needed).toBe(false);
});
