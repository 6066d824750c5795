import { processTable } from '../../../src/process/trees/process-table.js';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { PLAN_DIR, RunFixture, type RunOptions } from '../../support/runs/run-fixture.js';
import { waitFor } from '../../support/waiting/wait-for.js';

const REPORT = `${PLAN_DIR}/integration-report.md`;
const TWO: RunOptions = {
  tasks: [
    { id: 'task-001', wave: 1, scope: 'CREATE: task-001.txt' },
    { id: 'task-002', wave: 1, scope: 'CREATE: task-002.txt' },
  ],
  manifest: { o8: { verify: 'test -f README.md' } },
};

const blockSchema = z.looseObject({
  integration: z.strictObject({
    status: z.string(),
    report: z.string(),
    run_id: z.string(),
    checked_at: z.string(),
    branch: z.string(),
    commit: z.string(),
    tasks: z.strictObject({ total: z.number(), completed: z.number() }),
    checks: z.array(z.strictObject({ name: z.string(), command: z.string(), status: z.string() })),
    out_of_scope: z.array(z.strictObject({ task: z.string(), path: z.string(), rule: z.string() })),
  }),
});

const read = (run: RunFixture, path: string) => readFile(join(run.root, path), 'utf8');

async function block(run: RunFixture): Promise<z.output<typeof blockSchema>['integration']> {
  return blockSchema.parse(JSON.parse(await read(run, `${PLAN_DIR}/manifest.json`))).integration;
}

/** A run of the tasks, finished: each writes its own file, and what `more` says. */
async function finished(options: RunOptions, more: Readonly<Record<string, string>> = {}): Promise<RunFixture> {
  const run = await RunFixture.open(options);
  await run.spawn();
  for (const { id } of options.tasks) {
    const agent = await run.agents.waitForAgent(id);
    const extra = more[id];
    if (extra !== undefined) await agent.writeFile(extra, 'extra\n');
    await agent.succeed(`${id}.txt`, `${id}\n`);
  }
  await run.waitForRun('completed');
  return run;
}

const scratchLeft = async (run: RunFixture): Promise<string> => run.repository.git(['worktree', 'list', '--porcelain']);

describe('o8 integrate', () => {
  it('lets what setup starts live through the checks, and ends it and what a check leaves', async () => {
    const start = (name: string, seconds: number): string =>
      `setsid sh -c 'echo $$ > "$HOME/${name}"; exec sleep ${seconds}' & until test -s "$HOME/${name}"; do sleep 0.05; done`;
    const alive = 'kill -0 "$(cat "$HOME/database")"';
    const o8 = {
      setup: `rm -f "$HOME/database"; ${start('database', 3021)}`,
      verify: `${alive} && ${start('left', 3022)}`,
    };
    const run = await finished({ tasks: TWO.tasks.slice(0, 1), manifest: { o8 } });
    const { code, stdout } = await run.o8('integrate');
    expect(code, stdout).toBe(0);
    for (const name of ['database', 'left']) {
      expect(await processTable.read(Number(await readFile(join(run.home, name), 'utf8')))).toBeNull();
    }
  });

  it('runs the plan’s and the technology’s checks on the merged work, and reports in the folder and the manifest', async () => {
    const run = await finished({ ...TWO, files: { 'package.json': '{"scripts": {"test": "test -f task-002.txt"}}' } });
    const checkout = await run.checkout();
    const { code, stdout, stderr } = await run.o8('integrate', '--parallel-dir', `${PLAN_DIR}/`);
    expect(code, stderr).toBe(0);
    expect(stdout).toContain('Running: test -f README.md\nRunning: npm test\n');
    expect(stdout).toContain('✓ task-001: complete\n✓ task-002: complete\n');
    expect(stdout).toMatch(/✓ npm test: passed \(\d+s\)\n/);
    expect(stdout).toContain(`Result: passed\nReport: ${REPORT}\nNext step: o8 merge\n`);

    const { target = '', runId } = await run.status();
    const commit = await run.repository.git(['rev-parse', target]);
    expect(await block(run)).toMatchObject({
      ...{ status: 'passed', report: 'integration-report.md', run_id: runId, branch: target, commit },
      tasks: { total: 2, completed: 2 },
      checks: [
        { name: 'Plan', command: 'test -f README.md', status: 'passed' },
        { name: 'Node test', command: 'npm test', status: 'passed' },
      ],
      out_of_scope: [],
    });
    const report = await read(run, REPORT);
    expect(report).toContain('# Integration Report: Inventory\n\n**Result: PASSED**');
    expect(report).toMatch(/\| task-001 \| 1 {4}\| feature\/task-001-work \| 1 {7}\| complete \| no {6}\|/);
    expect(await run.execution()).toMatchObject({ status: 'completed' });
    expect(await run.checkout()).toEqual(checkout);
    expect(await scratchLeft(run)).not.toContain('scratch/integrate');

    expect((await run.o8('merge')).code).toBe(0);
    const after = await run.o8('integrate');
    expect(after.stdout).toContain('=== Integration of main at');
    expect(after.stdout).toContain('✓ task-001: complete, on main');
    expect(after.stdout).not.toContain('Next step');
  });

  it('runs everything, whatever fails, and says what failed; what others wrote below stays', async () => {
    const run = await finished(TWO);
    const checks = [
      '--check',
      'echo "key sk-ant-abcdefgh12345678"; exit 3',
      '--check',
      'true',
      '--check',
      'no-such-program',
    ];
    const { code, stdout } = await run.o8('integrate', PLAN_DIR, ...checks);
    expect(code).toBe(1);
    expect(stdout).toContain('Result: failed');
    const { status, checks: told } = await block(run);
    expect(status).toBe('failed');
    expect(told.map((check) => check.status)).toEqual(['passed', 'failed', 'passed', 'unavailable']);
    const report = await read(run, REPORT);
    expect(report).toContain('### Given: last output\n\n    key [redacted]\n');

    // Claude Code has `o8 integrate` allowed beforehand: nothing that a model chose may run by that.
    const inClaude = { ...run.environment, CLAUDECODE: '1' };
    const refused = await run.o8With(inClaude, 'integrate', PLAN_DIR, '--check', 'touch made');
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain(`o8 run-checks ${PLAN_DIR} --check <command>`);
    expect((await run.o8With(inClaude, 'run-checks', PLAN_DIR, '--check', 'exit 4')).code).toBe(1);
    expect((await block(run)).checks.map(({ command }) => command)).toContain('exit 4');

    await writeFile(join(run.root, REPORT), `${report}\n## Judgement\n\nFine.\n`);
    expect((await run.o8('integrate', PLAN_DIR)).code).toBe(0);
    const again = await read(run, REPORT);
    expect(again).toContain('**Result: PASSED**');
    expect(again).not.toContain('FAILED');
    expect(again.endsWith('\n## Judgement\n\nFine.\n')).toBe(true);
  });

  it('names what tasks changed outside their scopes, contracts too', async () => {
    const contract = `${PLAN_DIR}/contracts/api.md`;
    const [first] = TWO.tasks;
    const run = await finished(
      {
        ...TWO,
        tasks: [...(first === undefined ? [] : [first]), { id: 'task-002', wave: 1 }],
        files: { [contract]: '# A\n' },
      },
      { 'task-001': 'other.txt', 'task-002': contract },
    );
    const { code, stdout } = await run.o8('integrate', PLAN_DIR);
    expect(code).toBe(0);
    expect(stdout).toContain('• task-001: other.txt (in neither CREATE nor MODIFY)\n');
    expect((await block(run)).out_of_scope).toEqual([
      { task: 'task-001', path: 'other.txt', rule: 'in neither CREATE nor MODIFY' },
      { task: 'task-002', path: contract, rule: 'a contract of the plan' },
    ]);
    expect(await read(run, REPORT)).toContain(`Check the code against: \`${contract}\`.`);
  });

  it('is incomplete while a task’s work is missing, and refuses before a run has ended', async () => {
    const run = await RunFixture.open(TWO);
    expect((await run.o8('integrate', PLAN_DIR)).stderr).toContain(`${PLAN_DIR} has not been run yet`);
    await run.spawn();
    const [one, two] = [await run.agents.waitForAgent('task-001'), await run.agents.waitForAgent('task-002')];
    const early = await run.o8('integrate', PLAN_DIR);
    expect(early.code).toBe(4);
    expect(early.stderr).toContain('has not finished');
    await one.succeed('task-001.txt', 'one\n');
    await two.exit(3);
    await run.waitForRun('failed');
    const { code, stdout } = await run.o8('integrate', PLAN_DIR);
    expect(code).toBe(1);
    expect(stdout).toContain('✗ task-002: failed (exit_3)\n');
    expect((await block(run)).status).toBe('incomplete');
  });

  it('is incomplete after the work has been reverted', async () => {
    const run = await finished(TWO);
    await run.call('merge');
    await run.call('merge', { undo: true, task: 'task-002' });
    const { code, stdout } = await run.o8('integrate', PLAN_DIR);
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /✓ task-001: complete, on main\n✗ task-002: complete \(reverted on main; git revert \w{12} restores it\)\n/,
    );
    expect(stdout).not.toContain('Next step: o8 merge');
    expect((await block(run)).status).toBe('incomplete');
  });

  it.each(['SIGINT', 'SIGTERM'] as const)(
    'leaves nothing behind and writes nothing when %s stops it',
    async (signal) => {
      const run = await finished(TWO);
      const before = await read(run, `${PLAN_DIR}/manifest.json`);
      const pidFile = join(run.home, 'check.pid');
      const o8 = run.start('integrate', PLAN_DIR, '--check', `echo $$ > '${pidFile}'; exec sleep 1000`);
      const pid = await waitFor(
        async () => (existsSync(pidFile) ? Number(await readFile(pidFile, 'utf8')) || null : null),
        {
          timeoutMs: 30_000,
          what: 'the check to start',
        },
      );
      o8.signal(signal);
      expect((await o8.ended).code).toBe(130);
      expect(() => process.kill(pid, 0)).toThrow();
      expect(await scratchLeft(run)).not.toContain('scratch/integrate');
      expect(await read(run, `${PLAN_DIR}/manifest.json`)).toBe(before);
    },
  );
});
