import { describe, expect, it } from 'vitest';
import bundled from '../../../agents/worker.md';
import { COMPLETION_MARKER } from '../../../src/core/completion-marker.js';
import { TOOLS } from '../../../src/core/claude-command.js';
import { workerRules } from '../../../src/core/worker-rules.js';

describe('workerRules', () => {
  it("are the repository's own, without the frontmatter, where it has some", () => {
    const own = '\uFEFF---\r\nname: worker\r\ntools: Read\r\n---\r\n\r\nOwn rules.\r\n---\r\nMore.\r\n';
    expect(workerRules(own, 'ours')).toBe('Own rules.\r\n---\r\nMore.');
  });

  it('are ours where the repository has none, or a file that says nothing', () => {
    expect(workerRules(null, '---\nname: worker\n---\nOurs.\n')).toBe('Ours.');
    expect(workerRules('---\nname: worker\n---\n', 'Ours.')).toBe('Ours.');
    expect(workerRules('  \n', 'Ours.')).toBe('Ours.');
  });

  it('of ours are for the tools that a worker gets', () => {
    const named = /^tools: (.*)$/m.exec(bundled)?.[1];
    expect(named?.split(', ')).toEqual(TOOLS);
  });

  it('of ours name the marker file, the result and what is not allowed', () => {
    const rules = workerRules(null, bundled);
    expect(rules).not.toContain('name: worker');
    for (const word of [COMPLETION_MARKER, 'no_change_needed', 'incomplete', 'push', 'stash', 'git worktree']) {
      expect(rules).toContain(word);
    }
  });
});
