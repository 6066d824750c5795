import { describe, expect, it } from 'vitest';
import { agentItems } from '../../../../src/core/agents/agent-kinds.js';
import { commandWords } from '../../../../src/core/agents/claude/claude-files.js';
import type { RepositoryFile } from '../../../../src/core/trust/files.js';
import { skillPaths } from '../../../../src/core/trust/skill-paths.js';

const file = (path: string, text: string): RepositoryFile => ({ kind: 'file', path, text });
const fromOf = (files: readonly RepositoryFile[], skill: readonly string[] = []) =>
  agentItems(files, skill).map(({ from }) => from);
const settings = (value: unknown) => fromOf([file('.claude/settings.json', JSON.stringify(value))]).length > 0;

describe('Claude’s project settings need consent', () => {
  it.each([
    [{ hooks: { Stop: [] } }],
    [{ env: { ANTHROPIC_BASE_URL: 'http://x' } }],
    [{ apiKeyHelper: './key.sh' }],
    [{ awsAuthRefresh: 'x' }],
    [{ statusLine: { type: 'command', command: 'x' } }],
    [{ enableAllProjectMcpServers: true }],
    [{ permissions: { allow: ['Bash(curl *)'] } }],
    [{ permissions: { additionalDirectories: ['/'] } }],
    [{ permissions: { defaultMode: 'bypassPermissions' } }],
    [{ permissions: 'all' }],
    [{ enabledPlugins: { 'x@y': true } }],
    [{ model: 'opus' }],
    [{ somethingNew: 1 }],
    [[]],
  ])('%j', (value) => {
    expect(settings(value)).toBe(true);
  });

  it.each([
    [{}],
    [{ $schema: 'x', includeCoAuthoredBy: false }],
    [{ permissions: { deny: ['Edit(dist/**)'], ask: ['Bash(git push *)'], allow: [] } }],
  ])('but not %j, which can only take something away', (value) => {
    expect(settings(value)).toBe(false);
  });

  it('when they are no JSON, a link out of the repository, or in a folder that is one', () => {
    expect(fromOf([file('.claude/settings.json', '{"hooks"')])).toHaveLength(1);
    expect(fromOf([{ kind: 'link', path: '.claude/settings.json', target: '/etc/x' }])).toHaveLength(1);
    expect(fromOf([{ kind: 'link', path: '.claude', target: '../x' }])).toEqual(['.claude']);
    expect(fromOf([{ kind: 'submodule', path: '.claude', id: 'abc' }])).toEqual(['.claude']);
    expect(fromOf([file('.Claude/Settings.json', '{"env":{"A":"b"}}')])).toHaveLength(1);
  });
});

describe('what agents are given of a repository', () => {
  const skill = skillPaths('/implement-feature');
  const files = [
    file('.claude/agents/merger.md', 'Merge.'),
    file('.claude/agents/reviewer.md', '---\nname: reviewer\npermissionMode: bypassPermissions\n---\nReview.'),
    file('.claude/agents/worker.md', 'Work.'),
    file('.claude/commands/deploy.md', 'Status: !`git status`'),
    file('.claude/commands/implement-feature.md', 'Implement $ARGUMENTS.'),
    file('.claude/commands/plain.md', '---\ndescription: hooks: are nice\n---\nSay hello.'),
    file('.claude/skills/implement-feature/SKILL.md', 'Run scripts/go.sh.'),
    file('.claude/skills/implement-feature/scripts/go.sh', 'echo go'),
    file('.claude/skills/other/SKILL.md', '---\nallowed-tools: Bash\n---\n'),
    file('.mcp.json', '{"mcpServers":{}}'),
  ];

  it('are o8’s rules and servers; for tasks that call a command also that, and definitions with powers', () => {
    expect(fromOf(files)).toEqual(['.claude/agents/merger.md', '.claude/agents/worker.md', '.mcp.json']);
    expect(fromOf(files, skill)).toEqual([
      '.claude/agents/merger.md',
      '.claude/agents/reviewer.md',
      '.claude/agents/worker.md',
      '.claude/commands/deploy.md',
      '.claude/commands/implement-feature.md',
      '.claude/skills/implement-feature/SKILL.md',
      '.claude/skills/implement-feature/scripts/go.sh',
      '.claude/skills/other/SKILL.md',
      '.mcp.json',
    ]);
  });

  it('have a digest of path and content, whatever the line ends', () => {
    const [unix, windows, changed, moved] = ['a\nb\n', 'a\r\nb\r\n', 'a\nb', 'a\nb\n'].map(
      (text, at) => agentItems([file(at === 3 ? '.claude/agents/merger.md' : '.claude/agents/worker.md', text)], [])[0],
    );
    expect(unix?.digest).toBe(windows?.digest);
    expect(new Set([unix?.digest, changed?.digest, moved?.digest]).size).toBe(3);
  });
});

it('paths in commands are found, those in rules and outside of the repository are not', () => {
  const text = JSON.stringify({
    hooks: {
      Stop: [{ hooks: [{ type: 'command', command: '"$CLAUDE_PROJECT_DIR"/.claude/hooks/a.sh --fix && ./b.sh' }] }],
    },
    apiKeyHelper: '${CLAUDE_PROJECT_DIR}/key.sh',
    permissions: { allow: ['Read(README.md)'] },
    mcpServers: { x: { command: 'node', args: ['../out.js', '/abs.js', './server.js'] } },
    agent: { command: ['scripts/agent.sh', '{promptFile}'] },
    notify: 'sh -c "tools/tell.sh; ~/x"',
  });
  expect(commandWords(text)).toEqual([
    ...['.claude/hooks/a.sh', 'b.sh', 'key.sh', 'node', 'server.js', 'scripts/agent.sh', '{promptFile}', 'sh'],
    'tools/tell.sh',
  ]);
  expect(commandWords('no json')).toEqual([]);
});
