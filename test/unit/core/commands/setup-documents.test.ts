import { describe, expect, it } from 'vitest';
import {
  claudeSection,
  parallelReadme,
  suggestWorktreeInclude,
} from '../../../../src/core/commands/setup-documents.js';
import { detectTechnologies, usualChecks } from '../../../../src/core/commands/technology.js';

const files = (names: readonly string[], scripts: readonly string[] = []) => ({
  names: new Set(names),
  scripts: new Set(scripts),
});

describe('the technology of a repository', () => {
  it.each([
    [['package.json'], ['node']],
    [
      ['pyproject.toml', 'go.mod'],
      ['python', 'go'],
    ],
    [['manage.py', 'requirements.txt'], ['django']],
    [['README.md'], []],
  ])('of %j is %j', (names, expected) => {
    expect(detectTechnologies(files(names))).toEqual(expected);
  });

  it('is checked by what the repository has: the scripts of package.json, with its package manager', () => {
    const node = usualChecks('node', files(['package.json', 'pnpm-lock.yaml'], ['test', 'lint', 'start']));
    expect(node.map(({ command }) => command)).toEqual(['pnpm run lint', 'pnpm test']);
    expect(usualChecks('node', files(['package.json']))).toEqual([]);
  });
});

describe('the documents of o8 setup', () => {
  it('show the commands that fit the repository', () => {
    const facts = { ...files(['package.json', 'package-lock.json'], ['test']), technologies: null };
    expect(parallelReadme(facts)).toContain('"setup": "npm ci"');
    expect(parallelReadme(facts)).toContain('"verify": "npm test"');
    expect(claudeSection(facts)).toContain('`npm test`');
  });

  it('take the user’s word for the technology, known or not', () => {
    const facts = { ...files(['package.json'], ['test']), technologies: ['go', 'rust'] };
    expect(parallelReadme(facts)).toContain('"technology": "go, rust"');
    expect(parallelReadme(facts)).toContain('"verify": "go test ./..."');
  });
});

describe('a suggested .worktreeinclude', () => {
  it('names settings of one machine, and nothing that is installed or Claude’s', () => {
    const ignored = [
      ...['.env', 'api/.env.local', 'node_modules/', 'node_modules/x/.env', '.claude/settings.local.json'],
      ...['debug.log', 'config/app.local.yaml', '.envrc', 'environment.md'],
    ];
    expect(suggestWorktreeInclude(ignored)).toEqual(['/.env', '/.envrc', '/api/.env.local', '/config/app.local.yaml']);
    expect(suggestWorktreeInclude(['app/[slug]/.env'])).toEqual(['/app/\\[slug]/.env']);
  });
});
