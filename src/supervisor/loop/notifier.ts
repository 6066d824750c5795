import { notificationEnvironment, notificationsBetween, type Notification } from '../../core/report/notification.js';
import type { RunState } from '../../core/run/run-state.js';
import { agentEnvironment } from '../../process/programs/agent-environment.js';
import { runProgram, runShellCommand, type ProgramResult } from '../../process/programs/run-program.js';
import { errorText } from '../run/error-text.js';
import { markOfCommands } from '../run/commands-of-run.js';
import { noteLeftovers } from '../run/note-leftovers.js';
import type { Run } from '../run/run.js';
import { isStillAccepted } from '../run/run-consent.js';

/** A notification is a message, not work. */
const TIMEOUT_MS = 10_000;
/** What a command sends in the background may take this long, as the next notification waits for it. */
const LEFT_MS = 3_000;
/** At the run's end what waits gets this long; behind it, only the end itself is told. */
const GOODBYE_MS = 10_000;

/** Runs the user's `notify` command for what happens, one after the other beside the loop. Its failures are only logged. */
export class Notifier {
  private told: RunState;
  private readonly waiting: Notification[] = [];
  private working: Promise<void> | null = null;
  private deadline = Infinity;

  constructor(private readonly run: Run) {
    this.told = run.ledger.state;
  }

  /** Looks at what has happened since the last call. */
  observe(): void {
    if (this.run.plan.settings.notify === null) return;
    const { state } = this.run.ledger;
    this.waiting.push(...notificationsBetween(this.told, state));
    this.told = state;
    if (this.waiting.length > 0) this.working ??= this.work();
  }

  /** Tells the rest, the end of the run always; resolves when nothing runs any more. */
  async close(): Promise<void> {
    this.deadline = performance.now() + GOODBYE_MS;
    this.observe();
    await this.working;
  }

  private async work(): Promise<void> {
    for (let next = this.waiting.shift(); next !== undefined; next = this.waiting.shift()) {
      const late = performance.now() > this.deadline && next.event !== 'run_finished';
      if (late) this.run.log(`notify ${nameOf(next)}: left out, the command is too slow`);
      else await this.tell(next);
    }
    this.working = null;
  }

  private async tell(notification: Notification): Promise<void> {
    const { plan, env, redact, log } = this.run;
    const message = redact(notification.message);
    try {
      if (!(await isStillAccepted(this.run))) return; // the command is one of what is not accepted
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

  /** Once the lock is given back nothing more is recorded. */
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
  const ending = timedOut ? `not done after ${String(TIMEOUT_MS / 1000)} s` : `exit ${String(code ?? signal)}`;
  return `${ending} ${outputTail.trim().slice(-300)}`.trim();
}
