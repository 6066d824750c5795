import { describe, expect, it } from 'vitest';
import { hashFolder } from '../../support/git/folder-hash.js';
import { FIVE_TASKS, PLAN_DIR, RunFixture } from '../../support/runs/run-fixture.js';
import { TerminalProcess } from '../../support/programs/terminal-process.js';

const ONE = [{ id: 'task-001', wave: 1 }];

/** The repository as it is, `.git` included, and whatever lies beside it. */
const everything = async (run: RunFixture): Promise<string> => hashFolder(`${run.root}/..`);

describe('o8 run', () => {
  it('with --dry-run shows the plan, needs no terminal, and changes nothing at all', async () => {
    const run = await RunFixture.open({ tasks: FIVE_TASKS });
    const before = await everything(run);
    const { code, stdout, stderr } = await run.o8('run', `${PLAN_DIR}/`, '--dry-run');
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/^=== Parallel Execution Plan ===\n\nParallel Dir: parallel\/TS-0042-inventory\n/);
    expect(stdout).toContain('Base Branch: main\nMax Concurrent: 3\n');
    expect(stdout).toContain(
      'Wave 1 (3 tasks, parallel):\n  - task-001-work   -> ../workspaces/task-001 (feature/task-001-work)',
    );
    expect(stdout).toMatch(/Total Tasks: 5\n/);
    expect(stdout.trimEnd().split('\n').at(-1)).toBe('Dry run complete. No files modified.');
    expect(await everything(run)).toBe(before);
    for (const args of [['plan'], ['preflight'], ['plan', '--json'], ['preflight', '--json']]) {
      const [command = '', ...flags] = args;
      expect((await run.o8(command, PLAN_DIR, ...flags)).code).toBe(0);
    }
    expect((await run.o8('status')).code).toBe(0);
    expect(await everything(run)).toBe(before);
  });

  it('without a terminal and without --yes refuses with exit code 2 and changes nothing', async () => {
    const run = await RunFixture.open({ tasks: ONE });
    const before = await everything(run);
    const { code, stderr } = await run.o8('run', PLAN_DIR);
    expect(code).toBe(2);
    expect(stderr).toContain(`o8 run ${PLAN_DIR} --yes`);
    expect(await everything(run)).toBe(before);
  });

  it('in a terminal asks which plan where none was named, and nothing else', async () => {
    const run = await RunFixture.open({ tasks: ONE });
    const o8 = new TerminalProcess(['run'], { cwd: run.root, env: run.environment });
    expect(await o8.ended).toBe(2);
    expect(o8.screen).toContain(`o8 run needs a plan folder or feature slugs.\n  o8 run ${PLAN_DIR}`);
    expect(o8.screen).not.toContain('Continue?');
  });

  it('prints the plan, what happens, the final report and the next step', async () => {
    const run = await RunFixture.open({ tasks: ONE });
    const o8 = run.start('run', PLAN_DIR, '--yes', '--verbose');
    const agent = await run.agents.waitForAgent('task-001');
    await agent.print('hello \u001b[31mred\u001b[0m\n');
    await agent.succeed('task-001.txt', 'task-001\n');
    const { code, stdout } = await o8.ended;
    expect(code).toBe(0);
    const { runId = '' } = await run.status();
    expect(stdout).toContain('=== Parallel Execution Plan ===');
    expect(stdout).toContain('task-001: Started');
    expect(stdout).toContain('hello red');
    expect(stdout).not.toContain('\u001b');
    expect(stdout).toContain('Total: 1/1 tasks completed');
    expect(stdout).toContain('  - feature/task-001-work (1 commit)');
    expect(stdout).toContain(`Next step: o8 merge (puts o8/${runId} on main)`);
    expect(stdout.trimEnd().split('\n').at(-1)).toBe('Summary: 1 completed');
  });

  it('with --json prints the final status and nothing else', async () => {
    const run = await RunFixture.open({ tasks: ONE });
    const o8 = run.start('run', PLAN_DIR, '--yes', '--json');
    await run.succeed('task-001');
    const { code, stdout } = await o8.ended;
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ state: 'completed', tasks: [{ id: 'task-001', state: 'complete' }] });
  });
});

describe('exit codes', () => {
  it('are 2 for what cannot be understood', async () => {
    const run = await RunFixture.open({ tasks: ONE });
    const before = await everything(run);
    const wrong = [
      ['run'],
      ['run', 'parallel/nowhere', '--yes'],
      ['run', PLAN_DIR, '--yes', '--wave', '7'],
      ['run', PLAN_DIR, '--yes', '--skip', 'nobody'],
      ['run', PLAN_DIR, '--yes', '--max-concurrent', '0'],
      ['run', PLAN_DIR, '--frobnicate'],
      ['plan'],
      ['status', '--run', 'nobody'],
      ['merge'],
      ['frobnicate'],
      ['spawn', PLAN_DIR, '--retry-failed'],
    ];
    for (const args of wrong) {
      const { code, stdout, stderr } = await run.o8(...args);
      expect(code, `o8 ${args.join(' ')}: ${stdout}${stderr}`).toBe(2);
      expect(stderr, args.join(' ')).not.toBe('');
    }
    expect(await everything(run)).toBe(before);
  });

  it('are 0 for nothing to do', async () => {
    const run = await RunFixture.open({ tasks: ONE });
    for (const args of [['status'], ['abort'], ['spawn', '--resume'], ['run', '--resume', '--yes']]) {
      const { code, stdout, stderr } = await run.o8(...args);
      expect(code, `o8 ${args.join(' ')}: ${stdout}${stderr}`).toBe(0);
      expect(stdout, args.join(' ')).not.toBe('');
    }
  });

  it('are 4 for a readable plan that a check refuses, and nothing is created', async () => {
    const run = await RunFixture.open({ tasks: ONE });
    await run.repository.write('README.md', 'changed\n');
    const dirty = await run.o8('spawn', PLAN_DIR);
    expect(dirty.code, dirty.stderr).toBe(4);
    expect(dirty.stderr).toContain('README.md');
    expect(dirty.stderr).toContain('git stash');
    await run.repository.git(['checkout', '--', 'README.md']);
    await run.repository.git(['branch', 'feature/task-001-work']);
    const before = await everything(run);
    const taken = await run.o8('spawn', PLAN_DIR);
    expect(taken.code, taken.stderr).toBe(4);
    expect(taken.stderr).toContain('Branch already exists: feature/task-001-work');
    expect(await everything(run)).toBe(before);
    expect((await run.o8('preflight', PLAN_DIR)).code).toBe(4);
  });

  it('are 3 while a run is alive', async () => {
    const run = await RunFixture.open({ tasks: ONE });
    await run.spawn();
    const { code, stderr } = await run.o8('run', PLAN_DIR, '--yes');
    expect(code).toBe(3);
    expect(stderr).toContain('Another parallel execution is in progress (PID: ');
    await run.succeed('task-001');
    await run.waitForRun('completed');
  });

  it('--force with --yes stops the live run, names what it overrides, and moves its worktrees aside', async () => {
    const run = await RunFixture.open({ tasks: ONE });
    await run.spawn();
    const old = await run.agents.waitForAgent('task-001');
    await old.writeFile('old.txt', 'old\n');
    const commit = await old.commit('Nothing lost');
    const o8 = run.start('run', PLAN_DIR, '--yes', '--force');
    const fresh = await run.agents.waitForAgent('task-001');
    await old.gone;
    await fresh.succeed('task-001.txt', 'task-001\n');
    const { code, stderr } = await o8.ended;
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(/Warning: Overriding existing lock \(PID: \d+\)/);
    expect(await run.repository.git(['branch', '--contains', commit, '--format=%(refname)'])).not.toBe('');
  });
});
