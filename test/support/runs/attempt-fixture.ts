import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readAttempt, type AttemptSpec, type AttemptStatus } from '../../../src/process/attempts/attempt.js';
import { MarkedProcesses } from '../programs/marked-processes.js';
import { StubAgents } from '../agents/stub-agent.js';
import { waitFor } from '../waiting/wait-for.js';

/** Node takes seconds to start when both cores are busy. */
const STARTS_WITHIN_MS = 30_000;

type StatusOf<K extends AttemptStatus['kind']> = Extract<AttemptStatus, { kind: K }>;

/** Attempts in a temporary folder, with stub agents; `dispose` ends everything that was started. */
export class AttemptFixture {
  private readonly marked = new MarkedProcesses();
  private count = 0;

  private constructor(
    readonly folder: string,
    readonly agents: StubAgents,
  ) {}

  static async make(): Promise<AttemptFixture> {
    const folder = await realpath(await mkdtemp(join(tmpdir(), 'o8-attempt-')));
    return new AttemptFixture(folder, await StubAgents.listen());
  }

  /** A new attempt whose agent waits for orders; it announces itself as task `attemptId`. */
  spec(changes: Partial<AttemptSpec> = {}): AttemptSpec {
    this.count += 1;
    const attemptId = changes.attemptId ?? `test-${process.pid}-${performance.now()}-${this.count}`;
    return {
      attemptId,
      dir: join(this.folder, String(this.count)),
      argv: this.agents.command,
      cwd: this.folder,
      stdin: null,
      timeoutMs: 600_000,
      killAfterMs: 5_000,
      ...changes,
      env: { ...this.environment, O8_TASK_ID: attemptId, ...changes.env },
    };
  }

  /** Of everything a test starts, so that it is found and ended with the test. */
  get environment(): Record<string, string> {
    return { PATH: process.env['PATH'] ?? '', ...this.marked.environment };
  }

  async pids(): Promise<number[]> {
    return this.marked.pids();
  }

  async reaches<K extends AttemptStatus['kind']>(dir: string, kind: K): Promise<StatusOf<K>> {
    return waitFor(
      async () => {
        const status = await readAttempt(dir);
        return isOfKind(status, kind) ? status : null;
      },
      { timeoutMs: STARTS_WITHIN_MS, what: `attempt ${dir} to be ${kind}` },
    );
  }

  async dispose(): Promise<void> {
    await this.agents.close();
    await this.marked.kill();
    await rm(this.folder, { recursive: true, force: true });
  }
}

function isOfKind<K extends AttemptStatus['kind']>(status: AttemptStatus, kind: K): status is StatusOf<K> {
  return status.kind === kind;
}
