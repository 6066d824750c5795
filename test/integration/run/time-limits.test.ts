import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { RunFixture } from '../../support/runs/run-fixture.js';
import { waitFor } from '../../support/waiting/wait-for.js';

const ONE = [{ id: 'task-001', wave: 1 }];
/** In minutes, as settings have it: 1.5 s. */
const SOON = 0.025;
/** 6 s: there has to be time for something to happen before. */
const LATER = 0.1;

/**
 * Agents are shell scripts here, which act at once: whoever has 1.5 s cannot wait for a runtime to start on a busy
 * machine. Each starts a child in a session of its own, as tools run commands, and tells both pids and its prompt.
 */
const BEGIN = `
own() { if command -v setsid >/dev/null; then exec setsid "$@"; fi; exec perl -MPOSIX -e 'setsid; exec @ARGV' "$@"; }
own sleep 1000 &
attempt=\${O8_PROMPT_FILE%/*} attempt=\${attempt##*/}
printf '%s\\n' "$$" "$!" "$O8_PROMPT_FILE" > "$HOME/agent.new"
mv "$HOME/agent.new" "$HOME/agent-$attempt"`;
const DEAF = `trap : TERM; echo half > half.txt; ${BEGIN}\nwhile :; do sleep 1; done`;
const SILENT_AT_FIRST = `${BEGIN}
if [ "$attempt" = 1 ]; then exec sleep 1000; fi
until [ -e "$HOME/looked" ]; do echo busy; sleep 0.05; done
echo task-001 > task-001.txt; : > .claude-task-complete`;

const shell = (script: string) => ({ command: ['sh', '-c', script] });

interface ShellAgent {
  /** Itself and its child. */
  readonly tree: readonly number[];
  readonly promptFile: string;
}

async function agentOf(run: RunFixture, attempt: number): Promise<ShellAgent> {
  const path = join(run.home, `agent-${String(attempt)}`);
  const read = async (): Promise<string | null> => readFile(path, 'utf8').catch(() => null); // not there yet
  const said = await waitFor(read, { timeoutMs: 30_000, what: `the agent of attempt ${String(attempt)}` });
  const [agent, child, promptFile = ''] = said.split('\n');
  return { tree: [Number(agent), Number(child)], promptFile };
}

async function living(run: RunFixture, pids: readonly number[]): Promise<number[]> {
  const marked = await run.processes.pids();
  return pids.filter((pid) => marked.includes(pid));
}

const timed = z.looseObject({ type: z.string(), at: z.string(), notBefore: z.string().optional() });

async function journal(run: RunFixture): Promise<z.output<typeof timed>[]> {
  return (await run.records()).map((record) => timed.parse(record));
}

function timeOf(record: { readonly at: string } | undefined): number {
  return Date.parse(record?.at ?? '');
}

async function shimOf({ promptFile }: ShellAgent): Promise<number> {
  const claim: unknown = JSON.parse(await readFile(join(dirname(promptFile), 'claim.json'), 'utf8'));
  return z.object({ shim: z.object({ pid: z.number() }) }).parse(claim).shim.pid;
}

describe('an agent at its time limit', () => {
  it('is stopped with everything it started, and its work is kept', async () => {
    const run = await RunFixture.open({ tasks: ONE, settings: { agent: shell(DEAF), timeout: SOON } });
    await run.spawn();
    const { tree } = await agentOf(run, 1);
    expect(await run.waitForTask('task-001', 'failed')).toMatchObject({ reason: 'timeout', attempt: 1 });
    expect(await living(run, tree)).toEqual([]);
    expect(await readFile(join(run.worktree('task-001'), 'half.txt'), 'utf8')).toBe('half\n');
  });

  it('is stopped also when its shim was killed', async () => {
    const run = await RunFixture.open({ tasks: ONE, settings: { agent: shell(DEAF), timeout: LATER } });
    await run.spawn();
    const agent = await agentOf(run, 1);
    process.kill(await shimOf(agent), 'SIGKILL');
    expect(await living(run, agent.tree)).toEqual(agent.tree);
    expect(await run.waitForTask('task-001', 'failed')).toMatchObject({ reason: 'timeout', attempt: 1 });
    expect(await living(run, agent.tree)).toEqual([]);
  });
});

describe('an agent that says nothing', () => {
  it('is stopped when it was silent for stallTimeout, not before, and tried again', async () => {
    const settings = { agent: shell(SILENT_AT_FIRST), stallTimeout: SOON, retries: 1 };
    const run = await RunFixture.open({ tasks: ONE, settings });
    await run.spawn();
    const first = await agentOf(run, 1);
    const second = await agentOf(run, 2);
    expect(await living(run, [...first.tree, ...second.tree])).toEqual(second.tree);
    expect(await readFile(second.promptFile, 'utf8')).toMatch(/no output for [\d.]+ s; the agent was stopped/);
    await writeFile(join(run.home, 'looked'), '');
    await run.waitForRun('completed');
    const [started, ended] = (await journal(run)).filter(({ type }) => /^attempt_(intended|ended)$/.test(type));
    expect(timeOf(ended) - timeOf(started)).toBeGreaterThan(SOON * 60_000);
  });
});

describe('a retry', () => {
  it('waits a second, twice as long the next time, and there are no more than allowed', async () => {
    const run = await RunFixture.open({ tasks: ONE, settings: { retries: 2 } });
    await run.spawn();
    for (const code of [7, 8, 9]) await (await run.agents.waitForAgent('task-001')).exit(code);
    expect(await run.waitForTask('task-001', 'failed')).toMatchObject({ reason: 'exit_9', attempt: 3 });
    await run.waitForRun('failed');
    expect(run.agents.all).toHaveLength(3);
    const records = await journal(run);
    const starts = records.filter(({ type }) => type === 'attempt_intended').map(timeOf);
    const due = records.flatMap(({ notBefore }) => (notBefore === undefined ? [] : [Date.parse(notBefore)]));
    const ends = records.filter(({ type }) => type === 'attempt_ended').map(timeOf);
    const decided = records.filter(({ type }) => type === 'task_retrying').map(timeOf);
    for (const [index, seconds] of [1, 2].entries()) {
      expect((due[index] ?? 0) - (decided[index] ?? 0)).toBeGreaterThan((seconds - 0.2) * 1000);
      expect((due[index] ?? 0) - (ends[index] ?? Infinity)).toBeGreaterThanOrEqual(seconds * 1000);
      expect(starts[index + 1]).toBeGreaterThanOrEqual(due[index] ?? Infinity);
    }
  });
});
