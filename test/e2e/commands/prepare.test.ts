import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import * as z from 'zod';
import { user } from '../../support/claude/claude-session.js';
import { CommandSession } from '../../support/claude/command-session.js';
import { createRepository, type TestRepository } from '../../support/git/repository.js';
import { ask, call, callO8, resultOf, tell, whenTold, type Conversation } from '../../support/claude/scripted-model.js';

// /parallel-setup and /parallel-decompose: from a product document to a committed plan that passes.

const O8 = `node ${resolve(import.meta.dirname, '../../..')}/dist/o8.js`;
const FOLDER = 'parallel/shop';
const preflightSchema = z.looseObject({
  ok: z.boolean(),
  checks: z.array(z.looseObject({ id: z.string(), level: z.string(), message: z.string(), hint: z.string() })),
});

const taskFile = (id: string, title: string, create: string): string => `---
id: ${id}
component: ${title.toLowerCase()}
wave: 1
deps: []
---

# ${title}

A module with ${title.toLowerCase()}.

## Scope

CREATE: ${create}

## Done when

- the module can be imported
`;

const PLAN: Readonly<Record<string, string>> = {
  'manifest.json': JSON.stringify({
    technology: 'node',
    sources: { prd: 'docs/prd.md' },
    tasks: { total: 2, waves: 1, files: ['tasks/task-001-users.md', 'tasks/task-002-orders.md'] },
    o8: { verify: 'npm test' },
  }),
  'context.md': 'Plain Node, no packages.\n',
  'architecture.md': 'Two modules.\n',
  'tasks/task-001-users.md': taskFile('task-001', 'Users', 'src/users.js, src/index.js'),
  'tasks/task-002-orders.md': taskFile('task-002', 'Orders', 'src/orders.js, src/index.js'),
};
const REPAIRED = taskFile('task-002', 'Orders', 'src/orders.js');

async function shop(files: Readonly<Record<string, string>> = {}): Promise<TestRepository> {
  const repository = await createRepository({
    files: {
      'docs/prd.md': '# Shop\n\nUsers and orders.\n',
      'package.json': '{"scripts": {"test": "node --test"}}\n',
      ...files,
    },
  });
  onTestFinished(() => repository.remove());
  return repository;
}

describe('/parallel-setup', () => {
  it('runs the program without a prompt and writes of .worktreeinclude what the user chose', async () => {
    const repository = await shop({ '.gitignore': '.env*\n', 'CLAUDE.md': '# House rules\n' });
    await repository.write('.env', 'SECRET=1\n');
    function* driver(): Conversation {
      const { text } = yield* call('Bash', { command: `${O8} setup` });
      expect(text).toMatch(/created +parallel\/README\.md[\s\S]*list them in \.worktreeinclude:\n\n {2}\/\.env\n/);
      expect(yield* ask('Which of these should every worktree get?', ['/.env', 'None'])).toBe('/.env');
      yield* call('Write', { file_path: join(repository.root, '.worktreeinclude'), content: '/.env\n' });
      expect(yield* ask('Commit these files?', ['Yes', 'No'])).toBe('No');
      yield* tell(text);
    }
    const session = await CommandSession.open({
      ...{ root: repository.root, driver },
      user: user({ answers: { 'Which of these should every worktree get?': '/.env', 'Commit these files?': 'No' } }),
    });
    const head = await repository.git(['rev-parse', 'HEAD']);
    expect(await session.say('/parallel-setup')).toContain('/parallel-decompose <prd>');
    expect(session.told).toContain(`\`${O8} setup\``);
    expect(session.asked).toEqual(['Which of these should every worktree get?', 'Commit these files?']);
    expect(session.refused).toEqual([]);
    expect(session.calls.map(([tool]) => tool)).toEqual(['Bash', 'AskUserQuestion', 'Write', 'AskUserQuestion']);
    expect(await repository.git(['status', '--porcelain'])).toBe(' M CLAUDE.md\n?? .worktreeinclude\n?? parallel/');
    expect(await readFile(join(repository.root, 'CLAUDE.md'), 'utf8')).toMatch(/^# House rules\n/);
    expect(await repository.git(['rev-parse', 'HEAD'])).toBe(head);
  });
});

describe('/parallel-decompose', () => {
  it('has the decomposer write a folder and fix what the checks find, and commits it when the user agrees', async () => {
    const repository = await shop();
    const path = (name: string) => join(repository.root, FOLDER, name);
    const rounds: string[] = [];
    const decompose = (prompt: string) =>
      call('Agent', {
        subagent_type: 'o8:decomposer',
        description: 'Decompose the document',
        prompt,
        run_in_background: false,
      });

    function* driver(): Conversation {
      yield* decompose(`Document: docs/prd.md. No tech spec. Folder: ${FOLDER}.`);
      const rendered = yield* call('Bash', { command: `${O8} render ${FOLDER}` });
      expect(rendered).toMatchObject({ isError: true, text: expect.stringContaining('Exit code 4') as string });
      const first = resultOf(preflightSchema, yield* callO8('preflight', { dir: FOLDER }));
      const overlap = first.checks.find(({ id }) => id === 'scope-overlap');
      expect(overlap?.message).toContain('src/index.js');
      yield* decompose(`Document: docs/prd.md. Folder: ${FOLDER}. ${overlap?.message} ${overlap?.hint}`);
      expect((yield* call('Bash', { command: `${O8} render ${FOLDER}` })).isError).toBe(false);
      const { checks } = resultOf(preflightSchema, yield* callO8('preflight', { dir: FOLDER }));
      expect(checks.filter(({ level }) => level === 'fail').map(({ id }) => id)).toEqual(['clean-tree']);
      expect(yield* ask('Commit this plan?')).toBe('Yes');
      yield* call('Bash', { command: `git add -- ${FOLDER} && git commit -m "Plan shop" -- ${FOLDER}` });
      expect(resultOf(preflightSchema, yield* callO8('preflight', { dir: FOLDER })).ok).toBe(true);
      yield* tell(`Next: /parallel-run ${FOLDER} --dry-run`);
    }
    function* decomposer(prompt: string): Conversation {
      rounds.push(prompt);
      if (rounds.length === 1) {
        yield* call('Read', { file_path: join(repository.root, 'docs/prd.md') });
        for (const [name, content] of Object.entries(PLAN)) {
          yield* call('Write', { file_path: path(name), content });
        }
        yield* tell('Two tasks, one wave.');
      } else {
        yield* call('Read', { file_path: path('tasks/task-002-orders.md') });
        yield* call('Write', { file_path: path('tasks/task-002-orders.md'), content: REPAIRED });
        yield* tell('src/index.js is of task-001 alone.');
      }
    }

    const commit = `Bash git add -- ${FOLDER} && git commit -m "Plan shop" -- ${FOLDER}`;
    const session = await CommandSession.open({
      ...{ root: repository.root, driver },
      subagents: [{ when: whenTold('You write a plan folder'), play: ({ userText }) => decomposer(userText) }],
      user: user({ answers: { 'Commit this plan?': 'Yes' }, allows: ['Bash'] }),
    });
    expect(await session.say('/parallel-decompose docs/prd.md --name shop')).toContain(FOLDER);

    for (const sentence of [
      'Arguments: `docs/prd.md --name shop`',
      `\`${O8} render <folder>\``,
      'do not overwrite anything',
      'After five rounds stop and show what is left.',
    ]) {
      expect(session.told).toContain(sentence);
    }
    expect(rounds).toEqual([expect.stringContaining(`Folder: ${FOLDER}.`), expect.stringMatching(/src\/index\.js/)]);
    expect(session.asked).toEqual(['Commit this plan?', commit]);
    expect(session.refused).toEqual(['Bash']); // the first round's `render`, which found the overlap
    expect(session.calls.map(([tool]) => tool)).toEqual([
      ...['Agent', 'Bash', 'preflight', 'Agent', 'Bash', 'preflight'],
      ...['AskUserQuestion', 'Bash', 'preflight'],
    ]);
    const committed = await repository.git(['show', '--format=%s', '--name-only', 'HEAD']);
    expect(committed.split('\n').sort()).toEqual(
      [...['', 'Plan shop', 'task-graph.md', 'prompts/task-001.txt', 'prompts/task-002.txt'], ...Object.keys(PLAN)]
        .map((name) => (name === '' || name === 'Plan shop' ? name : `${FOLDER}/${name}`))
        .sort(),
    );
    expect(await repository.git(['status', '--porcelain'])).toBe('');
    expect(existsSync(path('prompts/task-002.txt'))).toBe(true);
  });

  it('waits for a decomposer in the background; afterwards the user is asked for permissions that the command had', async () => {
    const repository = await shop();
    const render = `${O8} render ${FOLDER}`;
    function* driver(): Conversation {
      const agent = {
        subagent_type: 'o8:decomposer',
        description: 'Decompose the document',
        prompt: FOLDER,
        run_in_background: true,
      };
      const launched = yield* call('Agent', agent);
      expect(launched.text).toMatch(/background/);
      expect(yield* tell('The decomposer works.')).toMatch(/completed/);
      expect((yield* call('Bash', { command: render })).text).toContain('Exit code 4');
      yield* callO8('preflight', { dir: FOLDER });
      yield* tell('Rendered and checked.');
    }
    function* decomposer(): Conversation {
      for (const [name, content] of Object.entries(PLAN)) {
        yield* call('Write', { file_path: join(repository.root, FOLDER, name), content });
      }
      yield* tell('Two tasks, one wave.');
    }
    const session = await CommandSession.open({
      ...{ root: repository.root, driver },
      subagents: [{ when: whenTold('You write a plan folder'), play: decomposer }],
      user: user({ allows: ['Bash', 'mcp__plugin_o8_o8__preflight'] }),
    });
    expect(await session.say('/parallel-decompose docs/prd.md --name shop')).toBe('The decomposer works.');
    expect(session.told).toContain('continue with step 3 only after the notice');
    expect(await session.nextTurn()).toBe('Rendered and checked.');
    expect(session.asked).toEqual([`Bash ${render}`, 'preflight']);
    expect(session.calls.map(([tool]) => tool)).toEqual(['Agent', 'Bash', 'preflight']);
  });
});
