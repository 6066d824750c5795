import type { SeenPull } from '../../forge/pull-request.js';
import type { Plan, PlannedTask } from '../../plan/plan.js';
import type { PullResult } from '../request-results.js';
import type { TaskRecord } from '../run-state.js';
import { pullStep, type PullFacts } from './pull-step.js';

/** What `merge` would do with an open pull request that shows this, and why. */
export function pullProspect(
  plan: Plan,
  task: PlannedTask,
  record: TaskRecord,
  seen: SeenPull,
  facts: PullFacts,
): Pick<PullResult, 'action' | 'why'> {
  const { pull, state } = record;
  const unseen = {
    ...record,
    pull: pull === null ? null : { ...pull, seen: null }, // so that what is known is said again
    state: state.state === 'merge_pending' ? { ...state, hold: null } : state, // as after `merge`
  };
  const step = pullStep(plan, task, unseen, seen, facts);
  switch (step.kind) {
    case 'nothing':
      return { action: 'wait', why: 'the forge does not show the last push yet' };
    case 'seen':
      return { action: step.seen.kind === 'waiting' ? 'wait' : 'refuse', why: step.seen.message };
    case 'merged':
      return { action: 'merged', why: 'merged on the forge' };
    case 'prove':
      return { action: 'wait', why: `asks to be merged into ${step.base} now; it is verified again first` };
    case 'take':
      return {
        action: 'wait',
        why: `pushed by somebody else at ${step.head.slice(0, 12)}; it is verified again first`,
      };
    case 'return':
      return { action: 'refuse', why: `${step.seen.message}; the agent would work on it again` };
    case 'conflict':
      return { action: 'refuse', why: step.seen.message };
    case 'hold':
      return { action: 'refuse', why: step.reason };
    case 'ready':
      return { action: 'merge', why: 'ready to merge' };
  }
}
