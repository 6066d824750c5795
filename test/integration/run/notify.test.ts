import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { RunFixture } from '../../support/runs/run-fixture.js';
import { waitFor } from '../../support/waiting/wait-for.js';

const TWO = [
  { id: 'task-001', wave: 1 },
  { id: 'task-002', wave: 1 },
];

/** Writes one line per call: event, task, state, message. */
const TELL = `printf '%s|%s|%s|%s\\n' "$O8_EVENT" "$O8_TASK_ID" "$O8_STATE" "$O8_MESSAGE" >> "$HOME/told"`;

async function told(run: RunFixture): Promise<string[]> {
  const text = await readFile(join(run.home, 'told'), 'utf8').catch(() => '');
  return text.split('\n').slice(0, -1);
}

async function untilTold(run: RunFixture, event: string): Promise<string[]> {
  let lines: string[] = [];
  await waitFor(
    async () => {
      lines = await told(run);
      return lines.some((line) => line.startsWith(`${event}|`));
    },
    { timeoutMs: 20_000, what: () => `to be told ${event}; told so far: ${lines.join('; ')}` },
  );
  return lines;
}

async function supervisorLog(run: RunFixture): Promise<string> {
  const { runId = '' } = await run.status();
  return readFile(join(run.root, '.git/o8/runs', runId, 'supervisor.log'), 'utf8');
}

describe('notify', () => {
  it('as a shell command is told of completion, failure, pause and the end, each once and in order', async () => {
    const run = await RunFixture.open({ tasks: TWO, settings: { notify: TELL } });
    const runId = await run.spawn();
    const one = await run.agents.waitForAgent('task-001');
    const two = await run.agents.waitForAgent('task-002');
    await run.call('spawn', { pause: 'let_finish' });
    await untilTold(run, 'run_paused');
    await run.call('spawn', { pause: 'off' });
    await one.succeed('task-001.txt', 'task-001\n');
    await untilTold(run, 'task_complete');
    await two.exit(3);
    await run.waitForRun('failed');
    expect(await untilTold(run, 'run_finished')).toEqual([
      `run_paused||paused|paused by user; continue with o8 unpause --run ${runId}`,
      'task_complete|task-001|complete|task-001: complete (1 commit)',
      expect.stringMatching(/^task_failed\|task-002\|failed\|task-002: failed: exit_3: /),
      `run_finished||failed|Run ${runId} failed: 1 complete, 1 failed`,
    ]);
  });

  it('as a list is a program and its arguments, without a shell', async () => {
    const program = [
      'node',
      '-e',
      "require('fs').appendFileSync(process.env.HOME + '/told', process.env.O8_EVENT + '|' + process.argv[1] + '\\n')",
      '$(id); `id`',
    ];
    const run = await RunFixture.open({ tasks: TWO.slice(0, 1), settings: { notify: program } });
    await run.spawn();
    await run.succeed('task-001');
    expect(await untilTold(run, 'run_finished')).toEqual(['task_complete|$(id); `id`', 'run_finished|$(id); `id`']);
  });

  it('is told of a conflict with the files; what agents write is data and never runs', async () => {
    const run = await RunFixture.open({ tasks: TWO, settings: { notify: TELL } });
    await run.spawn();
    const one = await run.agents.waitForAgent('task-001');
    const two = await run.agents.waitForAgent('task-002');
    await one.succeed('$(touch owned)', 'one\n');
    await run.waitForTask('task-001', 'complete');
    await two.succeed('$(touch owned)', 'two\n');
    await run.waitForRun('failed');
    const lines = await untilTold(run, 'run_finished');
    expect(lines).toContain('task_conflict|task-002|merge_conflict|task-002: conflict: $(touch owned)');
    expect(await readFile(join(run.root, 'owned'), 'utf8').catch(() => null)).toBeNull();
  });

  it('that fails or does not exist does not affect the run and is reported in its log', async () => {
    const run = await RunFixture.open({ tasks: TWO.slice(0, 1), settings: { notify: ['no-such-program'] } });
    await run.spawn();
    await run.succeed('task-001');
    await run.waitForRun('completed');
    await waitFor(async () => (await supervisorLog(run)).includes('notify run_finished: exit 127'), {
      timeoutMs: 20_000,
      what: 'the failure in the log',
    });
    expect(await supervisorLog(run)).toContain('notify task_complete task-001: exit 127');
  });

  it('that hangs is stopped, the end is still sent, and the lock does not wait for it', async () => {
    const goOn = 'until test -e "$HOME/looked"; do sleep 0.05; done';
    const run = await RunFixture.open({
      tasks: TWO.slice(0, 1),
      settings: { notify: `${TELL}; test "$O8_EVENT" = run_finished || exec sleep 600; ${goOn}` },
    });
    await run.spawn();
    const supervisor = (await run.status()).supervisor?.pid;
    await run.succeed('task-001');
    await run.waitForRun('completed', 5_000);
    expect(await told(run)).toHaveLength(1); // the end is told when the first command was stopped
    expect(existsSync(join(run.root, '.claude/parallel.lock'))).toBe(false);
    expect(await run.processes.pids()).toContain(supervisor);
    expect(await untilTold(run, 'run_finished')).toHaveLength(2);
    await writeFile(join(run.home, 'looked'), '');
    const own = await run.serverPid();
    await waitFor(async () => (await run.processes.pids()).every((pid) => pid === own), {
      timeoutMs: 20_000,
      what: 'supervisor and notify command to be gone',
    });
  });
});
