import { spawn } from 'node:child_process';
import { chmod, mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { PLAN_DIR, RunFixture, type RunOptions } from '../../support/runs/run-fixture.js';

const RUN = `${PLAN_DIR}/scripts/run-parallel.sh`;
const MONITOR = `${PLAN_DIR}/scripts/monitor-live.sh`;
const TWO: RunOptions = {
  tasks: [
    { id: 'task-001', wave: 1 },
    { id: 'task-002', wave: 1 },
  ],
};

interface ScriptResult {
  readonly code: number | null;
  readonly lines: readonly string[];
  readonly stderr: string;
}

/** A script by hand, as from another terminal; `more` is added to what it finds in its environment. */
async function byHand(
  run: RunFixture,
  script: string,
  more: Readonly<Record<string, string>> = {},
): Promise<ScriptResult> {
  const child = spawn(join(run.root, script), [], {
    cwd: run.home,
    env: { ...run.environment, ...more },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve));
  const [code, stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  return { code, lines: stdout.split('\n').slice(0, -1), stderr };
}

const read = (run: RunFixture, path: string) => readFile(join(run.root, path), 'utf8');

describe('o8 run <dir> --generate-only', () => {
  it('prints the fixed text, writes two executable scripts and logs/, and starts nothing', async () => {
    const run = await RunFixture.open(TWO);
    const { code, stdout } = await run.o8('run', `${PLAN_DIR}/`, '--generate-only');
    expect(code).toBe(0);
    expect(stdout).toBe(`=== Scripts Generated ===

Created:
  - ${RUN} (orchestrator)
  - ${MONITOR} (live dashboard)
  - ${PLAN_DIR}/logs/ (for agent output)

To execute manually:
  1. Open a new terminal
  2. cd to project root
  3. Run: ./${RUN}

To monitor (in another terminal):
  ./${MONITOR}

Override concurrency:
  MAX_CONCURRENT=5 ./${RUN}

After completion:
  o8 integrate ${PLAN_DIR}
`);
    for (const script of [RUN, MONITOR]) {
      expect((await stat(join(run.root, script))).mode & 0o111, script).toBe(0o111);
      expect((await read(run, script)).trimEnd().split('\n').length, script).toBeLessThanOrEqual(12);
    }
    expect((await stat(join(run.root, PLAN_DIR, 'logs'))).isDirectory()).toBe(true);
    expect((await run.status()).state).toBe('none');
    expect(await run.execution()).toMatchObject({
      status: 'pending',
      script_path: 'scripts/run-parallel.sh',
      waves: [{ wave: 1, status: 'pending', tasks: ['task-001', 'task-002'] }],
    });
    // Nothing but the manifest's execution block is a change for git, which preflight does not count as one.
    expect(await run.repository.git(['status', '--porcelain', '--', 'parallel'])).toBe(` M ${PLAN_DIR}/manifest.json`);
  });

  it('gives a script that, run by hand, prints the fixed lines and keeps to MAX_CONCURRENT=1', async () => {
    const run = await RunFixture.open(TWO);
    await run.o8('run', PLAN_DIR, '--generate-only');
    const ended = byHand(run, RUN, { MAX_CONCURRENT: '1' });
    const first = await run.agents.waitForAnyAgent();
    const [one, two] = first.task === 'task-001' ? ['task-001', 'task-002'] : ['task-002', 'task-001'];
    expect((await run.status()).counts).toMatchObject({ running: 1, queued: 1 });
    await first.succeed('one.txt', 'one\n');
    const second = await run.agents.waitForAnyAgent();
    expect(second.task).toBe(two);
    await second.writeFile('two.txt', 'two\n');
    await second.exit(3);
    const { code, lines, stderr } = await ended;
    expect(code, stderr).toBe(1);
    expect(lines).toEqual([
      '[PROGRESS] wave=1 status=started',
      `[PROGRESS] wave=1 task=${one} status=started`,
      `[PROGRESS] wave=1 task=${one} status=completed commits=1`,
      `[PROGRESS] wave=1 task=${two} status=started`,
      `[PROGRESS] wave=1 task=${two} status=failed error=exit_3`,
      '[PROGRESS] wave=1 status=failed tasks=1/2',
      '[PROGRESS] execution status=failed',
      'Summary: 1 completed, 1 failed',
    ]);
    const monitor = await byHand(run, MONITOR);
    expect(monitor.code, monitor.stderr).toBe(0);
    expect(monitor.lines.join('\n')).toContain(two);
  });

  it('gives scripts that use the o8 of the PATH if there is one, with the options that were given', async () => {
    const run = await RunFixture.open(TWO);
    const flags = ['--max-concurrent', '2', '--wave', '1', '--skip', 'task-002'];
    await run.o8('run', PLAN_DIR, '--generate-only', ...flags);
    const bin = join(run.home, 'bin dir');
    await mkdir(bin);
    await writeFile(join(bin, 'o8'), '#!/bin/sh\nprintf "%s\\n" "$PWD" "$@"\n');
    await chmod(join(bin, 'o8'), 0o755);
    const PATH = [bin, run.environment['PATH'] ?? ''].join(delimiter);
    const told = (count: string): string[] => [
      ...[run.root, 'run', join(run.root, PLAN_DIR), '--yes', '--progress', '--wave', '1', '--skip', 'task-002'],
      ...['--max-concurrent', count],
    ];
    expect((await byHand(run, RUN, { PATH })).lines).toEqual(told('2'));
    expect((await byHand(run, RUN, { PATH, MAX_CONCURRENT: '5' })).lines).toEqual(told('5'));
    expect((await byHand(run, MONITOR, { PATH })).lines).toEqual([run.root, 'status']);
  });

  it('writes a script of its own again, and leaves one that somebody changed as it is and says so', async () => {
    const run = await RunFixture.open(TWO);
    await run.o8('run', PLAN_DIR, '--generate-only');
    await writeFile(join(run.root, MONITOR), '#!/bin/sh\necho mine\n');
    const other = await run.o8('run', PLAN_DIR, '--generate-only', '--wave', '1');
    expect(other.stdout).toContain(`Created:\n  - ${RUN} (orchestrator)\n`);
    expect(await read(run, RUN)).toContain('--wave 1');
    expect(other.stdout).toContain(
      `Kept because you edited them (delete one to generate it again):\n  - ${MONITOR} (live dashboard)\n`,
    );
    expect(await read(run, MONITOR)).toBe('#!/bin/sh\necho mine\n');

    const edited = `${await read(run, RUN)}echo done\n`;
    await writeFile(join(run.root, RUN), edited);
    const again = await run.o8('run', PLAN_DIR, '--generate-only');
    expect(again.stdout).not.toContain(`Created:\n  - ${RUN}`);
    expect(await read(run, RUN)).toBe(edited);
  });

  it('refuses features, --resume, and a folder for scripts that leads out of the repository', async () => {
    const run = await RunFixture.open({ ...TWO, files: { '.blueprint/features/feature_a/FEATURE_SPEC.md': '# A\n' } });
    expect((await run.o8('run', 'a', '--generate-only')).stderr).toContain('features have none');
    expect((await run.o8('run', PLAN_DIR, '--generate-only', '--resume')).code).toBe(2);
    await symlink(run.home, join(run.root, PLAN_DIR, 'scripts'));
    const out = await run.o8('run', PLAN_DIR, '--generate-only');
    expect(out.code, out.stdout).toBe(4);
    expect(out.stderr).toContain('leads out of the repository');
    await expect(stat(join(run.home, 'run-parallel.sh'))).rejects.toThrow();
  });

  it('is there for Claude sessions as an input of spawn', async () => {
    const run = await RunFixture.open(TWO);
    const answer = await run.call('spawn', { dir: PLAN_DIR, generateOnly: true });
    expect(answer['text']).toContain('=== Scripts Generated ===');
    expect(answer['runId']).toBeUndefined();
    expect(await read(run, RUN)).toMatch(/^#!\/bin\/sh\n/);
  });
});
