import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Plan } from '../../../../src/core/plan/plan.js';
import { planOf } from '../../../support/runs/plan-fixture.js';
import { INTERVENTIONS } from '../../../support/runs/simulated-person.js';
import { SimulatedSupervisor, type Script } from '../../../support/runs/simulated-supervisor.js';

/** A plan of any shape: dependencies point to tasks before, waves only grow. */
const plans: fc.Arbitrary<Plan> = fc
  .record({
    tasks: fc.array(
      fc.record({
        deps: fc.array(fc.nat(), { maxLength: 3 }),
        newWave: fc.boolean(),
        retries: fc.nat(2),
        budgetUsd: fc.option(fc.integer({ min: 1, max: 3 })),
        skip: fc.integer({ min: 0, max: 5 }),
      }),
      { minLength: 1, maxLength: 8 },
    ),
    validated: fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }),
    schedule: fc.constantFrom('deps' as const, 'waves' as const),
    maxConcurrency: fc.integer({ min: 1, max: 3 }),
    wave: fc.option(fc.nat(7), { freq: 5 }),
  })
  .map(({ tasks, validated, schedule, maxConcurrency, wave }) => {
    let number = 1;
    const described = tasks.map(({ deps, newWave, retries, budgetUsd }, index) => {
      if (newWave && index > 0) number += 1;
      const ids = deps.filter(() => index > 0).map((dep) => `t${dep % index}`);
      return { id: `t${index}`, wave: number, deps: [...new Set(ids)].sort(), retries, budgetUsd };
    });
    const skip = tasks.flatMap((task, index) => (task.skip === 5 ? [`t${index}`] : []));
    const plan = planOf(described, {
      settings: { schedule, maxConcurrency },
      skip,
      wave: wave === null ? null : 1 + (wave % number),
    });
    const waves = plan.waves.map((each) => ({
      ...each,
      validation: validated[each.number - 1] === true ? 'make check' : null,
    }));
    return { ...plan, waves };
  });

const scripts: fc.Arbitrary<Script> = fc.record({
  chances: fc.array(fc.nat(99), { maxLength: 300, size: 'max' }),
  interventions: fc.array(fc.constantFrom(...INTERVENTIONS), { maxLength: 8, size: 'max' }),
});

/** Some 3 ms each; 20,000 found nothing that these do not. */
const RUNS = 500;
/** Ten times what it takes on an idle machine. */
const TIMEOUT_MS = 30_000;

it(
  'every run ends, whatever happens to it, without violating an invariant',
  () => {
    fc.assert(
      fc.property(plans, scripts, (plan, script) => {
        new SimulatedSupervisor(plan, script).run();
      }),
      { numRuns: RUNS },
    );
  },
  TIMEOUT_MS,
);

it(
  'an undisturbed run completes',
  () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const whole = { ...plan, skip: [], wave: null };
        const supervisor = new SimulatedSupervisor(whole, { chances: [], interventions: [] });
        supervisor.run();
        expect(supervisor.history.state.phase).toEqual({ kind: 'finished', state: 'completed' });
      }),
      { numRuns: 150 },
    );
  },
  TIMEOUT_MS,
);
