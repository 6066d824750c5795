import { o8 } from '../../../../src/core/base/text.js';
import { describe, expect, it } from 'vitest';
import { itemOf } from '../../../../src/core/trust/files.js';
import { withProjectSettings } from '../../../../src/core/agents/claude/frozen-settings.js';
import { judgeTrust, trustAnswer } from '../../../../src/core/trust/trust.js';
import { refuseUntrusted, trustCheck, trustLines } from '../../../../src/core/trust/trust-text.js';

const rules = itemOf(null, { kind: 'file', path: '.claude/agents/worker.md', text: 'Work\u200b.\n' });
const hooks = itemOf('claude', { kind: 'file', path: '.claude/settings.json', text: '{"hooks":{}}' });
const nobody = { consents: [], kinds: new Set<string>() };
const consentTo = (...items: (typeof rules)[]) => ({ digest: 'x', at: '', items: items.map(({ digest }) => digest) });

describe('consent', () => {
  it('is needed for everything that was not accepted together', () => {
    expect(judgeTrust([], nobody)).toMatchObject({ needed: false, items: [] });
    expect(judgeTrust([rules], nobody).needed).toBe(true);
    expect(judgeTrust([rules, hooks], { ...nobody, consents: [consentTo(rules), consentTo(hooks)] }).needed).toBe(true);
    expect(judgeTrust([rules, hooks], { ...nobody, consents: [consentTo(hooks, rules)] }).needed).toBe(false);
    expect(judgeTrust([rules], { ...nobody, consents: [consentTo(hooks, rules)] }).needed).toBe(false);
  });

  it('is there for an agent kind’s settings where its own program recorded it, and for those alone', () => {
    const kinds = new Set(['claude']);
    expect(judgeTrust([hooks], { ...nobody, kinds })).toMatchObject({ needed: false, items: [] });
    expect(judgeTrust([rules, hooks], { ...nobody, kinds })).toMatchObject({ needed: true, items: [rules] });
  });

  it('has a digest that does not depend on the order, and on everything else', () => {
    const digest = (...items: (typeof rules)[]) => judgeTrust(items, nobody).digest;
    expect(digest(rules, hooks)).toBe(digest(hooks, rules));
    expect(new Set([digest(rules), digest(hooks), digest(rules, hooks), digest()]).size).toBe(4);
  });
});

it('is asked for with every character to be seen, and what follows from its absence is said', () => {
  const trust = judgeTrust([rules], nobody);
  expect(trustAnswer(trust)).toEqual({
    needed: true,
    items: [{ from: '.claude/agents/worker.md', what: 'Work\\u{200b}.\n' }],
    digest: trust.digest,
  });
  expect(trustAnswer(judgeTrust([], nobody))).toEqual({ needed: false });
  expect(trustCheck(trust)).toMatchObject({ id: 'trust', level: 'warn' });
  expect(trustCheck(judgeTrust([], nobody)).level).toBe('pass');
  expect(() => refuseUntrusted(trust)).toThrow(expect.objectContaining({ code: 'untrusted', hint: o8('trust') }));
  expect(trustLines(trustAnswer(trust).items ?? [], 24)).toEqual([
    'The repository contains 1 file that runs programs or changes what agents may do:',
    '',
    '.claude/agents/worker.md',
    '  | Work\\u{200b}.',
  ]);
});

describe('project settings given explicitly', () => {
  it('lie below the user’s own: lists are added up, other values are the user’s', () => {
    const hook = (command: string) => ({ hooks: [{ type: 'command', command }] });
    const project = JSON.stringify({
      disableAllHooks: true,
      hooks: { Stop: [hook('1')], PreToolUse: [hook('2')] },
      permissions: { allow: ['a'], defaultMode: 'plan' },
      env: { A: '1', B: '1' },
      model: 'x',
    });
    const own = {
      hooks: { Stop: [hook('3')] },
      permissions: { allow: ['b'], defaultMode: 'dontAsk' },
      env: { B: '2' },
      model: 'y',
    };
    expect(withProjectSettings(project, own)).toEqual({
      hooks: { Stop: [hook('1'), hook('3')], PreToolUse: [hook('2')] },
      permissions: { allow: ['a', 'b'], defaultMode: 'dontAsk' },
      env: { A: '1', B: '2' },
      model: 'y',
    });
  });

  it('are left out if there are none, or what is there is not what Claude Code reads', () => {
    expect(withProjectSettings('{"hooks":{"Stop":[1]}}', { model: 'y' })).toEqual({ model: 'y' });
    expect(withProjectSettings(null, { model: 'y' })).toEqual({ model: 'y' });
    expect(withProjectSettings('{"hooks"', { model: 'y' })).toEqual({ model: 'y' });
  });
});
