import { closeSync, fsyncSync, linkSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AttemptExit } from '../../core/run/events.js';
import { failpoint } from '../../core/base/failpoint.js';
import type { ProcessIdentity } from '../../core/base/process-identity.js';
import { diskFull } from '../../core/base/disk-full.js';
import { errorCode } from '../../core/base/error-code.js';

/*
 * The supervisor and the shim communicate only through files in the attempt's folder:
 *   spec.json   what to start; written by the supervisor
 *   claim.json  who starts it: a shim, or nobody (void); never changed
 *   agent.json  the running agent; written by the shim
 *   exit.json   how the agent ended; written by the shim
 * There is one shim process per agent, so to save memory this file and its imports use no libraries.
 */

export interface AttemptFiles {
  readonly spec: string;
  readonly claim: string;
  readonly agent: string;
  readonly exit: string;
  readonly output: string;
  readonly errors: string;
  readonly shimLog: string;
}

export function attemptFiles(dir: string): AttemptFiles {
  return {
    spec: join(dir, 'spec.json'),
    claim: join(dir, 'claim.json'),
    agent: join(dir, 'agent.json'),
    exit: join(dir, 'exit.json'),
    output: join(dir, 'agent.jsonl'),
    errors: join(dir, 'agent.stderr'),
    shimLog: join(dir, 'shim.log'),
  };
}

export type AttemptClaim =
  | { readonly version: 1; readonly kind: 'void' }
  | { readonly version: 1; readonly kind: 'shim'; readonly shim: ProcessIdentity };

export interface AgentRecord {
  readonly version: 1;
  readonly agent: ProcessIdentity;
}

export interface ExitRecord {
  readonly version: 1;
  readonly exit: AttemptExit;
  readonly agentPid: number | null;
  /** ISO 8601, UTC. */
  readonly endedAt: string;
}

/**
 * Claims an attempt, or finds that it is already claimed: with link(2) exactly one process succeeds, and no partly
 * written file is visible. O8Error `disk_full`.
 */
export function claimAttempt(dir: string, claim: AttemptClaim): boolean {
  const { claim: path } = attemptFiles(dir);
  return writeWhole(path, claim, (temporary) => {
    try {
      failpoint('attempt.claim.before');
      linkSync(temporary, path);
      failpoint('attempt.claim.after');
      return true;
    } catch (error) {
      if (errorCode(error) === 'EEXIST') return false;
      throw error;
    } finally {
      rmSync(temporary, { force: true });
    }
  });
}

/** Writes a file completely or not at all. O8Error `disk_full`. */
export function replaceFile(path: string, content: object): void {
  writeWhole(path, content, (temporary) => renameSync(temporary, path));
}

/** Writes a temporary file beside `path`, which `publish` then renames. */
function writeWhole<T>(path: string, content: object, publish: (temporary: string) => T): T {
  const temporary = `${path}.${process.pid}-${process.hrtime.bigint()}.tmp`;
  try {
    const file = openSync(temporary, 'wx', 0o600);
    try {
      writeFileSync(file, `${JSON.stringify(content)}\n`);
      fsyncSync(file); // or a power cut could leave an empty file under the new name
    } finally {
      closeSync(file);
    }
    return publish(temporary);
  } catch (error) {
    rmSync(temporary, { force: true });
    const code = errorCode(error);
    if (code !== 'ENOSPC' && code !== 'EDQUOT') throw error;
    throw diskFull(path, code);
  }
}
