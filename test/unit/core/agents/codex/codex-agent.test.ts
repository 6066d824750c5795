import { describe, expect, it } from 'vitest';
import type { AgentFacts, AgentOutput } from '../../../../../src/core/agents/base/agent-facts.js';
import type { AttemptLaunch } from '../../../../../src/core/agents/base/agent.js';
import { CODEX_AGENT } from '../../../../../src/core/agents/codex/codex-agent.js';
import { readableLogLine } from '../../../../../src/core/agents/readable-log.js';
import { DEFAULT_AGENT, type AgentSettings } from '../../../../../src/core/settings/agent-settings.js';
import { planOf } from '../../../../support/runs/plan-fixture.js';

const NOW = new Date('2026-11-28T10:00:00.000Z');
const fold = (...events: readonly object[]): AgentFacts =>
  events.reduce<AgentOutput>(
    (read, event) => read.add(JSON.stringify(event), { now: NOW, timeZone: 'UTC' }),
    CODEX_AGENT.output,
  ).facts;
const item = (fields: object, type = 'item.completed') => ({ type, item: { id: 'item_1', ...fields } });
const failed = (message: string) => [
  { type: 'error', message },
  { type: 'turn.failed', error: { message } },
];

describe('what Codex prints', () => {
  it('is its thread, its tokens and its last message', () => {
    const facts = fold(
      { type: 'thread.started', thread_id: 't-1' },
      { type: 'turn.started' },
      item({ type: 'error', message: 'Model metadata not found.' }),
      item({ type: 'command_execution', command: "/bin/bash -lc 'npm test'", status: 'in_progress' }, 'item.started'),
      item({ type: 'agent_message', text: 'All done.' }),
      { type: 'turn.completed', usage: { input_tokens: 200, cached_input_tokens: 80, output_tokens: 14 } },
    );
    expect(facts).toMatchObject({ sessionId: 't-1', tokens: 214, costUsd: null, limit: null, finished: true });
    expect(facts.result).toEqual({ kind: 'done', text: 'All done.', report: null });
    expect(fold(item({ type: 'command_execution', command: "/bin/bash -lc 'npm test'" })).activity).toBe(
      'Run npm test',
    );
  });

  it.each([
    [
      'You’ve hit your usage limit. Upgrade to Pro or try again at Nov 29th, 2026 11:00 AM.',
      '2026-11-29T11:00:00.000Z',
    ],
    ['You’ve hit your usage limit. Try again at 3:30 PM.', '2026-11-28T15:30:00.000Z'],
    ['exceeded retry limit, last status: 429 Too Many Requests', null],
    ['rate limit exceeded: Rate limit reached for gpt. Please try again in 11.054s.', '2026-11-28T10:00:12.000Z'],
    ['rate limit exceeded: Please try again in 350ms.', '2026-11-28T10:00:01.000Z'],
  ])('is a limit: %s', (message, until) => {
    const facts = fold(...failed(message));
    expect(facts.limit).toMatchObject({ until });
    expect(facts.result).toMatchObject({ kind: 'failed' });
    expect(fold(...failed(message), item({ type: 'agent_message', text: 'on' })).limit).toBeNull();
  });

  it.each([
    ['Quota exceeded. Check your plan and billing details.', false],
    ['unexpected status 401 Unauthorized: bad key, url: http://x', false],
    ['unexpected status 503 Service Unavailable: overloaded', true],
    ['stream disconnected before completion', true],
  ])('is a failure: %s', (message, retryable) => {
    expect(fold(...failed(message))).toMatchObject({
      limit: null,
      result: { kind: 'failed', text: message, retryable },
    });
  });

  it('changes nothing where it is no event, and never throws', () => {
    for (const line of ['', 'text', '{', '{"type":5}', '{"type":"item.completed"}', '[]', 'null'])
      expect(CODEX_AGENT.output.add(line, { now: NOW, timeZone: 'UTC' }).facts).toEqual(CODEX_AGENT.output.facts);
  });

  it('reads as what it did', () => {
    const read = (event: object) => readableLogLine(CODEX_AGENT, `[time] [stdout] ${JSON.stringify(event)}`);
    const run = { type: 'command_execution', command: "/bin/bash -lc 'ls x'" };
    expect(read(item(run, 'item.started'))).toEqual(['[time] Run: ls x']);
    expect(read(item({ ...run, exit_code: 0 }))).toEqual([]);
    expect(read(item({ ...run, exit_code: 2, aggregated_output: 'a\nno x\n' }))).toEqual(['[time]   exit 2: no x']);
    expect(read(item({ type: 'file_change', changes: [{ path: 'a.ts', kind: 'add' }] }))).toEqual([
      '[time] Edit: a.ts',
    ]);
    expect(read({ type: 'turn.failed', error: { message: 'no' } })).toEqual(['[time] Ended: error: no']);
  });
});

describe('how Codex is started', () => {
  const plan = planOf([{ id: 'a', model: 'm' }]);
  const [task] = plan.tasks;
  if (task === undefined) throw new Error('no task');
  const argv = (agent: Partial<AgentSettings> = {}, more: Partial<AttemptLaunch> = {}) =>
    CODEX_AGENT.launch({
      program: 'codex',
      task,
      settings: { ...plan.settings, agent: { ...DEFAULT_AGENT, kind: 'codex', ...agent } },
      project: { kind: 'worktree' },
      session: { sessionId: null, continues: false },
      rules: '',
      prompt: '',
      promptFile: '/p',
      budgetUsd: null,
      node: 'node',
      guard: 'guard.js',
      gitFolder: '/r/.git',
      ...more,
    }).argv;

  it('is a new thread or an earlier one, in the sandbox', () => {
    expect(argv().slice(0, 4)).toEqual(['codex', 'exec', '--json', '--model=m']);
    expect(argv()).toContain('sandbox_mode="workspace-write"');
    expect(argv({ permissionMode: 'bypassPermissions' })).toContain('sandbox_mode="danger-full-access"');
    const resumed = argv({}, { session: { sessionId: 't-1', continues: true } });
    expect(resumed.slice(0, 4)).toEqual(['codex', 'exec', 'resume', '--json']);
    expect(resumed.slice(-2)).toEqual(['t-1', '-']);
  });

  it('takes further settings key by key, and leaves out project settings that changed', () => {
    const settings = { sandbox_workspace_write: { network_access: true }, notify: ['a', 'b "c"'] };
    expect(argv({ settings })).toContain('sandbox_workspace_write.network_access=true');
    expect(argv({ settings })).toContain(String.raw`notify=["a", "b \"c\""]`);
    const frozen = argv({}, { project: { kind: 'frozen', settings: null } });
    expect(frozen).toContain(`projects={${JSON.stringify(task.worktree)}={trust_level="untrusted"}}`);
  });

  it.each([
    [{ settings: { sandbox_mode: 'danger-full-access' } }, 'agent.settings.sandbox_mode is set by o8'],
    [{ settings: { 'projects.x': 1 } }, 'agent.settings.projects.x is set by o8'],
    [{ settings: { 'a=b': 1 } }, 'which is not a valid name of a Codex setting'],
    [{ settings: { a: null } }, 'agent.settings.a is null'],
    [{ command: ['x'] }, 'agent.kind is codex, so agent.command (x) has no effect'],
  ])('refuses %j', (agent, message) => {
    expect(() => {
      CODEX_AGENT.check({ ...DEFAULT_AGENT, kind: 'codex', ...agent }, 'agent');
    }).toThrow(message);
  });
});

describe('what Codex takes from a repository', () => {
  const { project } = CODEX_AGENT;
  const file = (path: string, text = 'x') => ({ kind: 'file', path, text }) as const;

  it('needs consent: everything below .codex, with the files that it names', () => {
    const items = project?.itemsOf([file('.codex/config.toml'), file('.Codex/hooks/a.sh'), file('AGENTS.md')], false);
    expect(items?.map(({ from }) => from)).toEqual(['.codex/config.toml', '.Codex/hooks/a.sh']);
    const toml = 'notify = ["sh", "./tools/hook.sh"]\ncommand = \'bin/serve --x\'';
    expect(project?.commandWords('.codex/config.toml', toml)).toEqual(['sh', 'tools/hook.sh', 'bin/serve']);
    expect(project?.commandWords('package.json', toml)).toEqual([]);
  });

  it('is trusted where Codex has recorded exactly this folder', () => {
    const trusts = (text: string) => project?.trustRecord.trusts(text, '/home/ada/shop');
    expect(trusts('[projects."/home/ada/shop"]\ntrust_level = "trusted"\n')).toBe(true);
    expect(trusts('[projects."/home/ada/shop"]\ntrust_level = "untrusted"\n')).toBe(false);
    expect(trusts('[projects."/home/ada/shop"]\n[projects."/home/ada"]\ntrust_level = "trusted"\n')).toBe(false);
    expect(trusts('trust_level = "trusted"')).toBe(false);
    expect(project?.trustRecord.file({ CODEX_HOME: '/c' }, '/home/ada')).toBe('/c/config.toml');
    expect(project?.trustRecord.file({}, '/home/ada')).toBe('/home/ada/.codex/config.toml');
  });

  it('of a session that started o8 only what describes it is left out', () => {
    expect(['CODEX_THREAD_ID', 'CODEX_CI'].every(CODEX_AGENT.describesSession)).toBe(true);
    expect(['CODEX_HOME', 'CODEX_API_KEY', 'OPENAI_API_KEY'].some(CODEX_AGENT.describesSession)).toBe(false);
  });
});
