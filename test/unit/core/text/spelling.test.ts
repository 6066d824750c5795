import { describe, expect, it } from 'vitest';
import { joined, mapText, o8, placeholder, text, textSchema, withFlags } from '../../../../src/core/base/text.js';
import { spell, spelled } from '../../../../src/core/text/spelling.js';

const MERGE = o8('merge', { run: '20261121-080512-a1b2', task: 'a', resolve: true });

describe('a command', () => {
  it.each([
    [
      MERGE,
      'o8 merge --run 20261121-080512-a1b2 --task a --resolve',
      '/parallel-merge 20261121-080512-a1b2 --task a --resolve',
    ],
    [
      o8('run', ['parallel/shop'], { retryFailed: true }),
      'o8 run parallel/shop --retry-failed',
      '/parallel-run parallel/shop --retry-failed',
    ],
    [o8('run', { resume: true, run: 'r-1' }), 'o8 run --resume --run r-1', '/parallel-run --resume --run r-1'],
    [o8('spawn', []), 'o8 spawn', '/parallel-run'],
    [
      o8('parallel', ['user-auth', 'dashboard']),
      'o8 parallel user-auth dashboard',
      '/parallel-run user-auth dashboard',
    ],
    [o8('parallel status'), 'o8 parallel status', '/parallel-status'],
    [o8('parallel cleanup'), 'o8 parallel cleanup', '/parallel-cleanup'],
    [o8('plan', ['parallel/shop']), 'o8 plan parallel/shop', '/parallel-run parallel/shop --dry-run'],
    [o8('preflight', ['parallel/shop']), 'o8 preflight parallel/shop', '/parallel-run parallel/shop --dry-run'],
    [o8('logs', ['task-001'], { verify: true }), 'o8 logs task-001 --verify', '/parallel-status task-001'],
    [o8('logs', { verify: true, run: 'r-1' }), 'o8 logs --verify --run r-1', '/parallel-status r-1'],
    [o8('logs', { wave: 2 }), 'o8 logs --wave 2', '/parallel-status'],
    [o8('unpause'), 'o8 unpause', 'spawn with pause: "off"'],
    [o8('pause', { now: true }), 'o8 pause --now', 'spawn with pause: "now"'],
    [o8('pause'), 'o8 pause', 'spawn with pause: "let_finish"'],
    [o8('unpause', { run: 'r-1' }), 'o8 unpause --run r-1', 'spawn with pause: "off" and runId: "r-1"'],
    [o8('logs', ['a'], { verify: true, run: 'r-1' }), 'o8 logs a --verify --run r-1', '/parallel-status r-1 a'],
    [o8('setup'), 'o8 setup', '/parallel-setup'],
    [
      o8('integrate', ['parallel/shop']),
      'o8 integrate parallel/shop',
      '/parallel-integrate --parallel-dir parallel/shop',
    ],
    [o8('config set', ['retries', '2']), 'o8 config set retries 2', 'in a terminal: o8 config set retries 2'],
    [o8('trust'), 'o8 trust', 'in a terminal: o8 trust'],
    [o8('render', ['p']), 'o8 render p', 'o8 render p'],
    [o8('diff', ['a']), 'o8 diff a', 'in a terminal: o8 diff a'],
  ])('%j', (command, terminal, chat) => {
    expect(spell(command, 'terminal')).toBe(terminal);
    expect(spell(command, 'chat')).toBe(chat);
  });

  it('has its values quoted for a shell, and only places to fill in are not', () => {
    const command = o8('run', ["it's a plan", '$(rm -rf x)'], { task: 'a;b', skip: placeholder('ids') });
    expect(spell(command, 'terminal')).toBe(`o8 run 'it'\\''s a plan' '$(rm -rf x)' --task 'a;b' --skip <ids>`);
    expect(spell(o8('run', ['--help']), 'terminal')).toBe('o8 run ./--help'); // a folder of that name, not the flag
    expect(spell(o8('config set', ['verify', 'npm test && npm run lint']), 'terminal')).toBe(
      "o8 config set verify 'npm test && npm run lint'",
    );
  });

  it('that decomposes is a command in the chat, and at a terminal what a person does instead', () => {
    expect(spell(o8('decompose'), 'chat')).toBe("Run '/parallel-decompose' first to create task specifications.");
    expect(spell(o8('decompose'), 'terminal')).toMatch(/^Write the task files .* o8 render <dir>$/);
  });

  it('leaves out flags that are not given, and takes more', () => {
    expect(withFlags(o8('merge', { task: undefined, undo: false }), { run: 'r' })).toEqual(o8('merge', { run: 'r' }));
  });
});

describe('a text', () => {
  it('has commands in its middle, of other texts too', () => {
    const inner = text`resolve it, then ${o8('merge')}`;
    const whole = text`${inner}, or ${o8('cleanup', { task: 'a', force: true })} (${2} ways)`;
    expect(spell(whole, 'terminal')).toBe('resolve it, then o8 merge, or o8 cleanup --task a --force (2 ways)');
    expect(spell(whole, 'chat')).toBe(
      'resolve it, then /parallel-merge, or /parallel-cleanup --task a --force (2 ways)',
    );
    expect(textSchema.parse(JSON.parse(JSON.stringify(whole)))).toEqual(whole);
    expect(spell(joined([whole, 'x'], '; '), 'chat')).toMatch(/; x$/);
  });

  it('is words of others as they are, whatever is in them', () => {
    expect(text`${'o8 merge --run x'} and ${'`o8 cleanup`'}`).toBe('o8 merge --run x and `o8 cleanup`');
    expect(spell('o8 merge', 'chat')).toBe('o8 merge');
  });

  it('can be shortened, with the values in its commands', () => {
    const short = mapText(text`abc ${o8('logs', ['abc'], { task: 'abc', wave: 1 })}`, (words) => words.slice(0, 2));
    expect(spell(short, 'terminal')).toBe('abo8 logs ab --task ab --wave 1');
  });
});

describe('an answer', () => {
  it('has each text in it spelled, and everything else as it is', () => {
    const answer = {
      hint: o8('merge'),
      tasks: [{ id: 'o8 merge', hint: undefined, held: { commands: ['git commit', MERGE] } }],
      commands: [{ setup: 'o8 merge' }],
      warnings: [text`see ${o8('status')}`],
      counts: { complete: 1 },
      nothing: null,
    };
    expect(spelled(answer, 'chat')).toEqual({
      hint: '/parallel-merge',
      tasks: [
        {
          id: 'o8 merge',
          held: { commands: ['git commit', '/parallel-merge 20261121-080512-a1b2 --task a --resolve'] },
        },
      ],
      commands: [{ setup: 'o8 merge' }],
      warnings: ['see /parallel-status'],
      counts: { complete: 1 },
      nothing: null,
    });
  });
});
