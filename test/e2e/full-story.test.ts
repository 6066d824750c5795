import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import * as z from 'zod';
import { user } from '../support/claude/claude-session.js';
import { CliProcess } from '../support/programs/cli.js';
import { CommandSession } from '../support/claude/command-session.js';
import { MarkedProcesses } from '../support/programs/marked-processes.js';
import { createRepository, type TestRepository } from '../support/git/repository.js';
import { conflictResolver, decomposer } from '../support/shop/agents.js';
import { driver } from '../support/shop/driver.js';
import { branchOf, PLAN, PLAN_FILES, TASKS } from '../support/shop/plan.js';
import { PRD, SHOP } from '../support/shop/repository.js';
import { HALF_DONE, MISSING, shopWorkers, WORK } from '../support/shop/workers.js';
import { waitFor } from '../support/waiting/wait-for.js';

/*
 * Everything at once, for a user who changed nothing: the real CLI for the session, its agents and o8's workers. The driving
 * model does what the commands say (test/support/shop/driver.ts), the user answers questions and allows what is asked.
 */

/** Half a minute alone on two cores; the rest is for a busy machine. */
const WHOLE_STORY_MS = 170_000;

const OVERLAP = 'Scope overlap: src/shop.js in task-001, task-002';

it('a person takes a product document to landed, verified work without leaving the chat', async () => {
  const repository = await createRepository({ files: SHOP });
  onTestFinished(async () => repository.remove());
  const { root } = repository;
  const processes = new MarkedProcesses();
  onTestFinished(async () => processes.kill());
  const start = await repository.git(['rev-parse', 'HEAD']);
  const worktree = (task: string): string => join(root, '../workspaces', task);

  let merged = (): void => undefined;
  const firstMerged = new Promise<void>((done) => (merged = done));
  const completed = (task: string): void => {
    if (task === 'task-001') merged();
  };
  const workers = shopWorkers({ worktree, firstMerged });
  const session = await CommandSession.open({
    ...{ root, processes, timeoutMs: WHOLE_STORY_MS },
    driver: ({ userText }) => driver({ root, completed }, userText),
    subagents: [workers.part, decomposer(root), conflictResolver(root)],
    user: user({
      answers: Object.fromEntries(QUESTIONS.map((question) => [question, 'Yes'])),
      allows: ['Read', 'Edit', 'Bash'],
    }),
  });
  const story = new Story(session, repository);

  const prepared = await story.say('/parallel-setup', ['Prepare the repository with the program o8. Arguments: ``']);
  expect(prepared.answer).toContain('created    parallel/README.md');
  const setupFiles = 'parallel/README.md parallel/.gitignore';
  expect(prepared.asked).toEqual([
    'Commit these files?',
    `Bash git add ${setupFiles} && git commit --quiet -m "Prepare for parallel work"`,
  ]);

  const planned = await story.say(`/parallel-decompose ${PRD} --name shop`, [
    `Turn a product document into an o8 plan folder. Arguments: \`${PRD} --name shop\``,
  ]);
  expect(planned.answer).toBe('Failed before the commit: clean-tree. Overlaps: 0.');
  expect(planned.asked).toEqual([
    'Commit this plan?',
    `Bash git add -- ${PLAN} && git commit -m "Plan shop" -- ${PLAN}`,
  ]);
  expect(planned.calls.map(([tool]) => tool)).toEqual([
    ...['Agent', 'Bash', 'preflight'],
    ...['Agent', 'Bash', 'preflight'],
    ...['AskUserQuestion', 'Bash'],
  ]);
  const [, mending] = planned.calls.filter(([tool]) => tool === 'Agent');
  expect(mending?.[1]['prompt']).toContain(`${OVERLAP}\nGive it to one of them in '## Scope'`);
  const inPlan = await repository.git(['ls-tree', '-r', '--name-only', '--full-tree', `HEAD:${PLAN}`]);
  expect(inPlan.split('\n').sort()).toEqual(
    [...Object.keys(PLAN_FILES), 'task-graph.md', ...TASKS.map((task) => `prompts/${task}.txt`)].sort(),
  );
  expect(await repository.git(['status', '--porcelain'])).toBe('');

  const first = await story.say(`/parallel-run ${PLAN}`, [
    `Run parallel tasks with the o8 tools. Arguments: \`${PLAN}\``,
  ]);
  expect(first.asked).toEqual(['Start 4 tasks now?']);
  const watching = first.calls.filter(([tool]) => tool === 'status').map(([, input]) => input);
  expect(watching.length).toBeLessThan(10); // a task or two each time, and no answer without news
  for (const input of watching) {
    expect(input).toEqual({ runId: await story.runId(), waitSeconds: 120, since: expect.any(Number) as number });
  }
  expect(first.answer).toContain('Total: 1/4 tasks completed');
  expect(first.answer).toContain(`task-003: no_completion_marker (the agent says it did not finish: ${MISSING})`);
  expect(first.answer).toContain('task-002: merge_conflict');
  expect(first.answer).toContain('task-004: blocked by task-003');
  expect(await story.states()).toEqual({
    'task-001': 'complete after 1',
    'task-002': 'merge_conflict after 1',
    'task-003': 'failed after 1',
    'task-004': 'blocked after 0',
  });
  const planCommit = await repository.git(['rev-parse', 'main']);

  const second = await story.say(`/parallel-run ${PLAN} --retry-failed`, [`Arguments: \`${PLAN} --retry-failed\``]);
  expect(second.asked).toEqual(['Start 2 tasks now?']);
  expect(second.answer).toContain('Total: 3/4 tasks completed');

  const resolved = await story.say('/parallel-merge --task task-002 --resolve', [
    'Work with the o8 tool `merge`. Arguments: `--task task-002 --resolve`',
  ]);
  expect(resolved.answer).toContain('src/shop.js: both imports are kept. task-002 is complete.');
  // What the agent does outside the folder that the session may use, its user sees; reading history is not asked for.
  const conflict = worktree('task-002');
  expect(resolved.asked).toEqual([
    'Have an agent resolve task-002?',
    `Read ${conflict}/src/shop.js`,
    `Edit ${conflict}/src/shop.js`,
    `Bash cd ${conflict} && node --test`,
    `Bash git -C ${conflict} add -- src/shop.js && git -C ${conflict} commit --no-edit`,
  ]);
  expect(await repository.git(['rev-parse', 'main'])).toBe(planCommit); // resolved, and not landed

  const integrated = await story.say('/parallel-integrate', ['Check what a parallel run has merged. Arguments: ``']);
  expect(integrated.answer).toContain('Result: passed');
  expect(integrated.asked).toEqual([]);

  const landed = await story.say('/parallel-merge', ['Work with the o8 tool `merge`. Arguments: ``']);
  expect(landed.answer).toBe('landed');
  expect(landed.asked).toEqual(['Land 4 tasks on main?']);

  const cleaned = await story.say('/parallel-cleanup', ['Remove what a run left behind']);
  expect(cleaned.answer).toBe('Kept: 0');
  expect(cleaned.asked).toEqual(['Remove 5 branches?']); // complete tasks' worktrees went as they were merged

  expect(session.refused).toEqual([]);
  expect(await story.states()).toEqual({
    'task-001': 'complete after 1',
    'task-002': 'complete after 1',
    'task-003': 'complete after 2',
    'task-004': 'complete after 1',
  });
  expect(workers.begun.map(({ task }) => task).sort()).toEqual([...TASKS, 'task-003'].sort());
  for (const { task, told } of workers.begun) {
    expect(told).toContain('A shop in plain Node');
    expect(told).toContain('Before you finish, `node --test` has to pass.');
    if (task === 'task-001') expect(told).toContain('- Change only: `src/shop.js::total`');
    if (task === 'task-002') expect(told).toContain('- Change only: `src/shop.js::bill`');
  }

  await expectWorkOnMain(repository, start);
  await expectNothingLeftOver(repository);
  await expectRecord(root);
  const runId = await story.runId();
  const rescue = `refs/o8/rescue/${runId}/task-003/1`;
  expect(`${await repository.git(['show', `${rescue}:${HALF_DONE.path}`])}\n`).toBe(HALF_DONE.content);
  await session.claude.close();
  await waitFor(async () => (await processes.pids()).length === 0, {
    timeoutMs: 20_000,
    what: 'every process of the story to end',
  });
});

const QUESTIONS = [
  'Commit these files?',
  'Commit this plan?',
  'Start 4 tasks now?',
  'Start 2 tasks now?',
  'Have an agent resolve task-002?',
  'Land 4 tasks on main?',
  'Remove 5 branches?',
];

const statusSchema = z.looseObject({
  runId: z.string(),
  tasks: z.array(z.looseObject({ id: z.string(), state: z.string(), attempt: z.number() })),
});

/** What is said in the chat, and what came of it. */
class Story {
  constructor(
    private readonly session: CommandSession,
    private readonly repository: TestRepository,
  ) {}

  /** Says it, and checks that the model was told these parts of the command’s text. A fault of any script rejects it. */
  async say(words: string, told: readonly string[]) {
    const { asked, calls, told: before } = this.session;
    const answer = await this.session.say(words);
    const now = this.session.told.slice(before.length);
    for (const part of told) expect(now).toContain(part);
    return { answer, asked: this.session.asked.slice(asked.length), calls: this.session.calls.slice(calls.length) };
  }

  async runId(): Promise<string> {
    return (await this.#status()).runId;
  }

  /** Of each task its state and how many attempts it took. */
  async states(): Promise<Record<string, string>> {
    const { tasks } = await this.#status();
    return Object.fromEntries(tasks.map(({ id, state, attempt }) => [id, `${state} after ${attempt}`]));
  }

  async #status(): Promise<z.output<typeof statusSchema>> {
    const { root } = this.repository;
    const env = { PATH: process.env['PATH'] ?? '', HOME: join(root, '..'), GIT_CONFIG_NOSYSTEM: '1' };
    const { stdout } = await new CliProcess(['status', '--json'], { cwd: root, env }).ended;
    return statusSchema.parse(JSON.parse(stdout));
  }
}

/** Every task's files, each task's work once, and the project's own tests pass in the user's checkout. */
async function expectWorkOnMain(repository: TestRepository, start: string): Promise<void> {
  const { root } = repository;
  for (const { files } of TASKS.map((task) => WORK[task])) {
    for (const [path, content] of Object.entries(files)) expect(await readFile(join(root, path), 'utf8')).toBe(content);
  }
  const shop = await readFile(join(root, 'src/shop.js'), 'utf8');
  expect(shop).toMatch(/^import .*(withVat|discounted).*\n+import .*(withVat|discounted).*\n\n\/\*\* The lines/);
  expect(shop).toContain('${item.name}: ${discounted(item)}');
  expect(shop).toContain('sum + withVat(item)');
  const subjects = (await repository.git(['log', '--format=%s', '--no-merges', `${start}..main`])).split('\n').sort();
  expect(subjects).toEqual(
    ['Prepare for parallel work', 'Plan shop', ...TASKS.map((task) => `${task}: do what it says`)].sort(),
  );
  const { stdout } = await promisify(execFile)('node', ['--test', '--test-reporter=tap'], { cwd: root });
  expect(stdout).toMatch(/^# tests 6$[\s\S]*^# pass 6$/m);
}

/** The checkout is on main, and nothing of the run is in the way. */
async function expectNothingLeftOver(repository: TestRepository): Promise<void> {
  const { root } = repository;
  expect(await repository.git(['symbolic-ref', 'HEAD'])).toBe('refs/heads/main');
  expect(await repository.git(['for-each-ref', '--format=%(refname)', 'refs/heads'])).toBe('refs/heads/main');
  expect((await repository.git(['worktree', 'list', '--porcelain'])).split('\n')[0]).toBe(`worktree ${root}`);
  expect((await repository.git(['worktree', 'list'])).split('\n')).toHaveLength(1);
  const workspaces = join(root, '../workspaces');
  expect(existsSync(workspaces) ? await readdir(workspaces) : []).toEqual([]);
  expect(existsSync(join(root, '.claude/parallel.lock'))).toBe(false);
  // The manifest's record of the run is all that is not as committed, and it is no more than that.
  const manifest = `${PLAN}/manifest.json`;
  expect(await repository.git(['status', '--porcelain'])).toBe(` M ${manifest}`);
  const { execution, integration, ...rest } = manifestSchema.parse(
    JSON.parse(await readFile(join(root, manifest), 'utf8')),
  );
  expect(rest).toEqual(JSON.parse(await repository.git(['show', `main:${manifest}`])));
  expect(execution).toMatchObject({ status: 'completed', failed_tasks: [], skipped_tasks: [] });
  expect(integration).toMatchObject({
    status: 'passed',
    commit: await repository.git(['rev-parse', 'main']),
    tasks: { total: 4, completed: 4 },
    out_of_scope: [],
  });
}

const manifestSchema = z.looseObject({ execution: z.unknown(), integration: z.unknown() });

/** The report has o8's part with every branch, and the agent's judgement below it. */
async function expectRecord(root: string): Promise<void> {
  const report = await readFile(join(root, PLAN, 'integration-report.md'), 'utf8');
  const [own = '', below = ''] = report.split('<!-- o8: end -->');
  expect(own).toContain('**Result: PASSED**');
  for (const task of TASKS) expect(own).toContain(branchOf(task));
  expect(own).toContain('`node --test`');
  expect(own).toContain('Every task stayed in its scope.');
  expect(below).toContain('## Judgement');
}
