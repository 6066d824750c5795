import { describe, expect, it } from 'vitest';
import bundled from '../../../../../agents/worker.md';
import { COMPLETION_MARKER } from '../../../../../src/core/plan/completion-marker.js';
import { TOOLS } from '../../../../../src/core/agents/claude/claude-command.js';
import { skillDuties, workerRules } from '../../../../../src/core/agents/base/worker-rules.js';

describe('workerRules', () => {
  it("are the repository's own, without the frontmatter, where it has some", () => {
    const own = '\uFEFF---\r\nname: worker\r\ntools: Read\r\n---\r\n\r\nOwn rules.\r\n---\r\nMore.\r\n';
    expect(workerRules(own, 'ours', null)).toBe('Own rules.\r\n---\r\nMore.');
  });

  it('are ours where the repository has none, or a file that says nothing', () => {
    expect(workerRules(null, '---\nname: worker\n---\nOurs.\n', null)).toBe('Ours.');
    expect(workerRules('---\nname: worker\n---\n', 'Ours.', null)).toBe('Ours.');
    expect(workerRules('  \n', 'Ours.', null)).toBe('Ours.');
  });

  it('of ours are for the tools that a worker gets', () => {
    const named = /^tools: (.*)$/m.exec(bundled)?.[1];
    expect(named?.split(', ')).toEqual(TOOLS);
  });

  it('of ours name the marker file, the result and what is not allowed', () => {
    const rules = workerRules(null, bundled, null);
    expect(rules).not.toContain('name: worker');
    for (const word of [COMPLETION_MARKER, 'no_change_needed', 'incomplete', 'push', 'stash', 'git worktree']) {
      expect(rules).toContain(word);
    }
  });

  it('of ours for a skill that leaves the commits to o8 do not ask for any, and allow the agents it names', () => {
    const rules = workerRules(null, bundled, skillDuties('--fast --no-commit'));
    expect(rules).toContain('Do not commit:');
    expect(rules).not.toMatch(/Small commits|Commit as you go|everything is committed|Never start other agents/);
    expect(rules).toContain('Start no agents but those that the command of your task names');
    for (const word of [COMPLETION_MARKER, 'push', 'stash', 'never call o8']) expect(rules).toContain(word);
  });

  it('of ours for a skill without that flag still ask for commits', () => {
    const rules = workerRules(null, bundled, skillDuties('--no-commits'));
    expect(rules).toContain('Small commits');
    expect(rules).toContain('Start no agents but');
    expect(workerRules(null, bundled, null)).toContain('Never start other agents');
  });
});
