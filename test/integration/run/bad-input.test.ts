import { symlink, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hashFolder } from '../../support/git/folder-hash.js';
import { taskFile } from '../../support/runs/plan-folder.js';
import { PLAN_DIR, RunFixture } from '../../support/runs/run-fixture.js';

const TASKS = [
  { id: 'task-001', wave: 1 },
  { id: 'task-002', wave: 1 },
];
const MANIFEST = `${PLAN_DIR}/manifest.json`;
const FIRST = `${PLAN_DIR}/tasks/task-001-work.md`;
const SECOND = `${PLAN_DIR}/tasks/task-002-work.md`;

interface BadInput {
  readonly name: string;
  readonly spoil: (run: RunFixture) => Promise<void>;
  /** In the message: the file, and the reason. */
  readonly says: readonly (string | RegExp)[];
}

const task = (frontmatter: Record<string, string | number>) => taskFile({ wave: 1, deps: '[]', ...frontmatter });
const TEN_MB = `${'x'.repeat(1024)}\n`.repeat(10 * 1024);
const NESTED = `id: task-001\nwave: 1\ndeps: []\nmore: ${'['.repeat(5000)}${']'.repeat(5000)}`;
const BOMB = ['a: &a [x,x,x,x,x,x,x,x,x]', 'b: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]', 'c: [*b,*b,*b,*b]'].join('\n');

const BAD: readonly BadInput[] = [
  {
    name: 'a missing manifest',
    spoil: async (run) => rm(join(run.root, MANIFEST)),
    says: ['manifest.json', /not found|missing/i],
  },
  {
    name: 'broken JSON',
    spoil: async (run) => run.repository.write(MANIFEST, '{"tasks": '),
    says: ['manifest.json', /JSON/],
  },
  {
    name: 'a cycle',
    spoil: async (run) => {
      await run.repository.write(FIRST, task({ id: 'task-001', deps: '[task-002]' }));
      await run.repository.write(SECOND, task({ id: 'task-002', deps: '[task-001]' }));
    },
    says: [/cycle/i, 'task-001', 'task-002'],
  },
  {
    name: 'a duplicate id',
    spoil: async (run) => run.repository.write(SECOND, task({ id: 'task-001' })),
    says: ['task-001', /twice|duplicate|unique|already|also/i],
  },
  {
    name: 'ids that differ in case only',
    spoil: async (run) => run.repository.write(SECOND, task({ id: 'TASK-001' })),
    says: ['TASK-001'],
  },
  ...['../x', '-x', 'a..b', 'x.lock', 'a/b', '"a b"', '"\\e[31mred"'].map((id) => ({
    name: `an id like ${id}`,
    spoil: async (run: RunFixture) => run.repository.write(FIRST, task({ id })),
    says: ['task-001-work.md', /is not a valid (id|name)/],
  })),
  {
    name: 'a dependency that does not exist',
    spoil: async (run) => run.repository.write(FIRST, task({ id: 'task-001', deps: '[task-404]' })),
    says: ['task-001-work.md', 'task-404'],
  },
  {
    name: 'a prompt that is a link out of the repository',
    spoil: async (run) => {
      const outside = join(dirname(run.root), 'outside.txt');
      await writeFile(outside, 'secret');
      await run.repository.write(`${PLAN_DIR}/prompts/keep`, '');
      await symlink(outside, join(run.root, PLAN_DIR, 'prompts/task-001.txt'));
    },
    says: ['prompts/task-001.txt', /outside|out of the repository/],
  },
  {
    name: 'a task file that is a link out of the repository',
    spoil: async (run) => {
      const outside = join(dirname(run.root), 'outside.md');
      await writeFile(outside, task({ id: 'task-001' }));
      await rm(join(run.root, FIRST));
      await symlink(outside, join(run.root, FIRST));
    },
    says: ['task-001-work.md', /outside|out of the repository/],
  },
  {
    name: 'a task file listed with ..',
    spoil: async (run) =>
      run.repository.write(
        MANIFEST,
        JSON.stringify({ tasks: { total: 1, waves: 1, files: ['../../../../etc/passwd.md'] } }),
      ),
    says: ['etc/passwd', /outside|out of the repository|inside/],
  },
  {
    name: 'a file of 10 MB',
    spoil: async (run) => run.repository.write(FIRST, `---\nid: task-001\nwave: 1\ndeps: []\n---\n${TEN_MB}`),
    says: ['task-001-work.md', /1 MB/],
  },
  {
    name: 'a manifest of 10 MB',
    spoil: async (run) => run.repository.write(MANIFEST, TEN_MB),
    says: ['manifest.json', /1 MB/],
  },
  {
    name: 'deeply nested YAML',
    spoil: async (run) => run.repository.write(FIRST, `---\n${NESTED}\n---\nDo it.\n`),
    says: ['task-001-work.md', /deep|nest/i],
  },
  {
    name: 'deeply nested JSON',
    spoil: async (run) => run.repository.write(MANIFEST, `{"a":${'['.repeat(50_000)}${']'.repeat(50_000)}}`),
    says: ['manifest.json', /deep|nest/i],
  },
  {
    name: 'YAML that multiplies itself',
    spoil: async (run) => run.repository.write(FIRST, `---\nid: task-001\nwave: 1\ndeps: []\n${BOMB}\n---\nDo it.\n`),
    says: ['task-001-work.md', /anchor|alias/i],
  },
  {
    name: 'a manifest that sets the agent',
    spoil: async (run) =>
      run.repository.write(
        MANIFEST,
        JSON.stringify({
          tasks: { files: ['tasks/task-001-work.md'] },
          o8: { agent: { command: ['rm', '-rf', '/'] } },
        }),
      ),
    says: ['manifest.json', /agent/],
  },
];

describe('bad input through the MCP server', () => {
  it('is refused in under a second each, with file and reason; nothing is created; the server stays alive', async () => {
    const run = await RunFixture.open({ tasks: TASKS });
    const pid = await run.serverPid();
    await run.call('plan', { dir: PLAN_DIR }); // loads what is loaded on first use
    for (const { name, spoil, says } of BAD) {
      await run.repository.git(['checkout', '--quiet', '--', '.']);
      await run.repository.git(['clean', '--quiet', '-fd', '--', PLAN_DIR]);
      await spoil(run);
      const before = await hashFolder(`${run.root}/..`);
      for (const tool of ['plan', 'preflight', 'spawn']) {
        const started = performance.now();
        const error = await run.refusal(tool, { dir: PLAN_DIR });
        const took = performance.now() - started;
        expect(error.code, `${tool}, ${name}`).toBe('invalid_plan');
        for (const part of says) expect(error.message, `${tool}, ${name}`).toMatch(part);
        expect(error.hint, `${tool}, ${name}`).not.toBe('');
        expect(took, `${tool}, ${name}`).toBeLessThan(1000);
      }
      expect(await hashFolder(`${run.root}/..`), name).toBe(before);
      expect(await run.serverPid(), name).toBe(pid);
    }
    await run.repository.git(['checkout', '--quiet', '--', '.']);
    await run.repository.git(['clean', '--quiet', '-fd', '--', PLAN_DIR]);
    expect(await run.call('plan', { dir: PLAN_DIR })).toMatchObject({
      tasks: [{ id: 'task-001' }, { id: 'task-002' }],
    });
  });

  it('names every fault of a folder at once, each with what to write instead', async () => {
    const run = await RunFixture.open({ tasks: TASKS });
    await run.repository.write(FIRST, task({ id: '../x' }));
    await run.repository.write(SECOND, task({ id: 'task-002', deps: '[nobody]' }));
    const { faults = [] } = await run.refusal('plan', { dir: PLAN_DIR });
    expect(faults.map(({ file }) => file)).toEqual([
      expect.stringContaining('task-001-work.md'),
      expect.stringContaining('task-002-work.md'),
    ]);
    for (const { fix } of faults) expect(fix).not.toBe('');
  });

  it.each([
    ['a folder outside the repository', { dir: '/etc' }],
    ['no folder', {}],
    ['two selections', { dir: PLAN_DIR, features: ['a'] }],
    ['a wrong type', { dir: 42 }],
    ['an unknown key', { dir: PLAN_DIR, frobnicate: true }],
    ['a NUL in the path', { dir: 'parallel\u0000/etc' }],
  ])('%s is refused with a reason', async (_, input) => {
    const run = await RunFixture.open({ tasks: TASKS });
    const before = await hashFolder(`${run.root}/..`);
    for (const tool of ['plan', 'spawn', 'preflight']) {
      const error = await run.refusal(tool, input);
      expect(['usage', 'invalid_plan', 'refused'], `${tool}: ${error.message}`).toContain(error.code);
    }
    expect(await hashFolder(`${run.root}/..`)).toBe(before);
  });
});
