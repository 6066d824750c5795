import { describe, expect, it } from 'vitest';
import { PLAN_DIR, RunFixture } from '../../support/runs/run-fixture.js';

const TASKS = [
  { id: 'task-001', wave: 1, scope: 'CREATE: task-001.txt' },
  { id: 'task-002', wave: 2, scope: 'CREATE: task-002.txt' },
];

function manifest(validation: string, more: object = {}): Record<string, unknown> {
  const waves = [
    { number: 1, tasks: [{ id: 'task-001' }], validation },
    { number: 2, tasks: [{ id: 'task-002' }] },
  ];
  return { waves, ...more };
}

describe('continuing a run', () => {
  it('takes the commands as they are on disk now, shows them, and refuses what the shell cannot read', async () => {
    const run = await RunFixture.open({ tasks: TASKS, manifest: { tasks: undefined, ...manifest('exit 1') } });
    await run.spawn();
    await run.succeed('task-001');
    const { runId } = await run.waitForRun('failed');
    const correct = async (validation: string, more: object = {}): Promise<void> =>
      run.repository.write(`${PLAN_DIR}/manifest.json`, JSON.stringify(manifest(validation, more)));

    await correct("print('ok'); from x import y");
    const refused = await run.o8('run', PLAN_DIR, '--retry-failed', '--yes');
    expect(refused.code).toBe(4);
    expect(refused.stderr).toMatch(/validation \(after wave 1\) is not a valid shell command: .*[Ss]yntax error/);

    await correct('test -f task-001.txt', { o8: { verify: 'test -d .' } });
    const dry = await run.o8('run', PLAN_DIR, '--retry-failed', '--dry-run');
    expect(dry.stdout).toContain(
      [
        `Run ${runId ?? ''} would be resumed.`,
        '',
        'Commands changed since the run started; it continues with these:',
        '  - verify (every task): test -d .',
        '  - validation (after wave 1): test -f task-001.txt',
      ].join('\n'),
    );
    const again = run.start('run', PLAN_DIR, '--retry-failed', '--yes');
    const two = await run.agents.waitForAgent('task-002');
    expect(await two.readFile('task-001.txt')).toBe('task-001\n');
    await two.succeed('task-002.txt', 'task-002\n');
    const { code, stderr } = await again.ended;
    expect(code, stderr).toBe(0);
    expect(stderr).toContain('Warning: Commands changed since the run started; it continues with these:');
    expect(await run.status()).toMatchObject({ runId, state: 'completed' });
  });
});

describe('a dry run', () => {
  it('shows the checks that are not passed and the check of a wave, and exits 4 where a start would refuse', async () => {
    const run = await RunFixture.open({ tasks: TASKS, files: { 'src/App.ts': '', 'src/app.ts': '' } });
    const good = await run.o8('run', PLAN_DIR, '--dry-run');
    expect(good.code, good.stderr).toBe(0);
    expect(good.stdout).toContain('Pre-flight checks:\n! Files of the repository differ only in case');
    await run.repository.write('more.txt', 'x');
    const wave = await run.o8('run', PLAN_DIR, '--wave', '2', '--dry-run');
    expect(wave.code).toBe(4);
    expect(wave.stdout).toContain('✗ Uncommitted changes in working directory: more.txt');
    expect(wave.stdout).toContain('Checking Wave 1 dependencies...\n  feature/task-001-work: MISSING');
    expect(wave.stdout.trimEnd().split('\n').at(-1)).toBe('Dry run complete. No files modified.');
    const json = await run.o8('run', PLAN_DIR, '--dry-run', '--json');
    expect(json.code).toBe(4);
    expect(JSON.parse(json.stdout)).toMatchObject({ ok: false, base: 'main' });
  });
});
