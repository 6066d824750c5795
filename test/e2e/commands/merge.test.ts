import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { user } from '../../support/claude/claude-session.js';
import { CommandSession } from '../../support/claude/command-session.js';
import { conflictingRun } from '../../support/runs/conflicting-run.js';
import { ask, call, callO8, resultOf, tell, whenTold, type Conversation } from '../../support/claude/scripted-model.js';

// /parallel-merge in each of its ways, one after the other, for a user who works on beside it.

const landingSchema = z.looseObject({ kind: z.string(), branch: z.string(), message: z.string().optional() });
const mergeSchema = z.looseObject({
  base: z.string(),
  tasks: z.array(z.looseObject({ id: z.string(), state: z.string() })),
  landing: landingSchema,
});
const resolveSchema = z.looseObject({
  resolution: z.looseObject({ kind: z.literal('opened'), worktree: z.string(), files: z.array(z.string()) }),
});
const undoSchema = z.looseObject({ undone: z.array(z.looseObject({ kind: z.string(), again: z.string() })) });
const statusSchema = z.looseObject({ runId: z.string(), base: z.string(), landed: z.string() });

describe('/parallel-merge', () => {
  it('predicts, lands, has a conflict resolved and undoes everything, each after one question', async () => {
    const run = await conflictingRun();
    const { runId = '' } = await run.status();
    const worktree = run.worktree('task-002');
    const file = join(worktree, 'shared.txt');

    function* driver(): Conversation {
      const first = resultOf(mergeSchema, yield* callO8('merge', { dryRun: true }));
      yield* tell(
        `${first.tasks.map(({ id, state }) => `${id}: ${state}`).join('\n')}\n${first.landing.message ?? ''}`,
      );

      const { base, tasks } = resultOf(mergeSchema, yield* callO8('merge', { dryRun: true }));
      const complete = tasks.filter(({ state }) => state === 'complete');
      expect(yield* ask(`Land ${complete.length} task on ${base}?`)).toBe('Yes');
      yield* tell(resultOf(mergeSchema, yield* callO8('merge')).landing.kind);

      const input = { task: 'task-002', resolve: true };
      const { resolution } = resultOf(resolveSchema, yield* callO8('merge', input));
      expect(resolution).toMatchObject({ worktree, files: ['shared.txt'] });
      expect(yield* ask('Have an agent resolve task-002?')).toBe('Yes');
      const prompt = `Resolve task-002 of run ${runId}.`;
      const agent = {
        subagent_type: 'o8:conflict-resolver',
        description: 'Resolve task-002',
        prompt,
        run_in_background: false,
      };
      yield* tell((yield* call('Agent', agent)).text);

      const seen = resultOf(statusSchema, yield* callO8('status'));
      expect(yield* ask(`Revert what ${seen.runId} landed on ${seen.base}?`)).toBe('Yes');
      const { undone } = resultOf(undoSchema, yield* callO8('merge', { undo: true }));
      yield* tell(undone.map(({ kind }) => kind).join(', '));
    }
    function* resolver(): Conversation {
      const { resolution } = resultOf(resolveSchema, yield* callO8('merge', { task: 'task-002', resolve: true }));
      yield* call('Bash', {
        command: `git -C ${resolution.worktree} log --oneline -p HEAD...MERGE_HEAD -- shared.txt`,
      });
      const { text } = yield* call('Read', { file_path: file });
      for (const part of ['<<<<<<<', 'task-001', 'task-002', '>>>>>>>']) expect(text).toContain(part);
      yield* call('Write', { file_path: file, content: 'task-001 and task-002\n' });
      yield* call('Bash', { command: `git -C ${worktree} add -- shared.txt` });
      yield* call('Bash', { command: `git -C ${worktree} commit --no-edit` });
      const { landing } = resultOf(mergeSchema, yield* callO8('merge', { task: 'task-002' }));
      yield* tell(`shared.txt: names both tasks; ${landing.kind}`);
    }

    const start = await run.commitOf('main');
    await run.repository.write('notes.txt', 'not committed\n');
    const session = await CommandSession.open({
      ...{ root: run.root, processes: run.processes, driver },
      subagents: [{ when: whenTold('You resolve one conflict.'), play: resolver }],
      user: user({
        answers: {
          'Land 1 task on main?': 'Yes',
          'Have an agent resolve task-002?': 'Yes',
          [`Revert what ${runId} landed on main?`]: 'Yes',
        },
        allows: ['Write', 'Bash', 'Read'],
      }),
    });

    const predicted = await session.say('/parallel-merge --dry-run');
    expect(predicted).toBe('task-001: complete\ntask-002: merge_conflict\nmain would be fast-forwarded');
    expect(await run.commitOf('main')).toBe(start);
    expect(session.asked).toEqual([]);

    expect(await session.say('/parallel-merge')).toBe('landed');
    expect(await run.repository.git(['show', 'main:shared.txt'])).toBe('task-001');

    expect(await session.say('/parallel-merge --task task-002 --resolve')).toContain('names both tasks; landed');
    expect(await run.repository.git(['show', 'main:shared.txt'])).toBe('task-001 and task-002');

    expect(await session.say('/parallel-merge --undo')).toBe('reverted, reverted');
    expect(await run.repository.git(['diff', '--stat', start, 'main'])).toBe('');

    for (const sentence of [
      'Arguments: `--task task-002 --resolve`',
      'ask `Land N tasks on <base>?`',
      'Never resolve a conflict, commit, stash or reset anything yourself',
    ]) {
      expect(session.told).toContain(sentence);
    }
    // The agent works in a worktree outside the folder that the session may use: its user sees each step.
    expect(session.asked).toEqual([
      'Land 1 task on main?',
      'Have an agent resolve task-002?',
      `Bash git -C ${worktree} log --oneline -p HEAD...MERGE_HEAD -- shared.txt`,
      `Read ${file}`,
      `Write ${file}`,
      `Bash git -C ${worktree} add -- shared.txt`,
      `Bash git -C ${worktree} commit --no-edit`,
      `Revert what ${runId} landed on main?`,
    ]);
    expect(session.refused).toEqual([]);
    expect(session.calls.map(([tool, input]) => (tool === 'AskUserQuestion' ? tool : [tool, input]))).toEqual([
      ['merge', { dryRun: true }],
      ['merge', { dryRun: true }],
      'AskUserQuestion',
      ['merge', {}],
      ['merge', { task: 'task-002', resolve: true }],
      'AskUserQuestion',
      ['Agent', expect.objectContaining({ subagent_type: 'o8:conflict-resolver' })],
      ['status', {}],
      'AskUserQuestion',
      ['merge', { undo: true }],
    ]);
    expect(await run.repository.git(['status', '--porcelain', '--', ':!parallel', ':!.claude'])).toBe('?? notes.txt');
  });
});
