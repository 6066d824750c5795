import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import { jsonValue } from '../core/base/json-value.js';
import type { ProgramAnswer } from '../core/base/program-answer.js';
import { inTerminal } from '../core/base/text.js';
import { reportError } from '../core/text/report-error.js';
import { bundledProgram } from '../process/base/bundle.js';
import { FAILPOINT_VARIABLE } from '../process/base/arm-failpoint.js';
import { signal } from '../process/base/signal.js';
import { waitUntil } from '../process/base/wait-until.js';
import { askProgram } from '../process/programs/ask-program.js';
import { startDetached } from '../process/programs/detach.js';
import { whatIsWrong } from './outcome.js';
import { RECOVERY_CASES, type RecoveryCase } from './recovery-case.js';
import { CONTINUES, HOLD } from './stand-ins/stand-in-agent.js';
import { agentRecords } from './stand-ins/records.js';
import { EPIC, makeThrowaway, TASK, type Throwaway } from './throwaway.js';

export interface CaseResult {
  readonly case: string;
  readonly ok: boolean;
  /** Why it failed; not there if it passed. */
  readonly why?: string;
}

/** For all cases together; the rest of 150 s is for taking everything away. */
const TOGETHER_MS = 135_000;
const STATUS_MS = 30_000;
/** A supervisor that has finished its run waits 15 s for bd, and for a call that is under way. */
const TOLD_MS = 30_000;
/** On an idle machine every point is reached within five seconds; a machine with much to do needs longer. */
const REACHED_MS = 60_000;

/** Runs all cases with the installed o8, several at a time, and tells each result in their order. */
export async function testRecovery(
  env: NodeJS.ProcessEnv,
  stop: AbortSignal,
  tell: (result: CaseResult) => void,
): Promise<CaseResult[]> {
  const end = performance.now() + TOGETHER_MS;
  const waiting = [...RECOVERY_CASES];
  const results = new Map<string, CaseResult>();
  const all: CaseResult[] = [];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined && !stop.aborted; next = waiting.shift()) {
      results.set(next.name, await runCase(next, env, stop, end));
      for (const { name } of RECOVERY_CASES.slice(all.length)) {
        const result = results.get(name);
        if (result === undefined) break;
        all.push(result);
        tell(result);
      }
    }
  };
  // A case waits for most of its time: for two looks at the queue, five seconds apart.
  const atOnce = Math.min(RECOVERY_CASES.length, Math.max(2, 2 * availableParallelism()));
  await Promise.all(Array.from({ length: atOnce }, work));
  return all;
}

async function runCase(one: RecoveryCase, env: NodeJS.ProcessEnv, stop: AbortSignal, end: number): Promise<CaseResult> {
  const failed = (why: string): CaseResult => ({ case: one.name, ok: false, why });
  try {
    const place = await makeThrowaway(env);
    try {
      const why = await new CaseRun(one, place, stop, end).run();
      return why === null ? { case: one.name, ok: true } : failed(why);
    } finally {
      await place.remove();
    }
  } catch (error) {
    return failed(inTerminal(reportError(error).message));
  }
}

const statusSchema = z.looseObject({ supervisor: z.looseObject({ pid: z.number().nullable(), alive: z.boolean() }) });

/** The same command twice; the first is killed. */
class CaseRun {
  private readonly command = [process.execPath, bundledProgram('o8.js')] as const;
  /** Created by the supervisor that kills itself, so that the next one does not. */
  private readonly killed: string;
  private readonly hold: string;

  constructor(
    private readonly one: RecoveryCase,
    private readonly place: Throwaway,
    private readonly stop: AbortSignal,
    private readonly end: number,
  ) {
    this.killed = join(place.folder, 'killed');
    this.hold = join(place.folder, HOLD);
  }

  /** Why it failed; null if it passed. */
  async run(): Promise<string | null> {
    const { place, one, stop } = this;
    const crashed = await this.crash();
    if (crashed !== null) return crashed;
    const again = this.again();
    if (one.crash.kind === 'o8_while_agent_works') await this.letGo();
    const answer = await again;
    if (answer.gaveUp === 'stopped') return 'interrupted';
    if (answer.gaveUp !== null) return `the same command again did not end in time${said(answer)}`;
    if (answer.code !== 0) return `the same command again ended with exit code ${String(answer.code)}${said(answer)}`;
    // The supervisor tells Beads the last of it after the command has shown the end of the run.
    await waitUntil(async () => stop.aborted || (await this.supervisor()) === null, this.within(TOLD_MS));
    return stop.aborted ? 'interrupted' : whatIsWrong(place, one);
  }

  /** Starts the command and kills it at its point; why it could not be, or null. */
  private async crash(): Promise<string | null> {
    const { place, one, killed } = this;
    const { crash } = one;
    const isAt = crash.kind === 'at';
    if (!isAt) writeFileSync(this.hold, '');
    const log = join(place.folder, 'first.log');
    const env = { ...place.env, ...(isAt ? { [FAILPOINT_VARIABLE]: `${crash.point}@${killed}` } : {}) };
    const now = { ended: false };
    const command = await startDetached([...this.command, ...this.words()], {
      ...{ cwd: place.root, env, logFile: log },
      onEnd: () => (now.ended = true),
    });
    const isReached = (): boolean => (isAt ? existsSync(killed) : this.isHeld());
    const isOver = (): boolean => now.ended || this.stop.aborted || isReached();
    await waitUntil(() => Promise.resolve(isOver()), this.within(REACHED_MS));
    if (this.stop.aborted) return 'interrupted';
    if (!isReached()) {
      const what = isAt ? `o8 was to be killed (${crash.point})` : 'the agent worked';
      const how = now.ended ? 'the command ended before' : `the command ran for ${String(REACHED_MS / 1000)} s before`;
      return `${how} ${what}${lastLine(readFileSync(log, 'utf8'))}`;
    }
    switch (crash.kind) {
      case 'at':
        signal(command, 'SIGKILL');
        return null;
      case 'all_while_agent_works':
        await place.killAll();
        writeFileSync(join(place.folder, CONTINUES), '');
        rmSync(this.hold);
        return null;
      case 'o8_while_agent_works': {
        const supervisor = await this.supervisor();
        if (supervisor === null) return 'o8 status named no supervisor while the agent worked';
        signal(command, 'SIGKILL');
        signal(supervisor, 'SIGKILL');
        return null;
      }
    }
  }

  /** The agent of the first command goes on when the second one has a supervisor, which must have found it. */
  private async letGo(): Promise<void> {
    await waitUntil(async () => (await this.supervisor()) !== null, this.within(REACHED_MS));
    rmSync(this.hold);
  }

  /** The agent has half of its work, and the run says that it works. */
  private isHeld(): boolean {
    if (
      !agentRecords(this.place.folder)
        .all()
        .some(({ event }) => event === 'half_done')
    )
      return false;
    const mirror = join(this.place.root, '.beads/orchestrator/state.json');
    return existsSync(mirror) && readFileSync(mirror, 'utf8').includes(`"${TASK}"`);
  }

  private words(): string[] {
    return ['run', '--epic', EPIC, '--yes'];
  }

  private async again(): Promise<ProgramAnswer> {
    const { place, stop } = this;
    return this.o8(this.words(), { ...place, stop, timeoutMs: this.within(TOGETHER_MS) });
  }

  /** The pid of the run's supervisor; null if none runs. */
  private async supervisor(): Promise<number | null> {
    const answer = await this.o8(['status', '--json'], { ...this.place, stop: this.stop, timeoutMs: STATUS_MS });
    const status = statusSchema.safeParse(jsonValue(answer.stdout));
    return status.success && status.data.supervisor.alive ? status.data.supervisor.pid : null;
  }

  private async o8(
    words: readonly string[],
    { root, env, stop, timeoutMs }: Pick<Throwaway, 'root' | 'env'> & { stop: AbortSignal; timeoutMs: number },
  ): Promise<ProgramAnswer> {
    return askProgram([...this.command, ...words], { cwd: root, env, stop, timeoutMs });
  }

  private within(most: number): number {
    return Math.max(1, Math.min(most, this.end - performance.now()));
  }
}

function said({ stdout, stderr }: ProgramAnswer): string {
  return lastLine(stderr.trim() === '' ? stdout : stderr);
}

/** Behind a colon, the last line that says something; '' if there is none. */
function lastLine(output: string): string {
  const line = output.split('\n').findLast((each) => each.trim() !== '');
  return line === undefined ? '' : `: ${line.trim()}`;
}
