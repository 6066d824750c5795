import { describe, expect, it } from 'vitest';
import { writeRefusal, writeRules, writeRulesArguments } from '../../../../src/core/scope/write-guard.js';

const entry = (glob: string) => ({ glob, symbol: null });
const task = {
  worktree: '/w/task-001',
  scope: {
    create: [entry('src/users/**')],
    modify: [{ glob: 'src/app.ts', symbol: 'App.start' }],
    boundary: ['src/users/keep.ts'],
  },
};

describe('writeRefusal', () => {
  it.each(['../other/a.ts', '..', '/etc/passwd', ''])('refuses %j, outside the worktree, in every mode', (path) => {
    for (const mode of ['enforce', 'warn', 'off'] as const) {
      expect(writeRefusal(writeRules(task, mode), path)).toContain('outside this task');
    }
  });

  it.each(['.git', '.git/config', '.GIT/hooks/pre-commit'])('refuses %s, which is git’s', (path) => {
    expect(writeRefusal(writeRules(task, 'off'), path)).toContain('belongs to git');
  });

  it('lets names that only look like these pass', () => {
    for (const path of ['.gitignore', '..a', '.github/x.yml', 'a/.git2'])
      expect(writeRefusal(writeRules(task, 'warn'), path)).toBeNull();
  });

  it('under warn refuses BOUNDARY only', () => {
    const rules = writeRules(task, 'warn');
    expect(writeRefusal(rules, 'src/users/keep.ts')).toContain('BOUNDARY src/users/keep.ts');
    expect(writeRefusal(rules, 'docs/x.md')).toBeNull();
  });

  it('under enforce refuses what is in neither CREATE nor MODIFY, and never the marker file', () => {
    const rules = writeRules(task, 'enforce');
    expect(writeRefusal(rules, 'src/users/a/b.ts')).toBeNull();
    expect(writeRefusal(rules, 'src/app.ts')).toBeNull();
    expect(writeRefusal(rules, '.claude-task-complete')).toBeNull();
    expect(writeRefusal(rules, 'docs/x.md')).toContain('neither CREATE nor MODIFY');
    expect(writeRefusal(rules, 'src/users/keep.ts')).toContain('BOUNDARY');
  });

  it('under enforce lets a task without declared files write everywhere', () => {
    const open = { ...task, scope: { create: [], modify: [], boundary: [] } };
    expect(writeRefusal(writeRules(open, 'enforce'), 'docs/x.md')).toBeNull();
  });

  it('under off knows no scope', () => {
    expect(writeRefusal(writeRules(task, 'off'), 'src/users/keep.ts')).toBeNull();
  });
});

describe('writeRulesArguments', () => {
  it('keep every value one argument, also one that starts with a dash', () => {
    expect(writeRulesArguments({ worktree: '/w x', allow: ['-a/**'], boundary: ['b c'] })).toEqual([
      '--worktree=/w x',
      '--allow=-a/**',
      '--boundary=b c',
    ]);
  });
});
