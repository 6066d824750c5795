import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { scriptedCommand } from '../../support/agents/stub-agent.js';
import { CountedProcesses } from '../../support/counts/counted-processes.js';
import { PLAN_DIR, RunFixture } from '../../support/runs/run-fixture.js';

// What a run costs beside its agents is mostly processes. A change that starts one more has to raise a number here, and say why.

const TASKS = 20;
/**
 * The supervisor's, for worktrees, agents, their evidence, merges and the landing, divided by the tasks. Measured on a
 * busy machine: 64.6 and 65.3 since worktrees of merged tasks are removed by jobs of their own, before at most 63.
 */
const SUPERVISOR_GIT_A_TASK = 70;
/** `o8 run` itself, from its start until the run has ended. */
const COMMAND_GIT = 60;
/** Keeps the machine awake while a run is active; `ps` is how macOS lists processes. */
const ALLOWED = /^(?:systemd-inhibit|caffeinate|ps) /;

it('a run of twenty tasks starts few processes beside its agents', { timeout: 180_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'o8-counts-'));
  onTestFinished(async () => rm(folder, { recursive: true, force: true }));
  const ids = Array.from({ length: TASKS }, (_, at) => `task-${String(at + 1).padStart(3, '0')}`);
  const work = (id: string): object[] => [
    { do: 'write', path: `${id}.txt`, text: `${id}\n` },
    { do: 'commit', message: id },
    { do: 'mark_complete' },
  ];
  const script = join(folder, 'script.json');
  await writeFile(script, JSON.stringify(Object.fromEntries(ids.map((id) => [id, [work(id)]]))));
  const counted = await CountedProcesses.in(folder);
  const run = await RunFixture.open({
    tasks: ids.map((id) => ({ id, wave: 1 })),
    settings: { agent: { command: scriptedCommand(script) }, maxConcurrency: 4 },
    environment: () => counted.environment,
  });

  const ran = await run.o8('run', PLAN_DIR, '--yes');
  expect(ran.code, ran.stdout + ran.stderr).toBe(0);
  const command = await counted.startedBy('o8.js');
  const landed = await run.o8('merge');
  expect(landed.code, landed.stdout + landed.stderr).toBe(0);
  const supervisor = await counted.startedBy('supervisor.js');

  expect(await run.workOn('main')).toEqual(ids);
  expect(supervisor.git.length / TASKS, listed(supervisor.git)).toBeLessThanOrEqual(SUPERVISOR_GIT_A_TASK);
  expect(supervisor.others.filter((program) => program === 'node shim.js')).toHaveLength(TASKS);
  expect(supervisor.others.filter((program) => program !== 'node shim.js' && !ALLOWED.test(program))).toEqual([]);
  expect(command.git.length, listed(command.git)).toBeLessThanOrEqual(COMMAND_GIT);
  expect(command.others).toEqual(['node supervisor.js']);
});

/** The most frequent first, without what is different in every task. */
function listed(commands: readonly string[]): string {
  const times = new Map<string, number>();
  for (const command of commands) {
    const kind = command
      .replace(/[0-9a-f]{40}/g, '<id>')
      .replace(/task-\d+/g, '<task>')
      .slice(0, 120);
    times.set(kind, (times.get(kind) ?? 0) + 1);
  }
  const lines = [...times].sort(([, one], [, other]) => other - one).map(([kind, count]) => `${String(count)} ${kind}`);
  return `${String(commands.length)} git\n${lines.join('\n')}`;
}
