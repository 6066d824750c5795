import { describe, expect, it } from 'vitest';
import { agentItems } from '../../../../src/core/agents/trust-kinds.js';
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

  it.each([
    '---\n{name: x, allowed-tools: "Bash(*)"}\n---\n',
    '--- {allowed-tools: Bash}\n---\n',
    '---\nname: x\n"allowed\\u002dtools": Bash\n---\n',
    '---\nname: x\n? allowed-tools\n: Bash\n---\n',
    '---\n<<: {allowed-tools: Bash}\n---\n',
    '---\nname: x\n!!str allowed-tools: Bash\n---\n',
    '---\nname: x\n&a allowed-tools: Bash\n---\n',
    '---\rname: x\n"hooks": {}\n---\n',
    '\n\n---\nallowed-tools: Bash\n---\n',
    '---\n "allowed\\u002dtools": Bash\n---\n',
    '---\nname: x\nsomethingNew: y\n---\n',
    'Then:\n  ```!\nevil\n```\n',
  ])('powers are found however they are written: %j', (text) => {
    expect(fromOf([file('.claude/commands/x.md', text)], skill)).toEqual(['.claude/commands/x.md']);
  });

  it.each([
    '---\nname: x\ndescription: >\n  Does: things\n  well.\n# a comment\ntools:\n- Read\n  - Grep\nmodel: opus\n---\nText.',
    '# A heading\n\n---\n\nhooks are nice\n',
    '----\nhooks: x\n',
  ])('and nothing is found in %j', (text) => {
    expect(fromOf([file('.claude/commands/x.md', text)], skill)).toEqual([]);
  });

  it('are found where a file system that folds names finds them', () => {
    const files = ['.claude/ſettings.json', '.Claude/agentſ/Worker.md', '.claude/Commands/Implement-feature.md'];
    expect(
      fromOf(
        files.map((path) => file(path, '{"hooks":{}}')),
        skill,
      ),
    ).toHaveLength(3);
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
  const words = commandWords(text);
  for (const word of ['.claude/hooks/a.sh', 'b.sh', 'key.sh', 'server.js', 'scripts/agent.sh', 'tools/tell.sh'])
    expect(words).toContain(word);
  for (const word of ['README.md', '../out.js', 'out.js', 'x']) expect(words).not.toContain(word);
  expect(commandWords('no json')).toEqual([]);
});

it.each([
  ['sh -c "cd scripts && ./x.sh"', 'scripts/x.sh'],
  ['make -C tools/deep go', 'tools/deep/go'],
  ['$(git rev-parse --show-toplevel)/hooks/x.sh', 'hooks/x.sh'],
  ['"$PWD"/hooks/x.sh', 'hooks/x.sh'],
  ['${ROOT}/hooks/x.sh', 'hooks/x.sh'],
  ['"hooks/my hook.sh" --now', 'hooks/my hook.sh'],
  ['hooks/my hook.sh', 'hooks/my hook.sh'],
  ['sh hooks//./a/../x.sh', 'hooks/x.sh'],
])('the path in %j is found', (command, path) => {
  expect(commandWords(JSON.stringify({ notify: command }))).toContain(path);
});
