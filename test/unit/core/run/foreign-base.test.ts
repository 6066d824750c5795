import { expect, it } from 'vitest';
import { inTerminal } from '../../../../src/core/base/text.js';
import { foreignBase } from '../../../../src/core/run/rules/foreign-base.js';
import { planOf } from '../../../support/runs/plan-fixture.js';

it('a pull request that somebody opened into another branch is not used, so that nothing is merged there', () => {
  const plan = planOf([{ id: 'a' }, { id: 'b', deps: ['a'] }]);
  const [task] = plan.tasks;
  if (task === undefined) throw new Error('no task');
  expect(foreignBase(plan, task, { number: 7, base: plan.base.branch })).toBeNull();
  expect(foreignBase(plan, task, { number: 7, base: task.branch })).toBeNull();
  const found = foreignBase(plan, task, { number: 7, base: 'release' });
  expect(found?.reason).toBe(`pull request #7 asks to be merged into release, not into ${plan.base.branch}`);
  expect(inTerminal(found?.hint ?? '')).toBe(
    `gh pr edit 7 --base ${plan.base.branch} && o8 merge --run ${plan.runId} --task a`,
  );
});
