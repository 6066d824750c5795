/*
 * A process that competes for the lock of a repository. One JSON command a line on stdin, one JSON reply a line on
 * stdout. `acquire` waits until the file `go` exists, so that contenders of different speed try at once.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import * as z from 'zod';
import { O8Error } from '../../../src/core/base/errors.js';
import { acquireLock } from '../../../src/store/lock/lock.js';
import type { OwnedLease } from '../../../src/store/lock/owned-lease.js';
import { runHome } from '../../../src/store/files/paths.js';
import { procProbe } from '../programs/proc-probe.js';

const commandSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('acquire'), root: z.string(), runId: z.string(), go: z.string(), force: z.boolean() }),
  z.object({ kind: z.literal('check') }),
  z.object({ kind: z.literal('release') }),
]);
export type ContenderCommand = z.infer<typeof commandSchema>;
export type ContenderReply =
  | { readonly kind: 'ready' | 'waiting' | 'held' | 'released' }
  | { readonly kind: 'won'; readonly generation: number; readonly replaced: number | null }
  | { readonly kind: 'lost'; readonly pid: number; readonly why: string }
  | { readonly kind: 'error'; readonly code: string; readonly message: string };

/** To sleep a millisecond: spinning, six of us would keep each other from getting ready. */
const pause = new Int32Array(new SharedArrayBuffer(4));

let lease: OwnedLease | null = null;

function reply(message: ContenderReply): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

async function obey(command: ContenderCommand): Promise<ContenderReply> {
  switch (command.kind) {
    case 'acquire': {
      reply({ kind: 'waiting' });
      while (!existsSync(command.go)) Atomics.wait(pause, 0, 0, 1);
      const { root, runId, force } = command;
      mkdirSync(join(root, '.git'), { recursive: true });
      const request = { runId, features: ['user-auth'], maxConcurrency: 3, force, killAfterMs: 5_000 };
      const result = await acquireLock(runHome({ commonDir: join(root, '.git'), root }), procProbe, request);
      if (result.kind === 'lost') return { kind: 'lost', pid: result.holder.process.pid, why: result.why };
      lease = result.lease;
      return { kind: 'won', generation: lease.generation, replaced: result.replaced?.process.pid ?? null };
    }
    case 'check':
      lease?.assertHeld();
      return { kind: 'held' };
    case 'release':
      await lease?.release();
      return { kind: 'released' };
  }
}

reply({ kind: 'ready' });
for await (const line of createInterface({ input: process.stdin })) {
  try {
    reply(await obey(commandSchema.parse(JSON.parse(line))));
  } catch (error) {
    reply({ kind: 'error', code: error instanceof O8Error ? error.code : 'bug', message: String(error) });
  }
}
process.exit();
