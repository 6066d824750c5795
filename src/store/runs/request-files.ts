import { errorCode } from '../../core/base/error-code.js';
import { resumeCommand } from '../../core/run/open-runs.js';
import { o8, text } from '../../core/base/text.js';
import { existsSync } from 'node:fs';
import { lstat, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { O8Error } from '../../core/base/errors.js';
import { failpoint } from '../../core/base/failpoint.js';
import { requestAnswerSchema, requestSchema, type Request, type RequestAnswer } from '../../core/run/requests.js';
import { publishOnce, readJson } from '../files/atomic-file.js';
import { isFolderName, runPaths, type RunHome } from '../files/paths.js';

const REQUEST = '.request.json';
const ANSWER = '.answer.json';

/** A check is one failing open(2), and the delay is not noticeable. */
const POLL_MS = 25;
/** Checking whether the supervisor is alive costs more than checking for the file. */
const ALIVE_EVERY_MS = 500;

/** Sends a request to the supervisor. Sending the same request twice counts as one. Throws O8Error `no_run`. */
export async function submitRequest(home: RunHome, runId: string, request: Request): Promise<void> {
  const folder = runPaths(home, runId).requests;
  if (!(await isFolder(folder))) throw noRun(runId);
  failpoint('request.submit.before');
  await publishOnce(fileOf(folder, request.id, REQUEST), `${JSON.stringify(request, null, 2)}\n`);
  failpoint('request.submit.after');
}

/** Withdraws a request that the supervisor has not started: its sender was told that it was not done. */
export async function withdrawRequest(home: RunHome, runId: string, id: string): Promise<void> {
  await rm(fileOf(runPaths(home, runId).requests, id, REQUEST), { force: true });
}

/**
 * Unanswered requests, oldest first. An unreadable one is renamed to `*.damaged` and answered as refused, so that the
 * waiting process is told.
 */
export async function pendingRequests(home: RunHome, runId: string): Promise<Request[]> {
  const folder = runPaths(home, runId).requests;
  const names = await listNames(folder);
  const answered = new Set(names.filter((name) => name.endsWith(ANSWER)).map((name) => name.slice(0, -ANSWER.length)));
  const waiting = names.filter((name) => name.endsWith(REQUEST) && !answered.has(name.slice(0, -REQUEST.length)));
  const pending: { request: Request; written: bigint }[] = [];
  for (const name of waiting) {
    const path = join(folder, name);
    const id = name.slice(0, -REQUEST.length);
    if (!isFolderName(id)) continue; // not created by o8
    const written = await timeOf(path);
    if (written === null) continue; // removed meanwhile
    const request = await readRequest(home, runId, path, id);
    if (request !== null) pending.push({ request, written });
  }
  pending.sort((a, b) =>
    a.written === b.written ? compare(a.request.id, b.request.id) : a.written < b.written ? -1 : 1,
  );
  return pending.map(({ request }) => request);
}

/** Whether a request that was pending still is: nobody has answered or withdrawn it meanwhile. */
export function isPending(home: RunHome, runId: string, id: string): boolean {
  const folder = runPaths(home, runId).requests;
  return existsSync(fileOf(folder, id, REQUEST)) && !existsSync(fileOf(folder, id, ANSWER));
}

/** Answers a request once; a later answer is ignored. */
export async function answerRequest(home: RunHome, runId: string, id: string, result: RequestAnswer): Promise<void> {
  failpoint('request.answer.before');
  await publishOnce(fileOf(runPaths(home, runId).requests, id, ANSWER), `${JSON.stringify(result)}\n`);
  failpoint('request.answer.after');
}

/**
 * Waits for the answer to a request. Throws O8Error `timed_out` after `timeoutMs`, or `supervisor_failed` if the
 * supervisor is not running; the request stays, and the next supervisor answers it.
 */
export async function awaitAnswer(
  home: RunHome,
  runId: string,
  id: string,
  options: { readonly timeoutMs: number; readonly stillAlive: () => Promise<boolean> },
): Promise<RequestAnswer> {
  const path = fileOf(runPaths(home, runId).requests, id, ANSWER);
  const deadline = performance.now() + options.timeoutMs;
  let nextLook = 0;
  for (;;) {
    // Liveness first: an answer given just before the supervisor ended is still found afterwards.
    const alive = performance.now() < nextLook || (await options.stillAlive());
    if (performance.now() >= nextLook) nextLook = performance.now() + ALIVE_EVERY_MS;
    const answer = await readJson(path, requestAnswerSchema);
    if (answer !== null) return answer;
    if (!alive) {
      throw new O8Error(
        'supervisor_failed',
        `The supervisor of run ${runId} ended before it answered.`,
        resumeCommand(runId),
      );
    }
    if (performance.now() >= deadline) {
      const seconds = Math.round(options.timeoutMs / 1_000);
      throw new O8Error(
        'timed_out',
        `Run ${runId} has not answered within ${seconds} s; the request stays.`,
        o8('status', { run: runId }),
      );
    }
    await delay(Math.min(POLL_MS, Math.max(0, deadline - performance.now())));
  }
}

/** A request has a few hundred bytes. */
const MOST_BYTES = 1_048_576;

/** Of the entry itself, not a link's target; null if it is gone. */
async function timeOf(path: string): Promise<bigint | null> {
  try {
    return (await lstat(path, { bigint: true })).mtimeNs;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  }
}

/** Null if this is not a request: another file of that name must not end the supervisor that scans the folder. */
async function readRequest(home: RunHome, runId: string, path: string, id: string): Promise<Request | null> {
  let problem: O8Error;
  try {
    const request = await readJson(path, requestSchema, MOST_BYTES);
    if (request === null) {
      if (!(await isDanglingLink(path))) return null;
      problem = new O8Error('usage', `${path} is a broken link.`, 'Ask again.');
    } else {
      if (request.id === id) return request;
      problem = new O8Error('usage', `The id ${request.id} does not match the file name ${path}.`, 'Ask again.');
    }
  } catch (error) {
    if (error instanceof O8Error && error.code === 'disk_full') throw error;
    problem =
      error instanceof O8Error
        ? error
        : new O8Error('usage', `${path} cannot be read (${errorCode(error) ?? String(error)}).`, 'Ask again.');
  }
  const hint = `It was moved to ${path}.damaged; ask again.`;
  await answerRequest(home, runId, id, { kind: 'refused', code: 'usage', message: problem.message, hint });
  try {
    failpoint('request.set_aside.before');
    await rename(path, `${path}.damaged`);
    failpoint('request.set_aside.after');
  } catch {
    // For example a folder of that name. It has an answer now and is not read again.
  }
  return null;
}

async function isDanglingLink(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isSymbolicLink();
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw error;
  }
}

function fileOf(folder: string, id: string, suffix: string): string {
  if (!isFolderName(id)) throw new Error(`${JSON.stringify(id)} cannot be the id of a request`);
  return join(folder, `${id}${suffix}`);
}

async function listNames(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errorCode(error) ?? '')) return [];
    throw error;
  }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw error;
  }
}

function noRun(runId: string): O8Error {
  return new O8Error('no_run', `There is no run ${runId}.`, text`${o8('status')} shows the newest run.`);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
