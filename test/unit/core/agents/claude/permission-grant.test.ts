import { describe, expect, it } from 'vitest';
import { grantFor } from '../../../../../src/core/agents/claude/permission-grant.js';

describe('grantFor', () => {
  it.each([
    ['npm test', 'Bash(npm test *)'],
    ['npm run test:unit -- --run', 'Bash(npm run test:unit *)'],
    ['cd src && npm test | tail -3', 'Bash(npm test *)'],
    ['git add -A && cargo build --release', 'Bash(cargo build *)'],
    ['make -j4', 'Bash(make *)'],
    ['./gradlew check', 'Bash(./gradlew check *)'],
    ['python3 -c "open(1)"', 'Bash(python3 *)'],
    ['CI=1 npm test', 'Bash(CI=1 npm *)'],
  ])('names the rule for %s', (command, rule) => {
    expect(grantFor('Bash', { command })).toBe(rule);
  });

  it.each([
    ['git push origin main'],
    ['git stash'],
    ['git config user.name x'],
    ['git -C .. status'],
    ['git diff --output=/tmp/x'],
    ['ls /elsewhere'],
    ['mkdir -p /elsewhere'],
    ['$(evil) x'],
    [''],
  ])('suggests nothing for %s', (command) => {
    expect(grantFor('Bash', { command })).toBeNull();
  });

  it('suggests nothing for writes: they are denied by place, not by permission', () => {
    for (const tool of ['Write', 'Edit', 'MultiEdit', 'NotebookEdit'])
      expect(grantFor(tool, { file_path: '/x' })).toBeNull();
  });

  it('names a host for WebFetch and the tool itself for others', () => {
    expect(grantFor('WebFetch', { url: 'https://example.com/a?b' })).toBe('WebFetch(domain:example.com)');
    expect(grantFor('WebFetch', { url: 'no address' })).toBe('WebFetch');
    expect(grantFor('WebSearch', {})).toBe('WebSearch');
    expect(grantFor('mcp__db__query', {})).toBe('mcp__db__query');
  });

  it('does not repeat what is no tool name', () => {
    expect(grantFor('Bash(*) "\u001b[31m', {})).toBeNull();
    expect(grantFor('Bash', {})).toBeNull();
  });
});
