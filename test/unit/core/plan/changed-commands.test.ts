import { expect, it } from 'vitest';
import { changedCommands, changesText, withCommands } from '../../../../src/core/plan/changed-commands.js';
import { planOf } from '../../../support/runs/plan-fixture.js';

const tasks = ['a', 'b'].map((id) => ({ id, prompt: 'Do it. Before you finish, `npm test` has to pass.' }));
const waves = [{ number: 1, validation: 'make check' }];
const plan = planOf(tasks, { settings: { verify: 'npm test', setup: 'npm ci' }, source: { waves } });

it('an unchanged plan changes nothing', () => {
  expect(changedCommands(plan, plan)).toBeNull();
});

it('changed commands are found, listed, and put into the plan and the prompts that name them', () => {
  const onDisk = planOf([{ id: 'a', setup: 'make', verify: 'npm run check' }, { id: 'c' }], {
    settings: { verify: 'npm test', setup: 'npm ci' },
    source: { waves: [{ number: 1, validation: null }] },
  });
  const changes = changedCommands(plan, onDisk);
  if (changes === null) throw new Error('nothing was found');
  expect(changes).toEqual({
    tasks: [{ id: 'a', setup: 'make', verify: 'npm run check' }],
    waves: [{ number: 1, validation: null }],
  });
  expect(changesText(plan, changes)).toEqual([
    '  - setup (a): make',
    '  - verify (a): npm run check',
    '  - validation (after wave 1): removed',
  ]);
  const changed = withCommands(plan, changes);
  expect(changed.tasks[0]).toMatchObject({ setup: 'make', verify: 'npm run check' });
  expect(changed.tasks[0]?.prompt).toContain('`npm run check` has to pass');
  expect(changed.tasks[1]).toEqual(plan.tasks[1]);
  expect(changed.waves[0]?.validation).toBeNull();
  expect(changedCommands(changed, onDisk)).toBeNull();
});
