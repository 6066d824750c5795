import { notificationEnvironment, notificationsBetween, type Notification } from '../../core/report/notification.js';
import type { RunState } from '../../core/run/run-state.js';
import { agentEnvironment } from '../../process/programs/agent-environment.js';
import { runProgram, runShellCommand, type ProgramResult } from '../../process/programs/run-program.js';
import { errorText } from '../run/error-text.js';
import { markOfCommands } from '../run/commands-of-run.js';
import { noteLeftovers } from '../run/note-leftovers.js';
import type { Run } from '../run/run.js';
import { isStillAccepted } from '../run/run-consent.js';

/** Sending a message should not take longer. */
const TIMEOUT_MS = 10_000;
/** Time for processes that the command started in the background, because the next notification waits for them. */
const LEFT_MS = 3_000;
/** Time for waiting notifications at the end of a run; after it, only the end itself is sent. */
const GOODBYE_MS = 10_000;

/**
 * Runs the user's `notify` command for each event, one at a time, concurrently with the loop. Its failures are only
 * logged.
 */
export class Notifier {
  private told: RunState;
  private readonly waiting: Notification[] = [];
  private working: Promise<void> | null = null;
  private deadline = Infinity;

  constructor(private readonly run: Run) {
    this.told = run.ledger.state;
  }

  /** Queues notifications for what has happened since the last call. */
  observe(): void {
    if (this.run.plan.settings.notify === null) return;
    const { state } = this.run.ledger;
    this.waiting.push(...notificationsBetween(this.told, state));
    this.told = state;
    if (this.waiting.length > 0) this.working ??= this.work();
  }

  /** Sends the remaining notifications, always including the end of the run; resolves when no command is running. */
  async close(): Promise<void> {
    this.deadline = performance.now() + GOODBYE_MS;
    this.observe();
    await this.working;
  }

  private async work(): Promise<void> {
    for (let next = this.waiting.shift(); next !== undefined; next = this.waiting.shift()) {
      const late = performance.now() > this.deadline && next.event !== 'run_finished';
      if (late) this.run.log(`notify ${nameOf(next)}: skipped because the command is too slow`);
      else await this.tell(next);
    }
    this.working = null;
  }

  private async tell(notification: Notification): Promise<void> {
    const { plan, env, redact, log } = this.run;
    const message = redact(notification.message);
    try {
      if (!(await isStillAccepted(this.run))) return; // the command is part of what is no longer accepted
      const result = await this.start({
        cwd: plan.root,
        env: {
          ...agentEnvironment(env, notificationEnvironment({ ...notification, message })),
          ...markOfCommands(this.run),
        },
        timeoutMs: TIMEOUT_MS,
        logFile: null,
        patienceMs: LEFT_MS,
      });
      await this.noteLeft(notification, result.ended);
      if (result.code !== 0) log(`notify ${nameOf(notification)}: ${failureText(result)}`);
    } catch (error) {
      log(`notify ${nameOf(notification)}: ${errorText(error)}`);
    }
  }

  /** Nothing is recorded after the lock has been released. */
  private async noteLeft({ task }: Notification, ended: readonly string[]): Promise<void> {
    await noteLeftovers(this.run, this.deadline === Infinity ? task : null, 'notify', ended);
  }

  private async start(options: Parameters<typeof runProgram>[1]): Promise<ProgramResult> {
    const { notify } = this.run.plan.settings;
    return typeof notify === 'string' ? runShellCommand(notify, options) : runProgram(notify ?? [], options);
  }
}

function nameOf({ event, task }: Notification): string {
  return task === null ? event : `${event} ${task}`;
}

function failureText({ code, signal, timedOut, outputTail }: ProgramResult): string {
  const ending = timedOut ? `timed out after ${String(TIMEOUT_MS / 1000)} s` : `exit ${String(code ?? signal)}`;
  return `${ending} ${outputTail.trim().slice(-300)}`.trim();
}
