import { expect, it } from 'vitest';
import { parseScope } from '../../../../../src/core/scope/parse-scope.js';
import { composePrompt } from '../../../../../src/core/agents/base/worker-prompt.js';

it('a composed prompt has the context, the task, its files and when it is done', () => {
  const prompt = composePrompt({
    id: 'task-001',
    context: 'A shop.\n',
    task: '\n# Users\n\nWrite the users module.\n',
    scope: parseScope('CREATE: src/users.js\nMODIFY: src/app.js::routes\nBOUNDARY: src/shared/**').scope,
    verify: 'node check.mjs',
  });
  expect(prompt).toBe(`# Task task-001

## Context

A shop.

## Your task

# Users

Write the users module.

## Files

- Create only: \`src/users.js\`
- Change only: \`src/app.js::routes\`
- Never touch: \`src/shared/**\`

## When you are done

- Work only in the folder you are in: a git worktree with a branch of its own.
- Before you finish, \`node check.mjs\` has to pass.
- Commit everything you did on the current branch, in commits with clear messages.
- Then, as your last step, create the file \`.claude-task-complete\` in the top folder. Do not commit it.
- When you cannot finish, do not create that file; say what is missing.
`);
});

it('a composed prompt leaves out what the plan does not say', () => {
  const scope = parseScope('').scope;
  const prompt = composePrompt({ id: 'a', context: null, task: 'Do it.', scope, verify: null });
  expect(prompt).not.toContain('## Context');
  expect(prompt).not.toContain('## Files');
  expect(prompt).not.toContain('has to pass');
});
