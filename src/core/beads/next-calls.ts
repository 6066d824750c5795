import { shownText } from '../text/shown-text.js';
import { clipped, lastWithin } from '../text/bounds.js';
import { sanitizeLine } from '../text/terminal-text.js';
import { idsOf, type BdCall, type TaskStatus } from './bd-call.js';
import { commentMarker } from './comment-marker.js';
import type { Report } from './reports.js';

const PHASES = ['phase:spawned', 'phase:working', 'phase:committed', 'phase:pr_created', 'phase:merged'] as const;
const CONFLICT = 'merge-conflict';
/** A call is half a second for the first issue and little for each more; its command line is limited. */
const MOST_IN_A_CALL = 100;
const MOST_FILES = 50;
const MOST_LINES_BYTES = 4_000;

/** One call's worth of a report: a report of a failure changes the issue, then comments on it. */
export type Step =
  | {
      readonly kind: 'update';
      readonly claim: boolean;
      /** Null: as it is. */
      readonly status: TaskStatus | null;
      readonly unassign: boolean;
      readonly labels: readonly string[];
    }
  | { readonly kind: 'close'; readonly reason: string }
  | { readonly kind: 'comment'; readonly report: Extract<Report, { kind: 'failed' | 'conflict' }> };

/** The steps of reports, in order. How many of them were done is all that has to be remembered. */
export function stepsOf(reports: readonly Report[]): Step[] {
  return reports.flatMap(stepsOfOne);
}

function stepsOfOne(report: Report): Step[] {
  switch (report.kind) {
    case 'spawned':
      return [update('in_progress', ['phase:spawned'], { claim: true })];
    case 'working':
      return [update('in_progress', ['phase:working'])];
    case 'committed':
      return [update('in_progress', ['phase:committed'])];
    case 'pr_created':
      return [update('in_progress', ['phase:pr_created', `pr:${String(report.pull)}`])];
    case 'merged':
      return [update(null, ['phase:merged']), { kind: 'close', reason: `merged ${report.commit}` }];
    case 'failed':
      return [update('blocked', []), { kind: 'comment', report }];
    case 'conflict':
      return [update('in_progress', ['phase:committed', CONFLICT]), { kind: 'comment', report }];
    case 'aborted':
      return [update('open', [], { unassign: true })];
  }
}

function update(
  status: TaskStatus | null,
  labels: readonly string[],
  { claim = false, unassign = false }: { readonly claim?: boolean; readonly unassign?: boolean } = {},
): Step {
  return { kind: 'update', claim, status, unassign, labels };
}

/** A task that Beads has to be told about: its steps, and how many were done. */
export interface Outbox {
  readonly task: string;
  readonly steps: readonly Step[];
  readonly done: number;
}

/** What Beads said of an issue when it was looked at last. */
export interface KnownIssue {
  readonly status: string;
  readonly labels: readonly string[];
}

export interface CallContext {
  readonly runId: string;
  /** Null: not looked at yet. */
  readonly known: (task: string) => KnownIssue | null;
  /** The end of its log, for people; [] where there is none. Secrets are replaced by the caller. */
  readonly lastLines: (task: string) => readonly string[];
}

/** A call, and the tasks whose next step it is. */
export interface NextCall {
  readonly call: BdCall;
  readonly tasks: readonly string[];
}

/**
 * The calls for the next step of every task that has one, those that are alike in one. After a call its tasks are one step
 * further, and the next round has their next steps: the order within a task is kept, and no tick needs a call a task.
 */
export function nextCalls(outboxes: readonly Outbox[], context: CallContext): NextCall[] {
  const calls = new Map<string, BdCall[]>();
  for (const { task, steps, done } of outboxes) {
    const step = steps[done];
    if (step === undefined) continue;
    const call = callOf(task, step, done, context);
    const key = keyOf(call);
    calls.set(key, [...(calls.get(key) ?? []), call]);
  }
  return [...calls.values()].flatMap((alike) => inCalls(alike));
}

function callOf(task: string, step: Step, number: number, context: CallContext): BdCall {
  switch (step.kind) {
    case 'close':
      return { kind: 'close', ids: [task], reason: step.reason };
    case 'comment': {
      const marker = commentMarker(context.runId, task, number);
      const text = commentText(step.report, context.lastLines(task));
      return { kind: 'comment', id: task, text: `${text}\n\n${marker}`, marker };
    }
    case 'update':
      return updateCall(task, step, context.known(task));
  }
}

/** An issue that a person closed meanwhile stays closed, and is nobody's again only if they say so. */
function updateCall(task: string, step: Extract<Step, { kind: 'update' }>, known: KnownIssue | null): BdCall {
  const isOpen = known?.status !== 'closed';
  const others = (known?.labels ?? []).filter((label) => /^(phase:.|pr:\d+$)/.test(label));
  const hasPull = step.labels.some((label) => label.startsWith('pr:'));
  const stale = [...PHASES, CONFLICT, ...others].filter(
    (label) => !step.labels.includes(label) && (hasPull || !label.startsWith('pr:')),
  );
  return {
    kind: 'update',
    ids: [task],
    claim: isOpen && step.claim,
    status: isOpen ? step.status : null,
    unassign: isOpen && step.unassign,
    addLabels: step.labels,
    removeLabels: [...new Set(stale)],
  };
}

/** Calls with the same key differ in nothing but their issues. */
function keyOf(call: BdCall): string {
  return call.kind === 'comment' ? `${call.id}\0${call.marker}` : JSON.stringify({ ...call, ids: [] });
}

function inCalls(alike: readonly BdCall[]): NextCall[] {
  const [first] = alike;
  if (first === undefined) return [];
  const ids = alike.flatMap((call) => idsOf(call));
  if (first.kind === 'comment') return [{ call: first, tasks: ids }];
  const groups = Array.from({ length: Math.ceil(ids.length / MOST_IN_A_CALL) }, (_, at) =>
    ids.slice(at * MOST_IN_A_CALL, (at + 1) * MOST_IN_A_CALL),
  );
  return groups.map((group) => ({ call: { ...first, ids: group }, tasks: group }));
}

function commentText(report: Extract<Report, { kind: 'failed' | 'conflict' }>, lastLines: readonly string[]): string {
  switch (report.kind) {
    case 'failed': {
      const attempt = report.attempt === 0 ? '' : `Attempt ${String(report.attempt)} `;
      const said = `o8: ${attempt}failed (${report.reason}): ${shownText(clipped(report.message, 1_000))}`;
      const { lines } = lastWithin(lastLines.map(sanitizeLine), MOST_LINES_BYTES);
      return lines.length === 0 ? said : `${said}\n\nLast lines of its log:\n\n${indented(lines)}`;
    }
    case 'conflict': {
      const files = report.files.slice(0, MOST_FILES).map(sanitizeLine);
      const more = report.files.length - files.length;
      const rest = more === 0 ? [] : [`… and ${String(more)} more`];
      return `o8: The branch conflicts with its target in:\n\n${indented([...files, ...rest])}`;
    }
  }
}

/** A block of code, which no line in it can end. */
function indented(lines: readonly string[]): string {
  return lines.map((line) => `    ${line}`.trimEnd()).join('\n');
}
