import { describe, expect, it } from 'vitest';
import { agentOf, checkAgents, taskAgent } from '../../../../src/core/agents/kinds.js';
import { planSchema } from '../../../../src/core/plan/plan.js';
import { agentKind, variantOf } from '../../../../src/core/settings/agent-settings.js';
import { resolveSettings, settingsSchema, type SettingsFile } from '../../../../src/core/settings/settings.js';
import { planOf } from '../../../support/runs/plan-fixture.js';

const settingsOf = (file: SettingsFile, manifest = {}) => resolveSettings({}, file, manifest, {});

describe('the kind of an agent', () => {
  it.each([
    [{}, 'claude'],
    [{ command: ['x'] }, 'command'],
    [{ kind: 'command', command: ['x'] }, 'command'],
    [{ kind: 'claude' }, 'claude'],
  ])('%j is %s', (agent, kind) => {
    const settings = settingsOf({ agent });
    expect(agentKind(settings.agent)).toBe(kind);
    expect(agentOf(settings.agent).kind).toBe(kind);
    expect(() => {
      checkAgents(settings);
    }).not.toThrow();
  });

  it.each([
    [{ agent: { kind: 'nonsense' } }, 'There is no agent kind "nonsense"'],
    [{ agent: { kind: 'constructor' } }, 'There is no agent kind'],
    [{ agent: { kind: 'command' } }, 'agent.kind is command, but agent.command is not set.'],
    [{ agent: { kind: 'claude', command: ['x'] } }, 'agent.command (x) has no effect'],
    [{ agents: { mine: { command: [' '] } } }, 'agents.mine.command names no program'],
    [{ agents: { mine: { kind: 'command' } } }, 'agents.mine.kind is command, but agents.mine.command is not set.'],
    [{ agents: { mine: { kind: 'claude', command: ['x'] } } }, 'so agents.mine.command (x) has no effect'],
    [{ agents: { mine: { kind: 'codex', settings: { a: [null] } } } }, 'agents.mine.settings.a is null'],
    [{ agents: { mine: { kind: 'codex', settings: { 'a=b': 1 } } } }, 'agents.mine.settings has the key "a=b"'],
    [{ agents: { mine: { settings: { disableAllHooks: true } } } }, 'agents.mine.settings.disableAllHooks must be'],
    [{ agents: { mine: { kind: 'x' } } }, 'There is no agent kind "x", which "agents.mine.kind" names.'],
  ])('%j is refused', (file, message) => {
    expect(() => {
      checkAgents(settingsOf(file));
    }).toThrow(message);
  });

  it('of a run that an earlier version started is what its command says', () => {
    const { kind, ...agent } = settingsOf({}).agent;
    expect(kind).toBeNull();
    const { agents, ...settings } = settingsOf({});
    expect(agents).toEqual({});
    const old = settingsSchema.parse({ ...settings, agent: { ...agent, command: ['x'] } });
    expect(agentOf(old.agent).kind).toBe('command');
    const plan = planOf([{ id: 'a', agent: 'worker' }]);
    const read = planSchema.parse({ ...plan, settings: { ...settings, agent } });
    expect(taskAgent(read.settings, 'worker').agent.kind).toBe('claude');
  });
});

describe('a named agent', () => {
  const base = settingsOf({ agent: { model: 'opus', allowedTools: ['WebFetch'] } }).agent;

  it('of the same kind has the settings of the run’s below its own', () => {
    expect(variantOf(base, { model: 'haiku' })).toMatchObject({ model: 'haiku', allowedTools: ['WebFetch'] });
    expect(variantOf(base, { kind: 'claude' })).toMatchObject({ model: 'opus', allowedTools: ['WebFetch'] });
  });

  it('of another kind has its own alone', () => {
    expect(variantOf(base, { command: ['x'] })).toMatchObject({ command: ['x'], model: null, allowedTools: [] });
    const command = settingsOf({ agent: { command: ['x'], model: 'm' } }).agent;
    expect(variantOf(command, { kind: 'claude' })).toMatchObject({ command: null, model: null });
  });

  it('is the agent of the tasks that name it; any other name is ignored', () => {
    const settings = settingsOf(
      { agents: { quick: { model: 'haiku' }, mine: { command: ['x'] } }, agent: { model: 'opus' } },
      { model: 'sonnet' },
    );
    const plan = planOf(
      [
        { id: 'a', agent: 'quick' },
        { id: 'b', agent: 'mine' },
        { id: 'c', agent: 'worker' },
        { id: 'd', agent: 'constructor' },
        { id: 'e', agent: 'mine', model: 'own' },
      ],
      { settings: { agents: { quick: { model: 'haiku' }, mine: { command: ['x'] } } }, manifest: { model: 'sonnet' } },
    );
    expect(plan.tasks.map(({ model }) => model)).toEqual(['haiku', null, 'sonnet', 'sonnet', 'own']);
    const kinds = plan.tasks.map(({ agent }) => taskAgent(settings, agent).agent.kind);
    expect(kinds).toEqual(['claude', 'command', 'claude', 'claude', 'command']);
  });
});
