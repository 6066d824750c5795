import type { Failpoint } from '../core/base/failpoint.js';

/** Where the case's run is killed with SIGKILL. */
export type Crash =
  /** The supervisor, when it reaches this point, and the command. */
  | { readonly kind: 'at'; readonly point: Failpoint }
  /** The supervisor and the command, while the agent works. */
  | { readonly kind: 'o8_while_agent_works' }
  /** Every process of the run, as when the machine loses power, while the agent has uncommitted work. */
  | { readonly kind: 'all_while_agent_works' };

export interface RecoveryCase {
  readonly name: string;
  readonly crash: Crash;
  /** How many agents must have started in the end. */
  readonly agents: number;
}

/** The points of a task's life at which a run can be interrupted, in their order. */
export const RECOVERY_CASES: readonly RecoveryCase[] = [
  { name: 'before the agent', crash: { kind: 'at', point: 'attempt.start.before' }, agents: 1 },
  { name: 'agent alive', crash: { kind: 'o8_while_agent_works' }, agents: 1 },
  { name: 'agent dead with uncommitted work', crash: { kind: 'all_while_agent_works' }, agents: 2 },
  { name: 'committed, not pushed', crash: { kind: 'at', point: 'remote.push.before' }, agents: 1 },
  { name: 'pushed without a pull request', crash: { kind: 'at', point: 'forge.create.before' }, agents: 1 },
  { name: 'pull request open', crash: { kind: 'at', point: 'forge.create.after' }, agents: 1 },
  { name: 'merged, not closed', crash: { kind: 'at', point: 'forge.merge.after' }, agents: 1 },
];
