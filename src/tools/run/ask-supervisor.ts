import type * as z from 'zod';
import { O8Error } from '../../core/base/errors.js';
import { requestResults, type ResultOf } from '../../core/run/request-results.js';
import type { Request, RequestAnswer } from '../../core/run/requests.js';
import type { RunHome } from '../../store/files/paths.js';
import { awaitAnswer, submitRequest, withdrawRequest } from '../../store/runs/request-files.js';
import { ownsRun } from '../context/load-run.js';
import { readSettledLock } from '../context/settled-lock.js';
import { ensureSupervisor } from './start-supervisor.js';

/** A merge runs the user's verify command, which may take as long as a task. */
const ANSWER_TIMEOUT_MS = 4 * 60 * 60_000;

/** A supervisor that ends or is killed before it answers leaves the request to the next one. */
const MOST_SUPERVISORS = 3;

/**
 * Writes the request first, so that it is carried out even if this process is killed; starts a supervisor when none is
 * running; waits for the answer.
 */
export async function askSupervisor<K extends Request['kind']>(
  home: RunHome,
  runId: string,
  request: Request & { readonly kind: K },
  env: NodeJS.ProcessEnv,
  { patienceMs } = { patienceMs: ANSWER_TIMEOUT_MS },
): Promise<ResultOf<K>> {
  await submitRequest(home, runId, request);
  const answer = await answerOf(home, runId, request.id, env, patienceMs);
  await readSettledLock(home); // so that the next command is not told "locked"
  switch (answer.kind) {
    case 'done':
      return resultOf(request.kind, answer.result);
    case 'refused':
      throw new O8Error('refused', answer.message, answer.hint);
  }
}

function resultOf<K extends Request['kind']>(kind: K, result: unknown): ResultOf<K> {
  const schemas: { readonly [Kind in Request['kind']]: z.ZodType<ResultOf<Kind>> } = requestResults;
  return schemas[kind].parse(result);
}

async function answerOf(
  home: RunHome,
  runId: string,
  requestId: string,
  env: NodeJS.ProcessEnv,
  timeoutMs: number,
): Promise<RequestAnswer> {
  for (let started = 1; ; started += 1) {
    await ensureSupervisor(home, runId, env).catch(async (error: unknown) => {
      // The caller is told that another run is in the way: the request must not be carried out later.
      if (isLocked(error)) await withdrawRequest(home, runId, requestId);
      throw error;
    });
    try {
      return await awaitAnswer(home, runId, requestId, {
        timeoutMs,
        stillAlive: () => ownsRun(home, runId),
      });
    } catch (error) {
      const died = error instanceof O8Error && error.code === 'supervisor_failed';
      if (!died || started === MOST_SUPERVISORS) throw error;
    }
  }
}

function isLocked(error: unknown): boolean {
  return error instanceof O8Error && (error.code === 'locked' || error.code === 'lock_unknown');
}
