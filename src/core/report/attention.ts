import { acceptCommand, mergeAgain } from '../held/finding.js';
import { o8, withFlags, type Command, type Text } from '../base/text.js';
import { resolveCommand } from '../merge/waiting-work.js';
import type { Plan } from '../plan/plan.js';
import { runCommand } from '../plan/sources.js';
import { targetName, targetOf, wayToLand } from '../plan/target.js';
import { failedValidations } from '../run/failed-validations.js';
import { resumeCommand } from '../run/open-runs.js';
import { taskOf, type RunState, type TaskRecord } from '../run/run-state.js';
import type { Timeline } from './timeline.js';

/** The most urgent first. */
const KINDS = [
  'interrupted',
  'held',
  'conflict',
  'failed',
  'validation',
  'paused',
  'limit',
  'blocked',
  'land',
] as const;
export type AttentionKind = (typeof KINDS)[number];

/** Something that a person has to do, or should know because nothing else goes on. */
export interface Attention {
  readonly kind: AttentionKind;
  /** Null for the run as a whole. */
  readonly task: string | null;
  /** One sentence without its full stop; may quote an agent. */
  readonly cause: string;
  /** What to do next, in order of preference; empty where only time helps. */
  readonly commands: readonly Text[];
  /** ISO 8601. */
  readonly since: string | null;
  /** When it ends by itself; null where it does not. */
  readonly until: string | null;
}

/** What needs a person now, the most urgent first, in the plan's order. */
export function attentionOf(
  plan: Plan,
  state: RunState,
  timeline: Timeline,
  { ownerAlive, root }: { readonly ownerAlive: boolean; readonly root: string },
): Attention[] {
  const again = withFlags(runCommand(plan.source, root), { retryFailed: true });
  const ofTasks = plan.tasks.flatMap(({ id }) => {
    const item = ofTask(plan, taskOf(state, id), again);
    if (item === null) return [];
    return [{ task: id, since: timeline.tasks.get(id)?.phases.at(-1)?.from ?? null, until: null, ...item }];
  });
  const ofWaves = failedValidations(state).map(({ wave, message }): Attention => ({
    kind: 'validation',
    task: null,
    cause: `the validation of wave ${String(wave)} failed: ${firstLine(message)}`,
    commands: [o8('logs', { wave, run: plan.runId }), again],
    since: null,
    until: null,
  }));
  const all = [...ofRun(plan, state, timeline, ownerAlive), ...ofTasks, ...ofWaves];
  return all.sort((a, b) => KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind));
}

type OfTask = Pick<Attention, 'kind' | 'cause' | 'commands'>;

function ofTask(plan: Plan, { id, state, attempt }: TaskRecord, again: Command): OfTask | null {
  const { runId } = plan;
  switch (state.state) {
    case 'failed':
      return {
        kind: 'failed',
        cause: `${state.reason}${state.message === '' ? '' : `: ${firstLine(state.message)}`}`,
        commands: [
          ...(attempt === 0 ? [] : [o8('logs', [id], { run: runId, verify: state.reason === 'verify_failed' })]),
          again,
        ],
      };
    case 'merge_conflict':
      return {
        kind: 'conflict',
        cause: `conflicts with ${targetName(targetOf(plan))} in ${state.files.slice(0, 3).join(', ')}${state.files.length > 3 ? ` and ${String(state.files.length - 3)} more` : ''}`,
        commands: [resolveCommand(runId, id)],
      };
    case 'merge_pending':
      if (state.hold === null) return null;
      return state.hold.held === null
        ? { kind: 'held', cause: firstLine(state.hold.reason), commands: [state.hold.hint] }
        : {
            kind: 'held',
            cause: state.hold.held.findings[0]?.what ?? state.hold.reason,
            commands: [
              ...(state.hold.held.findings[0]?.commands ?? []),
              mergeAgain(runId, id),
              acceptCommand(runId, id),
            ],
          };
    case 'blocked':
      return { kind: 'blocked', cause: `cannot start because of ${state.by.join(', ')}`, commands: [] };
    case 'queued':
    case 'worktree_created':
    case 'running':
    case 'complete':
    case 'skipped':
    case 'aborted':
      return null;
  }
}

function ofRun(plan: Plan, state: RunState, timeline: Timeline, ownerAlive: boolean): Attention[] {
  const { phase } = state;
  const of = (
    kind: AttentionKind,
    cause: string,
    commands: readonly Text[],
    more: Partial<Attention> = {},
  ): Attention => ({
    kind,
    task: null,
    cause,
    commands,
    since: null,
    until: null,
    ...more,
  });
  switch (phase.kind) {
    case 'running':
    case 'aborting':
      return ownerAlive ? [] : [of('interrupted', 'the supervisor is not running', [resumeCommand(plan.runId)])];
    case 'paused': {
      if (!ownerAlive) return [of('interrupted', 'the supervisor is not running', [resumeCommand(plan.runId)])];
      const since = timeline.pauses.at(-1)?.from ?? null;
      return [
        of(phase.until === null ? 'paused' : 'limit', firstLine(phase.reason), [o8('unpause', { run: plan.runId })], {
          since,
          until: phase.until,
        }),
      ];
    }
    case 'finished': {
      const isComplete = [...state.tasks.values()].some((task) => task.state.state === 'complete');
      if (!isComplete || state.landed !== null || wayToLand(targetOf(plan)) !== 'with_merge') return [];
      return [
        of('land', `finished work is on ${targetName(targetOf(plan))}, not on ${plan.base.branch}`, [
          o8('merge', { run: plan.runId }),
        ]),
      ];
    }
  }
}

/** Longer quotes are in the log. */
const MOST_CAUSE = 200;

function firstLine(text: string): string {
  const line = text.split('\n')[0] ?? '';
  return line.length > MOST_CAUSE ? `${line.slice(0, MOST_CAUSE)}…` : line;
}
