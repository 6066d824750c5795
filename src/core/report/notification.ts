import { inTerminal, o8 } from '../base/text.js';
import { countStates, taskOf, type RunState, type TaskRecord } from '../run/run-state.js';
import { sanitizeLine } from '../text/terminal-text.js';
import { counted } from '../text/counted.js';

export type NotificationEvent =
  'task_complete' | 'task_failed' | 'task_conflict' | 'task_held' | 'run_paused' | 'run_finished';

/** What the user's `notify` command receives. */
export interface Notification {
  readonly event: NotificationEvent;
  readonly runId: string;
  /** Null when the event concerns the whole run. */
  readonly task: string | null;
  readonly state: string;
  /** One line, safe to print. */
  readonly message: string;
}

/** Desktop and chat notifications show less than this; the output of a failed `verify` can be pages long. */
const LONGEST_MESSAGE = 500;

/** The notifications between two states of a run. A state is reported again only when it was entered again. */
export function notificationsBetween(before: RunState, after: RunState): Notification[] {
  const tasks = [...after.tasks.values()].flatMap((record) =>
    taskOf(before, record.id).state === record.state ? [] : ofTask(after.runId, record),
  );
  return before.phase === after.phase ? tasks : [...tasks, ...ofRun(after)];
}

/** Untrusted data is passed in environment variables, never in a command line. */
export function notificationEnvironment({
  event,
  runId,
  task,
  state,
  message,
}: Notification): Readonly<Record<string, string>> {
  return { O8_EVENT: event, O8_RUN_ID: runId, O8_TASK_ID: task ?? '', O8_STATE: state, O8_MESSAGE: message };
}

function ofTask(runId: string, { id, state, commits }: TaskRecord): Notification[] {
  const of = (event: NotificationEvent, text: string): Notification[] => [
    { event, runId, task: id, state: state.state, message: line(`${id}: ${text}`) },
  ];
  switch (state.state) {
    case 'complete':
      return of('task_complete', `complete (${counted(commits, 'commit')})`);
    case 'failed':
      return of('task_failed', `failed: ${state.reason}: ${state.message}`);
    case 'merge_conflict':
      return of('task_conflict', `conflict: ${state.files.join(', ')}`);
    case 'merge_pending': {
      const held = state.hold?.held;
      return held ? of('task_held', `held: ${held.findings[0]?.what ?? ''}`) : [];
    }
    case 'queued':
    case 'worktree_created':
    case 'running':
    case 'blocked':
    case 'skipped':
    case 'aborted':
      return [];
  }
}

function ofRun(state: RunState): Notification[] {
  const { phase, runId } = state;
  switch (phase.kind) {
    case 'running':
    case 'aborting':
      return [];
    case 'paused': {
      const end =
        phase.until === null ? `continue with ${inTerminal(o8('unpause', { run: runId }))}` : `until ${phase.until}`;
      return [{ event: 'run_paused', runId, task: null, state: 'paused', message: line(`${phase.reason}; ${end}`) }];
    }
    case 'finished': {
      const counts = Object.entries(countStates(state)).map(([name, count]) => `${String(count)} ${name}`);
      const message = line(`Run ${runId} ${phase.state}: ${counts.join(', ')}`);
      return [{ event: 'run_finished', runId, task: null, state: phase.state, message }];
    }
  }
}

function line(text: string): string {
  return sanitizeLine(text.replace(/\s+/g, ' ')).trim().slice(0, LONGEST_MESSAGE);
}
