import { spell } from '../../../src/core/text/spelling.js';
import { asRead } from '../../support/programs/as-read.js';
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadManifest } from '../../../src/sources/manifest/manifest.js';
import { taskFile, temporaryFolder, writeFiles } from '../../support/runs/plan-folder.js';

const DIR = 'parallel/TS-0042-inventory';

const V1 = {
  technology: ['node', 'sqlite'],
  tech_spec: { id: 'TS-0042', title: 'Inventory', path: 'specs/TS-0042.md', status: 'approved' },
  sources: { prd: 'specs/PRD-0007.md', tech_spec: 'specs/TS-0042.md' },
  tasks: {
    total: 3,
    waves: 2,
    files: ['tasks/task-001-users.md', 'tasks/task-002-products.md', 'tasks/task-003-api.md'],
  },
  o8: { verify: 'node check.mjs', timeout: 30, merge: { strategy: 'squash' }, model: 'sonnet' },
  foreign: { kept: true },
};

const V1_FILES = {
  'manifest.json': V1,
  'context.md': 'A shop.',
  'tasks/task-001-users.md': taskFile(
    {
      id: 'task-001',
      component: 'users',
      wave: 1,
      deps: '[]',
      blocks: '[task-003]',
      agent: 'worker',
      skills: '[node]',
      verify: 'node check.mjs users',
      setup: 'npm ci',
      timeout: 20,
      budget_usd: 2.5,
      retries: 0,
      model: 'claude-opus-4-1[1m]',
    },
    '# Users\n\n## Scope\n\nCREATE: src/users/**\nMODIFY: src/app.js::routes\nBOUNDARY: src/shared/**\n\n## Notes\n\nCREATE: no/more',
  ),
  'tasks/task-002-products.md': taskFile({ id: 'task-002', wave: 1 }),
  'tasks/task-003-api.md': taskFile({ id: 'task-003', wave: 2, deps: '[task-002]' }, '# API\n\nJoin it all.'),
  'prompts/task-001.txt': 'Write the users.',
  'prompts/task-002-products.md': 'Write the products.',
};

const V2 = {
  tech_spec_id: 'TS-0043',
  name: 'Orders',
  technology: 'node',
  waves: [
    {
      number: 1,
      tasks: [{ id: 'task-001', agent: 'worker', prompt_file: 'prompts/one.txt', verify: 'true' }, { id: 'task-002' }],
      validation: 'npm test',
    },
    { number: 2, tasks: [{ id: 'task-003', prompt_file: 'prompts/three.txt' }] },
  ],
  metadata: { any: 'thing' },
};

const V2_FILES = {
  'manifest.json': V2,
  'prompts/one.txt': 'One.',
  'prompts/three.txt': 'Three.',
  'prompts/task-002.md': 'Two.',
};

async function repositoryWith(files: Readonly<Record<string, string | Buffer | object>>): Promise<string> {
  const root = await temporaryFolder();
  const inDir = Object.entries(files).map(([path, content]) => [join(DIR, path), content] as const);
  await mkdir(join(root, DIR), { recursive: true });
  await writeFiles(root, Object.fromEntries(inDir));
  return root;
}

describe('a manifest of version 1', () => {
  it('gives the whole plan', async () => {
    const root = await repositoryWith(V1_FILES);
    const plan = await loadManifest(root, `${DIR}/`);
    expect(plan.source).toEqual({
      kind: 'manifest',
      dir: join(root, DIR),
      manifest: join(root, DIR, 'manifest.json'),
      name: 'Inventory',
      techSpec: 'TS-0042',
      technology: 'node, sqlite',
    });
    expect(plan.settings).toEqual(V1.o8);
    expect(plan.waves).toEqual([1, 2].map((number) => ({ number, validation: null })));
    const [users, products, api] = plan.tasks;
    expect(users).toEqual({
      id: 'task-001',
      stem: 'task-001-users',
      wave: 1,
      deps: [],
      agent: 'worker',
      component: 'users',
      prompt: 'Write the users.',
      promptKind: 'text',
      promptFile: join(root, DIR, 'prompts/task-001.txt'),
      scope: {
        create: [{ glob: 'src/users/**', symbol: null }],
        modify: [{ glob: 'src/app.js', symbol: 'routes' }],
        boundary: ['src/shared/**'],
      },
      setup: 'npm ci',
      verify: 'node check.mjs users',
      timeoutMinutes: 20,
      budgetUsd: 2.5,
      retries: 0,
      model: 'claude-opus-4-1[1m]',
    });
    expect(products).toMatchObject({ prompt: 'Write the products.', agent: null, timeoutMinutes: null });
    expect(api).toMatchObject({ stem: 'task-003-api', wave: 2, deps: ['task-001', 'task-002'], promptFile: null });
    expect(api?.prompt).toContain('A shop.');
    expect(api?.prompt).toContain('Join it all.');
    expect(await loadManifest(root, join(root, DIR))).toEqual(plan);
  });

  it('reads a folder reached over a link inside the repository', async () => {
    const root = await repositoryWith(V1_FILES);
    await symlink(join(root, DIR), join(root, 'link'));
    expect((await loadManifest(root, 'link')).source.dir).toBe(join(root, DIR));
  });
});

describe('a manifest of version 2', () => {
  it('gives the whole plan without task files', async () => {
    const root = await repositoryWith(V2_FILES);
    const plan = await loadManifest(root, DIR);
    expect(plan.source).toMatchObject({ name: 'Orders', techSpec: 'TS-0043', technology: 'node' });
    expect(plan.waves).toEqual([
      { number: 1, validation: 'npm test' },
      { number: 2, validation: null },
    ]);
    expect(plan.tasks).toMatchObject([
      { id: 'task-001', stem: 'task-001', wave: 1, deps: [], agent: 'worker', prompt: 'One.', verify: 'true' },
      { id: 'task-002', stem: 'task-002', wave: 1, deps: [], prompt: 'Two.' },
      { id: 'task-003', stem: 'task-003', wave: 2, deps: ['task-001', 'task-002'], prompt: 'Three.' },
    ]);
  });

  it('takes stem, dependencies and scope from task files if there are some', async () => {
    const root = await repositoryWith({
      ...V2_FILES,
      'tasks/task-001-users.md': taskFile(
        { id: 'task-001', verify: "'false'", retries: 3 },
        '## Scope\nCREATE: src/users/**',
      ),
      'tasks/task-003-api.md': taskFile({ id: 'task-003', wave: 2, deps: '[task-001]' }),
      'tasks/README.md': 'Not a task.',
    });
    const { tasks } = await loadManifest(root, DIR);
    expect(tasks[0]).toMatchObject({
      stem: 'task-001-users',
      verify: 'true',
      retries: 3,
      scope: { create: [{ glob: 'src/users/**' }] },
    });
    expect(tasks[2]).toMatchObject({ stem: 'task-003-api', deps: ['task-001'] });
  });
});

describe('the prompt of a task', () => {
  it.each([
    ['prompts/task-002.txt', 'prompts/task-002.md'],
    ['prompts/task-002.md', 'prompts/task-002-products.txt'],
    ['prompts/task-002-products.txt', 'prompts/task-002-products.md'],
  ])('is %s before %s', async (first, second) => {
    const root = await repositoryWith({ ...V1_FILES, [first]: 'first', [second]: 'second' });
    expect((await loadManifest(root, DIR)).tasks[1]?.prompt).toBe('first');
  });
});

/** What a folder is refused for: `file: problem` of each fault, all of them, in under a second. */
async function faultsOf(root: string, dir = DIR): Promise<string[]> {
  const before = performance.now();
  const error: unknown = await asRead(loadManifest(root, dir)).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(performance.now() - before).toBeLessThan(1000);
  expect(error).toMatchObject({ name: 'O8Error', code: 'invalid_plan', hint: expect.stringMatching(/./) as string });
  const { faults } = error as { faults: readonly { file: string; problem: string; fix: string }[] };
  for (const fault of faults) expect(fault.fix).not.toBe('');
  return faults.map(({ file, problem }) => `${file}: ${problem}`);
}

const plainTask = (id: string, more: Record<string, string | number> = {}) => taskFile({ id, wave: 1, ...more });
const manifestOf = (...names: string[]) => ({ tasks: { files: names.map((name) => `tasks/${name}.md`) } });

/** A folder with the given task files, all of them listed. */
async function refused(
  files: Readonly<Record<string, string>>,
  manifest: object = manifestOf(...Object.keys(files)),
): Promise<string[]> {
  const inTasks = Object.entries(files).map(([name, text]) => [`tasks/${name}.md`, text] as const);
  return faultsOf(await repositoryWith({ 'manifest.json': manifest, ...Object.fromEntries(inTasks) }));
}

describe('a folder is refused', () => {
  it('when it is not there', async () => {
    await expect(asRead(loadManifest(await temporaryFolder(), DIR), 'chat')).rejects.toMatchObject({
      code: 'invalid_plan',
      message: `Invalid parallel directory '${DIR}'\nMissing: manifest.json (there is no such folder)`,
      hint: "Run '/parallel-decompose' first to create task specifications.",
    });
  });

  it.each([false, true])('when it has no manifest (absolute path: %j)', async (absolute) => {
    const root = await repositoryWith({});
    await expect(asRead(loadManifest(root, absolute ? join(root, DIR) : DIR), 'chat')).rejects.toMatchObject({
      code: 'invalid_plan',
      message: `manifest.json not found in '${DIR}'`,
      hint: "Run '/parallel-decompose' first to create task specifications.",
    });
  });

  it('when it is outside the repository, also over a link', async () => {
    const outside = await repositoryWith(V1_FILES);
    const root = await temporaryFolder();
    await symlink(outside, join(root, 'link'));
    for (const dir of [join(outside, DIR), `link/${DIR}`, '..']) {
      await expect(asRead(loadManifest(root, dir))).rejects.toMatchObject({
        message: expect.stringContaining(`Invalid parallel directory '${dir}'`) as string,
      });
    }
  });

  it('when it is a file', async () => {
    const root = await repositoryWith({ 'manifest.json': V1 });
    await expect(asRead(loadManifest(root, `${DIR}/manifest.json`))).rejects.toMatchObject({
      message: expect.stringContaining('Invalid parallel directory') as string,
    });
  });

  it('with all its faults at once, each with its file', async () => {
    const faults = await refused(
      {
        a: plainTask('task-1', { deps: '[task-9]' }),
        b: plainTask('-x'),
        c: plainTask('task-3', { retries: '"many"', timeout: -1 }),
      },
      { ...manifestOf('a', 'b', 'c', 'missing'), o8: { notify: 'x', workspaceRoot: '../elsewhere' } },
    );
    expect(faults).toEqual([
      `${DIR}/manifest.json: unknown key o8.notify`,
      `${DIR}/tasks/c.md: timeout: must be a number above 0, at most 10080 (got -1)`,
      `${DIR}/tasks/c.md: retries: must be a whole number from 0 to 10 (got "many")`,
      `${DIR}/manifest.json: tasks.files names "tasks/missing.md", which does not exist`,
      `${DIR}/tasks/b.md: "-x" is not a valid name`,
    ]);
  });
});

describe('a manifest is refused', () => {
  const MANIFEST = `${DIR}/manifest.json`;
  it.each<[string, string | object, string]>([
    ['broken JSON', '{"tasks": {"files": [}}', 'is not valid JSON'],
    ['an empty file', '', 'is not valid JSON'],
    ['a list', '[]', 'is not a JSON object'],
    ['40 KB of brackets', '['.repeat(40_000), 'nests 40000 levels deep'],
    ['deep objects', `${'{"a":'.repeat(65)}1${'}'.repeat(65)}`, 'nests 65 levels deep'],
    ['no tasks in it', {}, 'lists no tasks'],
    ['an empty list', { tasks: { files: [] } }, 'the plan has no tasks'],
    ['files that are no list', { tasks: { files: 'a' } }, 'tasks.files: must be a list of strings'],
    ['a file that is no task file', { tasks: { files: ['tasks/a.sh'] } }, 'not a .md file'],
    ['501 tasks', manifestOf(...Array.from({ length: 501 }, (_, index) => `t${index}`)), 'the plan has 501 tasks'],
    [
      '501 tasks in waves',
      { waves: [{ number: 1, tasks: Array.from({ length: 501 }, (_, index) => ({ id: `t${index}` })) }] },
      'the plan has 501 tasks',
    ],
    [
      'a task without an id',
      { waves: [{ number: 1, tasks: [{}] }] },
      'waves[0].tasks[0].id: is missing: it must be a string',
    ],
    [
      'an id that is a number',
      { waves: [{ number: 1, tasks: [{ id: 1 }] }] },
      'waves[0].tasks[0].id: must be a string (got 1)',
    ],
    [
      'wave 0',
      { waves: [{ number: 0, tasks: [{ id: 'a' }] }] },
      'waves[0].number: must be a whole number from 1 to 1000 (got 0)',
    ],
    [
      'a wave twice',
      { waves: [1, 1].map((number, index) => ({ number, tasks: [{ id: `t${index}` }] })) },
      'wave 1 is listed twice',
    ],
    ['an empty wave', { waves: [{ number: 1, tasks: [] }] }, 'wave 1 has no tasks'],
    [
      'a prompt that is missing',
      { waves: [{ number: 1, tasks: [{ id: 'a', prompt_file: 'p.txt' }] }] },
      'prompt_file names "p.txt", which does not exist',
    ],
    [
      'a prompt outside',
      { waves: [{ number: 1, tasks: [{ id: 'a', prompt_file: '../../../p.txt' }] }] },
      'prompt_file: "../../../p.txt" leads out of the repository',
    ],
    [
      'an absolute prompt',
      { waves: [{ number: 1, tasks: [{ id: 'a', prompt_file: '/etc/passwd' }] }] },
      'prompt_file has an absolute path, "/etc/passwd"',
    ],
    ['no prompt at all', { waves: [{ number: 1, tasks: [{ id: 'a' }] }] }, 'a has neither a prompt nor a description'],
    ['an id that leaves the folder', { waves: [{ number: 1, tasks: [{ id: '../x' }] }] }, '"../x" is not a valid name'],
    [
      'validation that is no command',
      { waves: [{ number: 1, validation: ['x'], tasks: [{ id: 'a' }] }] },
      'waves[0].validation: must be a non-empty string',
    ],
    ['o8 that is no object', { ...manifestOf(), o8: [] }, 'o8: must be a JSON object (got an empty list)'],
    ['an agent', { ...manifestOf(), o8: { agent: { command: ['rm'] } } }, 'unknown key o8.agent'],
    ['permissions', { ...manifestOf(), o8: { merge: { force: true } } }, 'unknown key o8.merge.force'],
    ['__proto__', '{"tasks":{"files":[]},"o8":{"__proto__":{"verify":"x"}}}', 'unknown key o8.__proto__'],
    ['a hidden command', { ...manifestOf(), o8: { verify: 'true\u001b[2K' } }, 'o8.verify: contains hidden characters'],
    [
      'a model that is an option',
      { ...manifestOf(), o8: { model: '--dangerously-skip-permissions' } },
      'o8.model: begins with "-"',
    ],
    [
      'a workspace outside',
      { ...manifestOf(), o8: { workspaceRoot: '../..' } },
      'o8.workspaceRoot leads out of the repository',
    ],
    [
      'worktrees in .git',
      { ...manifestOf(), o8: { worktreeDir: '.git/x' } },
      'o8.worktreeDir leads out of the repository or into .git',
    ],
  ])('with %s', async (_, manifest, problem) => {
    const faults = await faultsOf(await repositoryWith({ 'manifest.json': manifest }));
    expect(faults).toContainEqual(expect.stringContaining(`${MANIFEST}: `));
    expect(faults.join('\n')).toContain(problem);
  });

  it('with a workspace that a link leads out of the repository', async () => {
    const root = await repositoryWith({
      ...V1_FILES,
      'manifest.json': { ...V1, o8: { workspaceRoot: 'link/deep/er' } },
    });
    await symlink(await temporaryFolder(), join(root, 'link'));
    expect(await faultsOf(root)).toEqual([`${MANIFEST}: o8.workspaceRoot leads out of the repository or into .git`]);
  });

  it('when it is 10 MB large', async () => {
    const root = await repositoryWith({ 'manifest.json': Buffer.alloc(10 * 1024 * 1024, ' ') });
    expect(await faultsOf(root)).toEqual([`${MANIFEST}: is 10.0 MB in size`]);
  });

  it('when it is not text', async () => {
    const root = await repositoryWith({ 'manifest.json': Buffer.from([0xff, 0xfe, 0x00]) });
    expect(await faultsOf(root)).toEqual([`${MANIFEST}: is not UTF-8 text`]);
  });

  it('when it is a folder', async () => {
    const root = await repositoryWith({ 'manifest.json/x': 'x' });
    expect(await faultsOf(root)).toEqual([`${MANIFEST}: is not a regular file`]);
  });
});

describe('a task file is refused', () => {
  const deep = (text: string) => `---\nid: a\nwave: 1\nx: ${text}\n---\nDo it.\n`;
  const stairs = Array.from({ length: 80 }, (_, index) => `${' '.repeat(index)}k:`).join('\n');
  it.each([
    ['without a frontmatter', 'Do it.\n', 'the frontmatter has no id and no wave'],
    ['without a wave', taskFile({ id: 'a' }), 'the frontmatter has no wave'],
    ['without an end of the frontmatter', '---\nid: a\n', 'the frontmatter is not closed'],
    ['with broken YAML', deep('[1'), 'is not valid YAML in line'],
    ['with a key twice', deep('1\nid: b'), 'is not valid YAML in line'],
    ['with a list as frontmatter', '---\n- a\n---\n', 'must be a JSON object (got a list)'],
    ['with 40 KB of brackets', deep('['.repeat(40_000)), 'nests more than 64 levels deep'],
    ['with 40 KB of braces', deep('{a: '.repeat(10_000)), 'nests more than 64 levels deep'],
    ['with 40 KB of dashes', deep(`\n${'- '.repeat(20_000)}`), 'nests more than 64 levels deep'],
    ['with 40 KB of question marks', deep(`\n${'? '.repeat(20_000)}`), 'nests more than 64 levels deep'],
    ['with 40 KB of colons', deep(`\n${': '.repeat(20_000)}`), 'nests more than 64 levels deep'],
    ['with a deep staircase', deep(`\n${stairs.replaceAll(/^/gm, ' ')}`), 'nests more than 64 levels deep'],
    ['with an anchor', deep('&x [1]'), 'uses a YAML anchor or alias, "&x"'],
    ['with an alias bomb', deep('&a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]'), 'uses a YAML anchor or alias'],
    ['with an id that is a number', taskFile({ id: 1, wave: 1 }), 'id: must be a string (got 1)'],
    ['with deps that are text', taskFile({ id: 'a', wave: 1, deps: 'b' }), 'deps: must be a list of strings'],
    [
      'with a wave in quotes',
      taskFile({ id: 'a', wave: '"1"' }),
      'wave: must be a whole number from 1 to 1000 (got "1")',
    ],
    ['with an id that leaves the folder', plainTask('../x'), '"../x" is not a valid name'],
    ['with an id that is an option', plainTask('-x'), '"-x" is not a valid name'],
    ['with an id git reserves', plainTask('a.lock'), 'ends in ".lock"'],
    ['with an unknown dependency', plainTask('a', { deps: '[nobody]' }), 'deps names an unknown task "nobody"'],
    ['that blocks nobody', plainTask('a', { blocks: '[nobody]' }), 'blocks names an unknown task "nobody"'],
    ['that waits for itself', plainTask('a', { deps: '[a]' }), 'dependency cycle: a -> a'],
    ['with an agent that is an option', plainTask('a', { agent: '--debug' }), 'agent: begins with "-"'],
    ['with a hidden command', plainTask('a', { verify: '"true\\e[2K"' }), 'verify: contains hidden characters'],
    [
      'with a scope outside',
      taskFile({ id: 'a', wave: 1 }, '## Scope\n\nCREATE: ../x'),
      'Scope: CREATE leads out of the repository, "../x"',
    ],
    ['that is too large', `${plainTask('a')}${'x'.repeat(1024 * 1024)}`, 'MB in size'],
  ])('%s', async (_, text, problem) => {
    const faults = await refused({ a: text });
    expect(faults).toEqual([expect.stringContaining(`${DIR}/tasks/a.md: `)]);
    expect(faults[0]).toContain(problem);
  });

  it('when it leads out of the repository', async () => {
    const root = await repositoryWith({
      'manifest.json': { tasks: { files: ['../../../x.md', 'tasks/link.md', '../../.git/x.md'] } },
      'tasks/x': '',
    });
    await symlink('/etc/passwd', join(root, DIR, 'tasks/link.md'));
    await writeFiles(root, { '.git/x.md': plainTask('x') });
    expect(await faultsOf(root)).toEqual([
      `${DIR}/manifest.json: tasks.files: "../../../x.md" leads out of the repository or into .git`,
      `${DIR}/tasks/link.md: leads out of the repository or into .git`,
      '.git/x.md: leads out of the repository or into .git',
    ]);
  });

  it('in another wave than its manifest says', async () => {
    const root = await repositoryWith({ ...V2_FILES, 'tasks/task-001.md': plainTask('task-001', { wave: 2 }) });
    expect(await faultsOf(root)).toEqual([
      `${DIR}/tasks/task-001.md: task-001 is in wave 2 here and in wave 1 in ${DIR}/manifest.json`,
    ]);
  });

  it('when there are two for one task', async () => {
    const root = await repositoryWith({
      ...V2_FILES,
      'tasks/task-001-a.md': plainTask('task-001'),
      'tasks/task-001-b.md': plainTask('task-001'),
    });
    expect(await faultsOf(root)).toEqual([`${DIR}/tasks/task-001-b.md: "task-001" has another task file too`]);
  });
});

describe('a manifest of version 2 finds task files', () => {
  const shape = (ids: readonly string[], more: object = {}) => ({
    name: 'x',
    waves: ids.map((id, index) => ({ number: index + 1, tasks: [{ id, ...more }] })),
  });
  const scoped = (id: string, wave: number, deps: string, path: string) =>
    taskFile({ id, wave, deps }, `Text of ${id}.\n\n## Scope\nCREATE: ${path}`);

  it('whose name or id continues after the task id: dependencies, scope and text come from them', async () => {
    const root = await repositoryWith({
      'manifest.json': shape(['task-001', 'task-002', 'task-003'], { prompt_file: 'prompts/not-yet.txt' }),
      'tasks/task-001-chunker.md': scoped('task-001-chunker', 1, '[]', 'src/chunk.py'),
      'tasks/index.v2.md': scoped('task-002-index', 2, '[task-001-chunker]', 'src/index.py'),
      'tasks/task-003.md': scoped('TS-9-3', 3, '[task-002-index, task-001]', 'src/three.py'),
      'tasks/README.md': 'About these tasks.',
    });
    const plan = await loadManifest(root, DIR);
    expect(plan.tasks.map(({ id, stem, deps, scope }) => [id, stem, deps, scope.create[0]?.glob])).toEqual([
      ['task-001', 'task-001-chunker', [], 'src/chunk.py'],
      ['task-002', 'index.v2', ['task-001'], 'src/index.py'],
      ['task-003', 'task-003', ['task-001', 'task-002'], 'src/three.py'],
    ]);
    expect(plan.tasks[0]?.prompt).toContain('Text of task-001-chunker.');
    expect(plan.warnings?.map(({ message, hint }) => [message, spell(hint, 'terminal')])).toEqual(
      ['task-001', 'task-002', 'task-003'].map((id, index) => [
        `${id}: its prompt_file "prompts/not-yet.txt" does not exist; ${DIR}/tasks/${['task-001-chunker', 'index.v2', 'task-003'][index] ?? ''}.md is used instead`,
        `o8 render ${DIR}`,
      ]),
    );
  });

  it('and assigns a file to the longest matching id', async () => {
    const root = await repositoryWith({
      'manifest.json': shape(['task', 'task-1', 'task-10'], { prompt_file: 'p.txt' }),
      'p.txt': 'Do it.',
      'tasks/task-1-a.md': plainTask('task-1-a', { wave: 2 }),
      'tasks/task-10-b.md': plainTask('task-10-b', { wave: 3 }),
    });
    expect((await loadManifest(root, DIR)).tasks.map(({ stem }) => stem)).toEqual(['task', 'task-1-a', 'task-10-b']);
  });

  it('of which two could be meant: a fault that names both', async () => {
    const root = await repositoryWith({
      ...V2_FILES,
      'tasks/task-001-a.md': plainTask('task-001-a'),
      'tasks/task-001-b.md': plainTask('task-001-b'),
    });
    await expect(asRead(loadManifest(root, DIR))).rejects.toMatchObject({
      faults: [
        {
          file: `${DIR}/tasks/task-001-b.md`,
          problem: '"task-001" has another task file too',
          fix: expect.stringContaining(`${DIR}/tasks/task-001-a.md`) as string,
        },
      ],
    });
  });

  it('that match no task: a warning with the name, also listed if a task has no text', async () => {
    const files = { ...V2_FILES, 'tasks/chunker.md': plainTask('chunker'), 'tasks/broken.md': '---\nid: [\n---\n' };
    const root = await repositoryWith(files);
    expect((await loadManifest(root, DIR)).warnings?.map(({ message }) => message)).toEqual(
      ['broken', 'chunker'].map(
        (name) =>
          `${DIR}/tasks/${name}.md belongs to no task of ${DIR}/manifest.json: its text, scope and dependencies are not used`,
      ),
    );
    const bare = await repositoryWith({
      'manifest.json': shape(['task-001']),
      'tasks/chunker.md': plainTask('chunker'),
    });
    await expect(asRead(loadManifest(bare, DIR))).rejects.toMatchObject({
      faults: [{ fix: expect.stringContaining(`"${DIR}/tasks/chunker.md"`) as string }],
    });
  });
});

describe('spellings of other formats', () => {
  it('are understood: deps as words for none, depends_on, paths from the top, tasks and wave numbers written short', async () => {
    const root = await repositoryWith({
      'manifest.json': { tasks: { files: [`${DIR}/tasks/a.md`, 'b.md', 'tasks/c.md'] } },
      'tasks/a.md': plainTask('a', { deps: 'none' }),
      'tasks/b.md': plainTask('b', { depends_on: '[a]', dependencies: '[express]' }),
      'tasks/c.md': plainTask('c', { wave: 2, dependencies: '[b]' }),
    });
    expect((await loadManifest(root, DIR)).tasks.map(({ id, deps }) => [id, deps])).toEqual([
      ['a', []],
      ['b', ['a']],
      ['c', ['b']],
    ]);
    const second = await repositoryWith({
      'manifest.json': { waves: [{ wave: 1, tasks: ['a'], validation: 'npm test' }] },
      'prompts/a.txt': 'Do it.',
    });
    expect(await loadManifest(second, DIR)).toMatchObject({
      tasks: [{ id: 'a' }],
      waves: [{ number: 1, validation: 'npm test' }],
    });
  });
});

describe('tasks are refused', () => {
  it('with one id, also when only the case differs', async () => {
    expect(await refused({ a: plainTask('t-1'), b: plainTask('t-1') })).toEqual([
      `${DIR}/tasks/b.md: duplicate id "t-1", also used by ${DIR}/tasks/a.md`,
    ]);
    expect(await refused({ a: plainTask('t-1'), b: plainTask('T-1') })).toEqual([
      `${DIR}/tasks/b.md: "T-1" and "t-1" (${DIR}/tasks/a.md) differ only in upper and lower case`,
    ]);
  });

  it('in a cycle', async () => {
    expect(
      await refused({
        a: plainTask('a', { deps: '[b]' }),
        b: plainTask('b', { deps: '[c]' }),
        c: plainTask('c', { blocks: '[b]', deps: '[a]' }),
      }),
    ).toEqual([`${DIR}/tasks/a.md: dependency cycle: a -> b -> c -> a`]);
  });

  it('with a dependency in a later wave', async () => {
    expect(
      await refused({
        a: plainTask('a', { deps: '[b]' }),
        b: plainTask('b', { wave: 2, deps: '[c]' }),
        c: plainTask('c'),
      }),
    ).toEqual([`${DIR}/tasks/a.md: a of wave 1 waits for b of wave 2, which is in a later wave`]);
  });
});

describe('a prompt is refused', () => {
  it('when it is a link out of the repository', async () => {
    const root = await repositoryWith(V1_FILES);
    await mkdir(join(root, DIR, 'prompts'), { recursive: true });
    await symlink('/etc/hostname', join(root, DIR, 'prompts/task-003.txt'));
    expect(await faultsOf(root)).toEqual([`${DIR}/prompts/task-003.txt: leads out of the repository or into .git`]);
  });

  it('when its folder is a link out of the repository', async () => {
    const root = await repositoryWith({ 'manifest.json': manifestOf('a'), 'tasks/a.md': plainTask('a') });
    await symlink(await temporaryFolder(), join(root, DIR, 'prompts'));
    expect(await faultsOf(root)).toEqual([`${DIR}/prompts: leads out of the repository or into .git`]);
  });

  it('when it is empty', async () => {
    const root = await repositoryWith({ ...V1_FILES, 'prompts/task-003.txt': ' \n' });
    expect(await faultsOf(root)).toEqual([`${DIR}/prompts/task-003.txt: the prompt is empty`]);
  });
});

it('500 tasks are read in a moment', async () => {
  const names = Array.from({ length: 500 }, (_, index) => `task-${index}`);
  const files = names.map((name, index) => [`tasks/${name}.md`, plainTask(name, { wave: 1 + (index % 10) })] as const);
  const root = await repositoryWith({ 'manifest.json': manifestOf(...names), ...Object.fromEntries(files) });
  const before = performance.now();
  expect((await loadManifest(root, DIR)).tasks).toHaveLength(500);
  expect(performance.now() - before).toBeLessThan(5000);
});
