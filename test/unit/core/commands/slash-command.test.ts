import { describe, expect, it } from 'vitest';
import {
  asSlashCommand,
  asTerminalCommand,
  DECOMPOSE_HINT,
  spelledForChat,
} from '../../../../src/core/commands/slash-command.js';

describe('a hint in the chat', () => {
  it.each([
    [
      'o8 merge --run 20261121-080512-a1b2 --task a --resolve',
      '/parallel-merge 20261121-080512-a1b2 --task a --resolve',
    ],
    ['o8 run parallel/shop --retry-failed', '/parallel-run parallel/shop --retry-failed'],
    ['o8 logs task-001 --verify', '/parallel-status task-001'],
    [
      'resolve it, then o8 merge, or o8 cleanup --task a --force',
      'resolve it, then /parallel-merge, or /parallel-cleanup --task a --force',
    ],
    ['git -C ../workspaces/a status', 'git -C ../workspaces/a status'],
    ['o8 config set retries 2', 'in a terminal: o8 config set retries 2'],
    ['o8 trust', 'in a terminal: o8 trust'],
    ['o8 run-checks parallel/shop --check x', 'o8 run-checks parallel/shop --check x'],
    ['o8 run --resume --run r-1', '/parallel-run --resume --run r-1'],
    ['o8 spawn --resume', '/parallel-run --resume'],
    ['o8 parallel user-auth dashboard', '/parallel-run user-auth dashboard'],
    ['o8 parallel status', '/parallel-status'],
    ['o8 plan parallel/shop', '/parallel-run parallel/shop --dry-run'],
    ['o8 preflight parallel/shop, then again', '/parallel-run parallel/shop --dry-run, then again'],
    ['o8 logs --verify --run r-1', '/parallel-status r-1'],
    ['o8 logs task-001 --verify --run r-1', '/parallel-status r-1 task-001'],
    ['o8 logs --wave 2 --run r-1', '/parallel-status r-1'],
    ['o8 unpause', 'spawn with pause: "off"'],
    ['o8 pause --now', 'spawn with pause: "now"'],
    ['o8 unpause --run r-1', 'spawn with pause: "off" and runId: "r-1"'],
    ['o8 pause --run r-1', 'spawn with pause: "let_finish" and runId: "r-1"'],
    ['was not permitted: Bash (o8 merge)\nthen o8 merge', 'was not permitted: Bash (o8 merge)\nthen /parallel-merge'],
    ['o8 setup', '/parallel-setup'],
  ])('%s', (hint, said) => {
    expect(asSlashCommand(hint)).toBe(said);
  });
});

describe('a hint at a terminal', () => {
  it.each([
    ['/parallel-integrate --parallel-dir parallel/shop', 'o8 integrate parallel/shop'],
    ['/parallel-run --resume', 'o8 run --resume'],
    ['o8 merge --dry-run', 'o8 merge --dry-run'],
  ])('%s', (hint, said) => {
    expect(asTerminalCommand(hint)).toBe(said);
  });

  it('names no slash command where a plan is missing', () => {
    expect(asTerminalCommand(DECOMPOSE_HINT)).toMatch(/^Write the task files .* o8 render <dir>$/);
  });
});

describe('an answer in the chat', () => {
  it('has every hint of o8 spelled for it, and words of others as they are', () => {
    const answer = {
      hint: 'o8 merge',
      tasks: [{ id: 'o8 merge', hint: 'o8 cleanup', held: { findings: [{ commands: ['o8 merge --task a'] }] } }],
      commands: [{ setup: 'o8 merge' }],
      tail: ['o8 merge'],
      warnings: ['o8 status'],
      notes: ['1 finished task waits to be merged: o8 merge --run r-1', 'was not permitted: Bash (o8 merge)'],
      leftOut: [{ tasks: ['b'], command: 'o8 run parallel/shop --wave 2' }],
      landing: { kind: 'nothing', reason: 'it is there; o8 cleanup --run r-1 removes its branches' },
      error: { message: 'x, see o8 status', hint: 'o8 abort' },
      counts: { complete: 1 },
      nothing: null,
    };
    expect(spelledForChat(answer)).toEqual({
      hint: '/parallel-merge',
      tasks: [
        { id: 'o8 merge', hint: '/parallel-cleanup', held: { findings: [{ commands: ['/parallel-merge --task a'] }] } },
      ],
      commands: [{ setup: 'o8 merge' }],
      tail: ['o8 merge'],
      warnings: ['/parallel-status'],
      notes: ['1 finished task waits to be merged: /parallel-merge r-1', 'was not permitted: Bash (o8 merge)'],
      leftOut: [{ tasks: ['b'], command: '/parallel-run parallel/shop --wave 2' }],
      landing: { kind: 'nothing', reason: 'it is there; /parallel-cleanup r-1 removes its branches' },
      error: { message: 'x, see /parallel-status', hint: '/parallel-abort' },
      counts: { complete: 1 },
      nothing: null,
    });
  });
});
