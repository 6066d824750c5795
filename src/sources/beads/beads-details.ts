import { pass } from '../../core/base/check.js';
import { planText } from '../../core/plan/plan-text.js';
import type { PlanDetails } from '../../core/preflight/plan-details.js';
import { planOverlaps } from '../../core/preflight/preflight-plan.js';

/** Issues are read whole; without bd or a database there is no plan to check. */
export function beadsDetails(version: string): PlanDetails {
  return {
    text: planText,
    overlaps: planOverlaps,
    sizes: () => new Map(),
    whole: () => ({}),
    refuseIncomplete: () => undefined,
    calls: null,
    toldFiles: () => [],
    checks: () => [
      pass('beads', `bd ${version}, with a database in .beads`),
      pass('beads-export', 'Calls of o8 and its agents leave the index alone (export.git-add is off for them)'),
    ],
  };
}
