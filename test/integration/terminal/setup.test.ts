import { readFile, stat, symlink } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { CliProcess, type CliResult } from '../../support/programs/cli.js';
import { hashFolder } from '../../support/git/folder-hash.js';
import { createRepository, type TestRepository } from '../../support/git/repository.js';

const setupSchema = z.strictObject({
  technologies: z.array(z.string()),
  files: z.array(z.strictObject({ path: z.string(), outcome: z.string(), note: z.string() })),
  worktreeInclude: z.array(z.string()),
});

async function repositoryOf(files: Readonly<Record<string, string>>): Promise<TestRepository> {
  const repository = await createRepository({ files });
  onTestFinished(() => repository.remove());
  return repository;
}

async function setup({ root }: TestRepository, ...args: string[]): Promise<CliResult> {
  const env = { PATH: process.env['PATH'] ?? '', HOME: root, GIT_CONFIG_NOSYSTEM: '1' };
  return new CliProcess(['setup', ...args], { cwd: root, env }).ended;
}

async function outcomes(repository: TestRepository, ...args: string[]): Promise<Record<string, string>> {
  const { stdout } = await setup(repository, '--json', ...args);
  return Object.fromEntries(setupSchema.parse(JSON.parse(stdout)).files.map(({ path, outcome }) => [path, outcome]));
}

const NODE = { 'package.json': '{"scripts": {"test": "node --test"}}', 'package-lock.json': '{}' };

describe('o8 setup', () => {
  it('makes parallel/ with a README and a .gitignore, and the second time changes nothing', async () => {
    const repository = await repositoryOf(NODE);
    const { code, stdout } = await setup(repository);
    expect(code).toBe(0);
    expect(stdout).toBe(`Technology: node

created    parallel/README.md
created    parallel/.gitignore

Commit them: git add parallel/README.md parallel/.gitignore
Next step: write a plan as parallel/README.md shows
`);
    expect(await readFile(join(repository.root, 'parallel/README.md'), 'utf8')).toContain('"verify": "npm test"');
    expect((await stat(join(repository.root, 'parallel/README.md'))).mode & 0o777).toBe(0o644);
    expect(existsSync(join(repository.root, 'CLAUDE.md'))).toBe(false);

    const before = await hashFolder(repository.root);
    expect(await outcomes(repository)).toEqual({
      'parallel/README.md': 'unchanged',
      'parallel/.gitignore': 'unchanged',
    });
    expect(await hashFolder(repository.root)).toBe(before);
  });

  it('keeps the files of a run out of git, and plans in it', async () => {
    const repository = await repositoryOf({ 'a.txt': 'a' });
    await setup(repository);
    for (const path of ['manifest.json', 'logs/task-001.log', 'scripts/run-parallel.sh', 'scripts/mine.sh'])
      await repository.write(`parallel/shop/${path}`, '{}');
    const seen = await repository.git(['ls-files', '--others', '--exclude-standard', 'parallel/shop']);
    expect(seen.split('\n')).toEqual(['parallel/shop/manifest.json', 'parallel/shop/scripts/mine.sh']);
  });

  it('says which file is in the way of its folder', async () => {
    const repository = await repositoryOf({ ...NODE, parallel: 'a file\n' });
    const { code, stderr } = await setup(repository);
    expect(code).toBe(4);
    expect(stderr).toContain('parallel/README.md cannot be written (EEXIST).');
    expect(stderr).toContain(`ls -ld ${join(repository.root, 'parallel')}`);
    expect(stderr).not.toContain('bug');
  });

  it('never overwrites a README or .gitignore of somebody else', async () => {
    const repository = await repositoryOf({ 'parallel/README.md': 'mine\n', 'parallel/.gitignore': '*.tmp\n' });
    const { stdout } = await setup(repository);
    expect(stdout).toContain('kept       parallel/README.md (it already exists)');
    expect(await repository.git(['status', '--porcelain'])).toBe('');
  });

  it('describes itself in a CLAUDE.md, in place, and leaves everything else of it as it is', async () => {
    const repository = await repositoryOf({ ...NODE, 'CLAUDE.md': '# Shop\n\nBe kind.  \n' });
    expect(await outcomes(repository)).toMatchObject({ 'CLAUDE.md': 'updated' });
    const path = join(repository.root, 'CLAUDE.md');
    const first = await readFile(path, 'utf8');
    expect(first).toMatch(/^# Shop\n\nBe kind\. {2}\n\n<!-- o8: begin .*-->\n## Parallel work \(o8\)\n/);
    await repository.write('CLAUDE.md', `${first}\n## Later\n`);
    expect(await outcomes(repository)).toMatchObject({ 'CLAUDE.md': 'unchanged' });
    expect(await outcomes(repository, '--tech', 'go')).toMatchObject({ 'CLAUDE.md': 'updated' });
    const last = await readFile(path, 'utf8');
    expect(last).toBe(
      `${first}\n## Later\n`
        .replace('- `npm ci` prepares a fresh worktree.\n', '')
        .replace('npm test', 'go test ./...'),
    );
  });

  it('writes through a CLAUDE.md that is a link to a file of the repository, and not out of it', async () => {
    const repository = await repositoryOf({ 'AGENTS.md': '# Shop\n' });
    await symlink('AGENTS.md', join(repository.root, 'CLAUDE.md'));
    await setup(repository);
    expect(await readFile(join(repository.root, 'AGENTS.md'), 'utf8')).toContain('## Parallel work (o8)');

    const other = await repositoryOf({ 'a.txt': 'a' });
    await symlink(join(repository.root, 'AGENTS.md'), join(other.root, 'CLAUDE.md'));
    const before = await readFile(join(repository.root, 'AGENTS.md'), 'utf8');
    expect((await setup(other)).code).toBe(4);
    expect(await readFile(join(repository.root, 'AGENTS.md'), 'utf8')).toBe(before);
  });

  it('suggests a .worktreeinclude for ignored settings, and writes none', async () => {
    const repository = await repositoryOf({ '.gitignore': '.env\nnode_modules/\n' });
    await repository.write('.env', 'A=1\n');
    await repository.write('node_modules/x/.env', 'A=1\n');
    const { stdout } = await setup(repository);
    expect(stdout).toContain('list them in .worktreeinclude:\n\n  /.env\n');
    expect(existsSync(join(repository.root, '.worktreeinclude'))).toBe(false);
    await repository.write('.worktreeinclude', '.env\n');
    expect((await setup(repository)).stdout).not.toContain('.worktreeinclude');
  });

  it('is refused outside a repository and to an agent of a run', async () => {
    const repository = await repositoryOf({ 'a.txt': 'a' });
    const env = { PATH: process.env['PATH'] ?? '', O8_ATTEMPT: '1' };
    const { code, stderr } = await new CliProcess(['setup'], { cwd: repository.root, env }).ended;
    expect(code).toBe(4);
    expect(stderr).toContain('O8_ATTEMPT');
    expect(existsSync(join(repository.root, 'parallel'))).toBe(false);
  });
});
