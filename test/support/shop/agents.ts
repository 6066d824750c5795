import { join } from 'node:path';
import * as z from 'zod';
import {
  callO8,
  resultOf,
  tell,
  whenTold,
  type Conversation,
  type Part,
  type Turns,
} from '../claude/scripted-model.js';
import { PLAN, PLAN_FILES, REPAIRS, TASK_FILES, TASKS } from './plan.js';
import { PRD } from './repository.js';
import { done, edit } from './steps.js';

// What the models of the plugin's own agents say in the shop.

/** Writes the plan with its mistake; told what a check found, mends what it names. */
export function decomposer(root: string): Part {
  return {
    when: whenTold('You write a plan folder'),
    play: ({ userText }) => (userText.includes('Scope overlap: src/shop.js') ? mend(root) : decompose(root)),
  };
}

function* decompose(root: string): Conversation {
  yield* done('Read', { file_path: join(root, PRD) });
  yield* done('Glob', { pattern: 'src/**' });
  yield* done('Read', { file_path: join(root, 'src/shop.js') });
  for (const [path, content] of Object.entries(PLAN_FILES))
    yield* done('Write', { file_path: join(root, PLAN, path), content });
  yield* tell('Wave 1: task-001, task-002, task-003. Wave 2: task-004. Open: nothing.');
}

function* mend(root: string): Conversation {
  for (const task of TASKS) {
    const repair = REPAIRS[task];
    if (repair !== undefined) yield* edit(join(root, PLAN, TASK_FILES[task]), repair);
  }
  yield* tell('task-001 changes `total`, task-002 `bill`.');
}

const resolutionSchema = z.looseObject({
  resolution: z.looseObject({
    kind: z.literal('opened'),
    worktree: z.string(),
    files: z.array(z.string()),
    silent: z.array(z.string()).length(0),
    targetCommit: z.string(),
    branchCommit: z.string(),
  }),
});
const statusSchema = z.looseObject({ dir: z.string() });
const mergeSchema = z.looseObject({ tasks: z.array(z.looseObject({ id: z.string(), state: z.string() })) });

/** Keeps both imports. */
export function conflictResolver(root: string): Part {
  function* play({ userText }: { readonly userText: string }): Conversation {
    const task = TASKS.find((id) => userText.includes(id));
    if (task === undefined) throw new Error(`no task in: ${userText}`);
    const { resolution } = resultOf(resolutionSchema, yield* callO8('merge', { task, resolve: true }));
    const { worktree, files, branchCommit, targetCommit } = resolution;
    const names = files.join(' ');
    yield* done('Bash', { command: `git log --oneline -p ${branchCommit}...${targetCommit} -- ${names}` });
    const { dir } = resultOf(statusSchema, yield* callO8('status'));
    yield* done('Read', { file_path: join(dir, TASK_FILES[task]) });
    const { text } = yield* done('Read', { file_path: join(root, PLAN, 'manifest.json') });
    const [, verify = ''] = /"verify": "(.*)"/.exec(text) ?? [];
    for (const file of files) yield* keepBoth(join(worktree, file));
    yield* done('Bash', { command: `cd ${worktree} && ${verify}` });
    yield* done('Bash', { command: `git -C ${worktree} add -- ${names} && git -C ${worktree} commit --no-edit` });
    const input = { task, into: 'integration' };
    const { tasks } = resultOf(mergeSchema, yield* callO8('merge', input));
    yield* tell(`${names}: both imports are kept. ${tasks.map(({ id, state }) => `${id} is ${state}`).join()}.`);
  }
  return { when: whenTold('You resolve one conflict.'), play };
}

/** Both sides of every conflict, one after the other. */
function* keepBoth(path: string): Turns<void> {
  const { text } = yield* done('Read', { file_path: path });
  const lines = text.split('\n').map((line) => line.replace(/^\s*\d+[\t→]/, ''));
  const from = lines.findIndex((line) => line.startsWith('<<<<<<<'));
  const base = lines.findIndex((line) => line.startsWith('|||||||'));
  const middle = lines.findIndex((line) => line.startsWith('======='));
  const to = lines.findIndex((line) => line.startsWith('>>>>>>>'));
  if (from < 0 || base < from || middle < base || to < middle) throw new Error(`no conflict in ${path}:\n${text}`);
  const both = [...lines.slice(from + 1, base), ...lines.slice(middle + 1, to)];
  yield* done('Edit', {
    file_path: path,
    old_string: lines.slice(from, to + 1).join('\n'),
    new_string: both.join('\n'),
  });
}
