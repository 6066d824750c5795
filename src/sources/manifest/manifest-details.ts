import { planText } from '../../core/plan/plan-text.js';
import type { PlanDetails } from '../../core/preflight/plan-details.js';
import { planOverlaps } from '../../core/preflight/preflight-plan.js';

/** The tasks of a plan folder are complete, so there are no further details. */
export const manifestDetails: PlanDetails = {
  text: planText,
  overlaps: planOverlaps,
  sizes: () => new Map(),
  whole: () => ({}),
  refuseIncomplete: () => undefined, // missing parts are faults of the folder
  calls: null,
  toldFiles: () => [],
  checks: () => [],
};
