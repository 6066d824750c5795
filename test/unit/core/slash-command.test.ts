import { describe, expect, it } from 'vitest';
import { asSlashCommand } from '../../../src/core/slash-command.js';

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
    ['o8 config set retries 2', 'o8 config set retries 2'],
  ])('%s', (hint, said) => {
    expect(asSlashCommand(hint)).toBe(said);
  });
});
