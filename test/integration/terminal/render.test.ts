import { readFile, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { CliProcess, type CliResult } from '../../support/programs/cli.js';
import { hashFolder } from '../../support/git/folder-hash.js';
import { taskFile } from '../../support/runs/plan-folder.js';
import { createRepository, type TestRepository } from '../../support/git/repository.js';

const DIR = 'parallel/shop';
const resultSchema = z.object({
  ok: z.boolean(),
  files: z.array(z.object({ path: z.string(), outcome: z.string() })),
  findings: z.array(z.object({ level: z.string(), message: z.string(), tasks: z.array(z.string()) })),
});

const checksSchema = z.object({ checks: z.array(z.looseObject({ id: z.string(), level: z.string() })) });

const task = (id: string, wave: number, scope: string): string =>
  taskFile({ id, wave, deps: '[]' }, `Build ${id}.\n\n## Scope\n\n${scope}`);

const PLAN: Readonly<Record<string, string>> = {
  [`${DIR}/manifest.json`]: JSON.stringify({
    tech_spec: { id: 'TS-1', title: 'Shop' },
    tasks: { files: ['tasks/task-001-users.md', 'tasks/task-002-orders.md'] },
    o8: { verify: 'npm test' },
  }),
  [`${DIR}/context.md`]: 'Plain Node.\n',
  [`${DIR}/tasks/task-001-users.md`]: task('task-001', 1, 'CREATE: src/users.js'),
  [`${DIR}/tasks/task-002-orders.md`]: task('task-002', 1, 'CREATE: src/orders.js\nBOUNDARY: src/users.js'),
};

class Plan {
  constructor(readonly repository: TestRepository) {}

  static async open(files: Readonly<Record<string, string>> = {}): Promise<Plan> {
    const repository = await createRepository({ files: { ...PLAN, ...files } });
    onTestFinished(() => repository.remove());
    return new Plan(repository);
  }

  async o8(...args: string[]): Promise<CliResult> {
    const { root } = this.repository;
    const env = { PATH: process.env['PATH'] ?? '', HOME: root, GIT_CONFIG_NOSYSTEM: '1' };
    return new CliProcess(args, { cwd: root, env }).ended;
  }

  async render(...args: string[]): Promise<z.output<typeof resultSchema> & { outcomes: Record<string, string> }> {
    const { stdout, stderr } = await this.o8('render', DIR, '--json', ...args);
    const result = resultSchema.parse(JSON.parse(stdout || stderr));
    const outcomes = result.files.map(({ path, outcome }) => [path.replace(`${DIR}/`, ''), outcome]);
    return { ...result, outcomes: Object.fromEntries(outcomes) as Record<string, string> };
  }

  path(name: string): string {
    return join(this.repository.root, DIR, name);
  }

  async read(name: string): Promise<string> {
    return readFile(this.path(name), 'utf8');
  }
}

describe('o8 render', () => {
  it('writes the task graph and a prompt with all sections for each task', async () => {
    const plan = await Plan.open();
    const { code, stdout } = await plan.o8('render', DIR);
    expect(code).toBe(0);
    expect(stdout).toBe(`created  ${DIR}/task-graph.md
created  ${DIR}/prompts/task-001.txt
created  ${DIR}/prompts/task-002.txt

Next step: o8 preflight ${DIR}
`);
    expect(await plan.read('task-graph.md')).toContain('| `src/users.js`  | task-001   |            | task-002  |');
    const prompt = await plan.read('prompts/task-002.txt');
    const headings = prompt.split('\n').filter((line) => /^##? /.test(line));
    expect(headings).toEqual([
      ...['# Task task-002', '## Context', '## Your task', '## Scope', '## Files', '## When you are done'],
    ]);
    for (const part of ['Plain Node.', 'Build task-002.', 'Never touch: `src/users.js`', '`npm test` has to pass'])
      expect(prompt).toContain(part);
  });

  it('changes nothing the second time, and follows a task file that changed', async () => {
    const plan = await Plan.open();
    await plan.render();
    const before = await hashFolder(plan.repository.root);
    const unchanged = { 'task-graph.md': 'unchanged', 'prompts/task-001.txt': 'unchanged' };
    expect((await plan.render()).outcomes).toMatchObject(unchanged);
    expect(await hashFolder(plan.repository.root)).toBe(before);

    await writeFile(plan.path('tasks/task-001-users.md'), task('task-001', 1, 'CREATE: src/people.js'));
    const check = await plan.render('--check');
    expect(check).toMatchObject({ ok: false, outcomes: { 'prompts/task-001.txt': 'updated' } });
    expect(await plan.read('prompts/task-001.txt')).not.toContain('src/people.js');
    expect((await plan.render()).outcomes).toEqual({
      'task-graph.md': 'updated',
      'prompts/task-001.txt': 'updated',
      'prompts/task-002.txt': 'unchanged',
    });
    expect(await plan.read('prompts/task-001.txt')).toContain('src/people.js');
    expect((await plan.o8('render', DIR, '--check')).code).toBe(0);
  });

  it('is requested by preflight if a task file has changed since', async () => {
    const plan = await Plan.open();
    await plan.render();
    const stale = async () => {
      const { stdout } = await plan.o8('preflight', DIR, '--json');
      return checksSchema.parse(JSON.parse(stdout)).checks.filter(({ id }) => id === 'stale-prompt');
    };
    expect(await stale()).toEqual([]);
    await writeFile(plan.path('tasks/task-001-users.md'), task('task-001', 1, 'CREATE: src/people.js'));
    expect(await stale()).toMatchObject([
      {
        level: 'warn',
        message: expect.stringContaining('tasks/task-001-users.md') as string,
        hint: `o8 render ${DIR}`,
      },
    ]);
    await plan.render();
    expect(await stale()).toEqual([]);
    await writeFile(plan.path('prompts/task-001.txt'), 'Mine.\n'); // whoever writes their own knows what they do
    expect(await stale()).toEqual([]);
  });

  it('never overwrites what somebody wrote or changed, and says what a prompt of theirs leaves out', async () => {
    const plan = await Plan.open({ [`${DIR}/prompts/task-001-users.md`]: 'Build users.\n' });
    const first = await plan.render();
    expect(first.outcomes).toMatchObject({ 'prompts/task-001-users.md': 'kept', 'prompts/task-002.txt': 'created' });
    const message = 'The prompt of task-001-users does not name src/users.js, .claude-task-complete';
    expect(first.findings).toEqual([{ level: 'warn', message, tasks: ['task-001'] }]);
    expect(await plan.read('prompts/task-001-users.md')).toBe('Build users.\n');
    expect(existsSync(plan.path('prompts/task-001.txt'))).toBe(false);

    const changed = `${await plan.read('prompts/task-002.txt')}And be quick.\n`;
    await writeFile(plan.path('prompts/task-002.txt'), changed);
    await writeFile(plan.path('tasks/task-002-orders.md'), task('task-002', 1, 'CREATE: src/other.js'));
    expect((await plan.render()).outcomes['prompts/task-002.txt']).toBe('kept');
    expect(await plan.read('prompts/task-002.txt')).toBe(changed);
  });

  it('finds two tasks that may run at the same time and create the same file', async () => {
    const plan = await Plan.open({
      [`${DIR}/tasks/task-002-orders.md`]: task('task-002', 1, 'CREATE: src/users.js'),
    });
    const { code, stdout } = await plan.o8('render', DIR);
    expect(code).toBe(4);
    expect(stdout).toContain('✗ Scope overlap: src/users.js in task-001, task-002\n');
    expect(stdout).not.toContain('Next step');
  });

  it('with --check writes nothing and names what is missing', async () => {
    const plan = await Plan.open();
    const before = await hashFolder(plan.repository.root);
    const { code, stdout } = await plan.o8('render', DIR, '--check');
    expect(code).toBe(4);
    expect(stdout).toBe(`missing  ${DIR}/task-graph.md
missing  ${DIR}/prompts/task-001.txt
missing  ${DIR}/prompts/task-002.txt
`);
    expect(await hashFolder(plan.repository.root)).toBe(before);
  });

  it('says all faults of an invalid plan and writes nothing', async () => {
    const plan = await Plan.open({
      [`${DIR}/tasks/task-002-orders.md`]: taskFile({ id: 'task-002', wave: 1, deps: '[task-009]' }),
    });
    const { code, stderr } = await plan.o8('render', DIR);
    expect(code).toBe(2);
    expect(stderr).toContain('task-009');
    expect(existsSync(plan.path('task-graph.md'))).toBe(false);
  });

  it('leaves a plan that preflight has nothing against once it is committed', async () => {
    const plan = await Plan.open();
    await plan.render();
    const preview = await plan.o8('plan', DIR, '--json');
    expect(preview.code, preview.stderr).toBe(0);
    await plan.repository.commit('Plan');
    const { checks } = checksSchema.parse(JSON.parse((await plan.o8('preflight', DIR, '--json')).stdout));
    expect(checks.find(({ id }) => id === 'scope-overlap')?.level).toBe('pass');
    expect(checks.find(({ id }) => id === 'clean-tree')?.level).toBe('pass');
  });
});
