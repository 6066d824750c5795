import { describe, expect, it } from 'vitest';
import { settingViews, withoutSetting, withSetting } from '../../../src/core/setting-keys.js';

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
    ['retries', 'two', 'retries cannot be "two": '],
    ['retries', '2.5', 'retries cannot be "2.5": '],
    ['scope', 'maybe', 'scope cannot be "maybe": '],
    ['agent.allowedTools', '[1]', 'agent.allowedTools cannot be "[1]": 0: '],
    ['agent', '{}', 'agent has settings of its own.'],
    ['__proto__', '{}', 'There is no setting "__proto__".'],
    ['Retries', '2', 'There is no setting "Retries".'],
  ])('%s refuses %s by name', (key, text, message) => {
    expect(() => withSetting({}, key, text)).toThrow(expect.objectContaining({ code: 'usage' }));
    expect(() => withSetting({}, key, text)).toThrow(message);
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
