import { planText } from '../../core/plan/plan-text.js';
import type { PlanDetails } from '../../core/preflight/plan-details.js';
import { planOverlaps } from '../../core/preflight/preflight-plan.js';

/** A plan folder's tasks say everything themselves. */
export const manifestDetails: PlanDetails = {
  text: planText,
  overlaps: planOverlaps,
  sizes: () => new Map(),
  whole: () => ({}),
  refuseIncomplete: () => undefined, // what is missing is a fault of the folder
  calls: null,
  toldFiles: () => [],
  checks: () => [],
};
