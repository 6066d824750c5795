import { readFile, stat } from 'node:fs/promises';
import * as z from 'zod';
import { O8Error } from '../../core/base/errors.js';
import { attemptExitSchema } from '../../core/run/events.js';
import { processIdentitySchema } from '../../core/base/process-identity.js';
import { storedRecord } from '../../core/input/stored-record.js';
import { shellQuote } from '../../core/base/shell-quote.js';
import { attemptFiles, type AgentRecord, type AttemptClaim, type ExitRecord } from './attempt-files.js';
import { errorCode } from '../../core/base/error-code.js';

const version = z.literal(1);

const claimSchema: z.ZodType<AttemptClaim> = z.discriminatedUnion('kind', [
  z.strictObject({ version, kind: z.literal('void') }),
  z.strictObject({ version, kind: z.literal('shim'), shim: processIdentitySchema }),
]);
const agentSchema: z.ZodType<AgentRecord> = z.strictObject({ version, agent: processIdentitySchema });
const exitSchema: z.ZodType<ExitRecord> = z.strictObject({
  version,
  exit: attemptExitSchema,
  agentPid: z.number().int().positive().nullable(),
  endedAt: z.string(),
});

// Each returns null if the file does not exist yet, and throws O8Error `journal_damaged` if its content is not valid:
// o8 writes these files completely or not at all.

export async function readClaim(dir: string): Promise<AttemptClaim | null> {
  return readRecord(attemptFiles(dir).claim, claimSchema);
}

export async function readAgent(dir: string): Promise<AgentRecord | null> {
  return readRecord(attemptFiles(dir).agent, agentSchema);
}

export async function readExit(dir: string): Promise<ExitRecord | null> {
  return readRecord(attemptFiles(dir).exit, exitSchema);
}

async function readRecord<T>(path: string, schema: z.ZodType<T>): Promise<T | null> {
  let text: string;
  try {
    if (!(await stat(path)).isFile())
      throw new O8Error('journal_damaged', `${path} is not a regular file.`, `ls -ld ${shellQuote(path)}`);
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  }
  const note = '   (if no process of this attempt is running; it then counts as lost)';
  return storedRecord(path, text, schema, note);
}
