import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { user } from '../../support/claude/claude-session.js';
import { CommandSession } from '../../support/claude/command-session.js';
import { conflictingRun } from '../../support/runs/conflicting-run.js';
import { PLAN_DIR, type RunFixture } from '../../support/runs/run-fixture.js';
import { ask, call, callO8, resultOf, tell, type Conversation } from '../../support/claude/scripted-model.js';

const INTEGRATE = `node ${resolve(import.meta.dirname, '../../..')}/dist/o8.js integrate ${PLAN_DIR}`;
const END = '<!-- o8: end -->';
const JUDGEMENT = '## Judgement\n\n- task-002: shared.txt:1 names both tasks.\n';

const statusSchema = z.looseObject({ state: z.string(), dir: z.string() });
const mergeSchema = z.looseObject({
  target: z.string(),
  tasks: z.array(z.looseObject({ id: z.string(), state: z.string(), message: z.string().optional() })),
});
const manifestSchema = z.looseObject({
  integration: z.looseObject({ status: z.string(), tasks: z.looseObject({ completed: z.number() }) }),
});

/** A run whose second task conflicted with the first; somebody has resolved that in the task's worktree. */
async function resolvedConflict(): Promise<RunFixture> {
  const run = await conflictingRun(
    {
      files: { [`${PLAN_DIR}/contracts/shared.md`]: '# One line a task\n' },
      manifest: { o8: { verify: 'grep -q task shared.txt' } },
    },
    { scope: 'MODIFY: shared.txt' },
  );
  await run.call('merge', { task: 'task-002', resolve: true });
  const worktree = run.worktree('task-002');
  await writeFile(join(worktree, 'shared.txt'), 'task-001 and task-002\n');
  await run.repository.git(['commit', '--quiet', '--all', '--no-edit'], worktree);
  return run;
}

describe('/parallel-integrate', () => {
  it('merges waiting work after one question, runs the checks and writes its report, without changing the base', async () => {
    const run = await resolvedConflict();
    const { target = '' } = await run.status();
    const report = join(run.root, PLAN_DIR, 'integration-report.md');

    function* driver(): Conversation {
      const { state, dir } = resultOf(statusSchema, yield* callO8('status'));
      expect([state, dir]).toEqual(['failed', join(run.root, PLAN_DIR)]);
      const { tasks } = resultOf(mergeSchema, yield* callO8('merge', { dryRun: true }));
      const waiting = tasks.filter(({ message }) => message === 'would merge').map(({ id }) => id);
      expect(waiting).toEqual(['task-002']);
      expect(yield* ask(`Merge ${waiting.length} task into ${target}?`)).toBe('Yes');
      const merged = resultOf(mergeSchema, yield* callO8('merge', { into: 'integration' }));
      expect(merged.tasks.map((task) => task.state)).toEqual(['complete', 'complete']);

      const checked = yield* call('Bash', { command: INTEGRATE, timeout: 600_000 });
      expect(checked.text).toContain('Result: passed');
      const { text } = yield* call('Read', { file_path: report });
      const commit = / at ([0-9a-f]{12}), /.exec(text)?.[1] ?? '';
      const code = yield* call('Bash', { command: `git show ${commit}:shared.txt` });
      expect(code.text).toBe('task-001 and task-002');
      yield* call('Edit', { file_path: report, old_string: END, new_string: `${END}\n\n${JUDGEMENT}` });
      yield* tell('Passed. Next step: /parallel-merge');
    }
    const checkout = await run.repository.git(['rev-parse', 'HEAD', 'main']);
    const session = await CommandSession.open({
      ...{ root: run.root, processes: run.processes, driver },
      user: user({ answers: { [`Merge 1 task into ${target}?`]: 'Yes' } }),
    });
    expect(await session.say(`/parallel-integrate --parallel-dir ${PLAN_DIR}`)).toContain('Passed');

    expect(session.told).toContain(`\`${INTEGRATE.replace(PLAN_DIR, '<dir>')}\``);
    expect(session.told).toContain('Change nothing above that line, and no code.');
    expect(session.asked).toEqual([`Merge 1 task into ${target}?`]);
    expect(session.refused).toEqual([]);
    expect(session.calls.map(([tool, input]) => (tool === 'AskUserQuestion' ? tool : [tool, input]))).toEqual([
      ['status', {}],
      ['merge', { dryRun: true }],
      'AskUserQuestion',
      ['merge', { into: 'integration' }],
      ['Bash', { command: INTEGRATE, timeout: 600_000 }],
      ['Read', { file_path: report }],
      ['Bash', { command: expect.stringMatching(/^git show [0-9a-f]{12}:shared\.txt$/) as string }],
      ['Edit', expect.objectContaining({ file_path: report })],
    ]);
    const written = await readFile(report, 'utf8');
    expect(written).toContain('**Result: PASSED**');
    expect(written).toContain(`${PLAN_DIR}/contracts/shared.md`);
    expect(written.split(END)[1]).toContain(JUDGEMENT);
    const manifest: unknown = JSON.parse(await readFile(join(run.root, PLAN_DIR, 'manifest.json'), 'utf8'));
    expect(manifestSchema.parse(manifest).integration).toMatchObject({ status: 'passed', tasks: { completed: 2 } });
    expect(await run.repository.git(['rev-parse', 'HEAD', 'main'])).toBe(checkout);
    expect(await run.repository.git(['show', 'main:shared.txt'])).toBe('start');
  });
});
