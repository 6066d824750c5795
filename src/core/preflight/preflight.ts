import type { Plan } from '../plan/plan.js';
import { collisionChecks } from './preflight-collisions.js';
import type { Check } from '../base/check.js';
import type { PreflightFacts } from './preflight-facts.js';
import { machineChecks } from './preflight-machine.js';
import { planChecks } from './preflight-plan.js';
import { trustCheck } from '../trust/trust-text.js';
import { pullChecks } from './preflight-pulls.js';
import { repositoryChecks } from './preflight-repository.js';

/** All checks that run before anything is created, always in the same order. */
export function preflightChecks(plan: Plan, facts: PreflightFacts): Check[] {
  return [
    ...repositoryChecks(plan, facts),
    ...collisionChecks(plan, facts),
    ...machineChecks(plan, facts),
    trustCheck(facts.trust),
    ...planChecks(plan, facts),
    ...facts.sourceChecks,
    ...(facts.pulls === null ? [] : pullChecks(facts.pulls, plan.settings)),
  ];
}

/** Whether a run may start: warnings do not prevent it, failures do. */
export function preflightPassed(checks: readonly Check[]): boolean {
  return checks.every(({ level }) => level !== 'fail');
}
