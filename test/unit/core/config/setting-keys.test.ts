import { describe, expect, it } from 'vitest';
import { settingViews, withoutSetting, withSetting } from '../../../../src/core/config/setting-keys.js';

function refusal(key: string, text: string): string {
  try {
    withSetting({}, key, text);
    return '';
  } catch (error) {
    return String(error);
  }
}

describe('a setting', () => {
  it.each([
    ['retries', '2', { retries: 2 }],
    ['merge.into', 'base', { merge: { into: 'base' } }],
    ['budget.runUsd', '12.5', { budget: { runUsd: 12.5 } }],
    ['agent.command', '["a","b c"]', { agent: { command: ['a', 'b c'] } }],
    ['agent.settings', '{"env":{"A":"1"}}', { agent: { settings: { env: { A: '1' } } } }],
    ['notify', '["say","done"]', { notify: ['say', 'done'] }],
    ['notify', 'say done', { notify: 'say done' }],
    ['setup', 'true', { setup: 'true' }],
    ['setup', '"quoted program"', { setup: '"quoted program"' }],
    ['agent.model', '5', { agent: { model: '5' } }],
    ['agents.quick.model', 'haiku', { agents: { quick: { model: 'haiku' } } }],
    ['agents.a.b:c.kind', 'claude', { agents: { 'a.b:c': { kind: 'claude' } } }],
    ['agents', '{"x":{"command":["x"]}}', { agents: { x: { command: ['x'] } } }],
  ])('%s is set from the word %s', (key, text, expected) => {
    expect(withSetting({}, key, text)).toEqual(expected);
  });

  it('is set beside the others of its group and replaces its own value whole', () => {
    const before = { retries: 1, merge: { into: 'base' as const }, agent: { command: ['a'], model: 'm' } };
    expect(withSetting(before, 'merge.strategy', 'squash')).toEqual({
      ...before,
      merge: { into: 'base', strategy: 'squash' },
    });
    expect(withSetting(before, 'agent.command', '["b"]')).toEqual({
      ...before,
      agent: { command: ['b'], model: 'm' },
    });
  });

  it.each([
    ['maxConcurrency', 'zero', 'maxConcurrency must be a whole number from 1 to 64 (got "zero").'],
    ['retries', '2.5', 'retries must be a whole number from 0 to 10 (got 2.5).'],
    ['timeout', '0', 'timeout must be a number above 0, at most 10080 (got 0).'],
    ['scope', 'maybe', 'scope must be one of enforce, warn, off (got "maybe").'],
    [
      'notify',
      '[]',
      'notify must be a list of strings, at least 1, or a non-empty string of at most 10000 characters (got an empty list).',
    ],
    ['agent.allowedTools', '[1]', 'agent.allowedTools[0] must be a non-empty string (got 1).'],
    ['agent.allowedTools', 'Bash', 'agent.allowedTools must be a list of strings (got "Bash").'],
    ['agent.settings', '5', 'agent.settings must be a JSON object (got 5).'],
    ['verify', 'x'.repeat(10_001), 'verify must be a non-empty string of at most 10000 characters (got "xxx'],
    ['agent', '{}', 'agent is a group of settings.'],
    ['__proto__', '{}', 'There is no setting "__proto__".'],
    ['Retries', '2', 'There is no setting "Retries".'],
  ])('%s refuses %s by name', (key, text, message) => {
    expect(() => withSetting({}, key, text)).toThrow(expect.objectContaining({ code: 'usage' }));
    expect(() => withSetting({}, key, text)).toThrow(message);
  });

  it.each([
    ['agent.command', '["agent", "--file={promptFile}"]', 'has {promptFile} inside the argument'],
    ['agent.command', '[" "]', 'agent.command names no program'],
    ['agent.kind', 'nonsense', 'There is no agent kind "nonsense".'],
    ['agent.kind', 'command', 'agent.kind is command, but agent.command is not set.'],
    ['agents.x.kind', 'nonsense', 'There is no agent kind "nonsense", which "agents.x.kind" names.'],
    ['agents.x.model', '--dangerous', 'agents.x.model must be the name of a model, not an option.'],
    ['agents', '{" ":{"model":"x"}}', 'agents has a blank name.'],
    [
      'agent.settings',
      '{"hooks":{"PreToolUse":[{"hooks":[{"type":"mcp"}]}]}}',
      'agent.settings.hooks.PreToolUse.0.hooks.0.type must be command (got "mcp")',
    ],
    ['agent.settings', '{"disableAllHooks":true}', 'agent.settings.disableAllHooks must be false (got true)'],
    ['agent.model', '--dangerous', 'agent.model must be the name of a model, not an option.'],
    ['beads.program', ' ', 'beads.program must not be blank.'],
    ['verify', ' ', 'verify contains no command.'],
    ['setup', 'npm ci\u001b[2K', 'setup contains hidden characters.'],
    ['notify', '["", "x"]', 'notify names no program.'],
    ['skill', '../../evil', 'skill must be the name of a command'],
    ['worktreeDir', 'a\u202eb', 'worktreeDir contains hidden characters.'],
  ])('%s refuses %s, which no run could use', (key, text, message) => {
    expect(() => withSetting({}, key, text)).toThrow(message);
  });

  it('never says it in the words of the library that checks it', () => {
    for (const { key } of settingViews({}, 'manifest')) {
      for (const text of ['{"a":1}', '[[]]', '-1', '', '1e9', 'x'.repeat(100_000), 'null']) {
        const message = refusal(key, text);
        expect(message).not.toMatch(/Invalid|expected|received|Too (small|big)|Unrecognized|o8 has a bug/);
        expect(message.length).toBeLessThan(500);
      }
    }
  });

  it('goes back to its default alone, with its group, and leaves no empty group behind', () => {
    const before = { retries: 1, merge: { into: 'base' as const, strategy: 'squash' as const } };
    expect(withoutSetting(before, 'merge.into')).toEqual({ retries: 1, merge: { strategy: 'squash' } });
    expect(withoutSetting({ merge: { into: 'base' } }, 'merge.into')).toEqual({});
    expect(withoutSetting(before, 'merge')).toEqual({ retries: 1 });
    expect(withoutSetting(before, 'notify')).toEqual(before);
    expect(() => withoutSetting(before, 'merge.nothing')).toThrow('There is no setting "merge.nothing".');
  });

  it('is shown with its value and where it comes from', () => {
    const views = settingViews({ agent: { model: 'opus' }, retries: 1 }, 'manifest');
    expect(views).toContainEqual({ key: 'agent.model', value: 'opus', source: 'file' });
    expect(views).toContainEqual({ key: 'retries', value: 1, source: 'file' });
    expect(views).toContainEqual({ key: 'agent.command', value: null, source: 'default' });
    expect(views).toContainEqual({ key: 'merge.into', value: 'integration', source: 'default' });
  });
});
