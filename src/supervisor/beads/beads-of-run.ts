import { refusedClaim } from '../../core/beads/refused-claim.js';
import { sourceOf } from '../../core/plan/sources.js';
import type { RunListener } from '../../core/run/run-listener.js';
import { lastWords } from '../../core/report/last-words.js';
import { taskLogView } from '../../core/agents/readable-log.js';
import { readLogTail } from '../../store/logs/log-reader.js';
import { agentEnvironment } from '../../process/programs/agent-environment.js';
import { askProgram } from '../../process/programs/ask-program.js';
import { beads } from '../../sources/beads/bd.js';
import { keepActor, readActor } from '../../store/runs/beads-actor.js';
import { readTold } from '../../store/runs/beads-told.js';
import { markOfCalls } from '../run/calls-of-run.js';
import type { Claims } from '../run/claims.js';
import type { Outside } from '../run/outside.js';
import { attemptOf, filesOf, recordOf, type Run } from '../run/run.js';
import { BdDoor } from './bd-door.js';
import { MirrorFile } from './mirror-file.js';
import { QueueWatch } from './queue-watch.js';
import { TaskClaims } from './task-claims.js';
import { Teller } from './teller.js';

/** What a run has to do with the queue its tasks come from. */
export interface QueueLink {
  readonly outside: readonly Outside[];
  readonly listeners: readonly RunListener[];
  readonly claims: Claims | null;
  /** Ends calls that are still under way. */
  close(): void;
}

const NO_QUEUE: QueueLink = { outside: [], listeners: [], claims: null, close: () => undefined };

/** `goesOn`: the run was begun by an earlier supervisor. */
export async function beadsOfRun(run: Run, goesOn: boolean): Promise<QueueLink> {
  const { queue } = sourceOf(run.plan.source);
  if (queue === null) return NO_QUEUE;
  const actor = await readActor(run.home);
  await keepActor(run.home, actor);
  const stop = new AbortController();
  const door = new BdDoor(
    beads({
      program: run.plan.settings.beads.program,
      root: run.repo.root,
      actor,
      env: agentEnvironment(run.env, markOfCalls(run)),
      ask: askProgram,
      stop: stop.signal,
    }),
  );
  const { plan, log, lease, ledger } = run;
  const refused = async (task: string, why: string): Promise<void> => {
    const notes = [refusedClaim(task, why).note];
    if (!recordOf(run, task).notes.includes(notes[0] ?? '')) await ledger.record({ type: 'task_noted', task, notes });
  };
  const assertHeld = (): void => lease.assertHeld();
  const { journal, beads: told } = filesOf(run);
  const lastLines = async (task: string): Promise<readonly string[]> => linesOf(run, task);
  const host = { plan, door, assertHeld, refused, lastLines, log };
  const teller = new Teller({ ...host, files: { journal, told }, told: await readTold(told) });
  const mirror = new MirrorFile(run);
  const queueWatch = new QueueWatch(run, { epic: queue.epic, actor, door, teller, goesOn });
  return {
    outside: [queueWatch, mirror],
    listeners: [teller, { tell: (state) => mirror.update(state) }],
    claims: new TaskClaims(door, log, queue.takes ? { id: queue.epic, actor } : null),
    close: () => stop.abort(),
  };
}

const LINES_TO_QUOTE_FROM = 200;

async function linesOf(run: Run, task: string): Promise<readonly string[]> {
  const { log } = attemptOf(run, task, Math.max(1, recordOf(run, task).attempt));
  const words = lastWords(await readLogTail(log, LINES_TO_QUOTE_FROM), taskLogView(run.plan, task), '');
  return words === '' ? [] : run.redact(words).split('\n');
}
