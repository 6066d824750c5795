import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { RunFixture, type RunOptions } from '../runs/run-fixture.js';
import { STUB_PROGRAM, type StubAgent } from './stub-agent.js';

/**
 * A run whose `claude` on PATH is a stub agent: the command o8 builds for Claude Code and what o8 reads of its stream,
 * without Claude. What it prints is what the test tells it to.
 */
export async function openClaudeRun(options: RunOptions): Promise<RunFixture> {
  const run = await RunFixture.open({
    ...options,
    settings: { agent: {}, ...options.settings },
    environment: (home) => ({ PATH: `${join(home, 'bin')}:${process.env['PATH'] ?? ''}` }),
  });
  const program = '../bin/claude';
  const lines = [
    '#!/bin/sh',
    `[ "$1" = --version ] && exec echo '2.1.0 (Claude Code)'`,
    `exec '${process.execPath}' '${STUB_PROGRAM}' --socket '${run.agents.socket}' "$@"`,
  ];
  await run.repository.write(program, `${lines.join('\n')}\n`);
  await chmod(join(run.root, program), 0o755);
  return run;
}

/** The value that follows an option of the command an agent was started with; null without the option. */
export function optionOf(agent: StubAgent, name: string): string | null {
  const index = agent.started.argv.indexOf(name);
  return index < 0 ? null : (agent.started.argv[index + 1] ?? null);
}

/** One event of `--output-format stream-json`. */
export async function say(agent: StubAgent, event: Readonly<Record<string, unknown>>): Promise<void> {
  await agent.print(`${JSON.stringify(event)}\n`);
}

/** What comes first: from here on there is a session to resume. */
export async function openSession(agent: StubAgent): Promise<string> {
  const session = optionOf(agent, '--session-id') ?? optionOf(agent, '--resume') ?? '';
  await say(agent, { type: 'system', subtype: 'init', session_id: session });
  return session;
}

/** Its last word, an error. */
export async function endBadly(agent: StubAgent, result: Readonly<Record<string, unknown>>): Promise<void> {
  await say(agent, { type: 'result', subtype: 'success', is_error: true, ...result });
  await agent.exit(1);
}

/** The usual good end, at a price in US dollars. */
export async function endWell(agent: StubAgent, costUsd: number): Promise<void> {
  await agent.writeFile(`${agent.task}.txt`, `${agent.task}\n`);
  await agent.commit(agent.task);
  const report = { status: 'complete', summary: 'Done.' };
  const good = { type: 'result', subtype: 'success', is_error: false, result: 'Done.', structured_output: report };
  await say(agent, { ...good, total_cost_usd: costUsd });
  await agent.exit(0);
}
