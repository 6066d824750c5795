import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

/** What a stub agent can be told to do. Paths are relative to its worktree. */
export type StubCommand =
  | { readonly do: 'write' | 'append'; readonly path: string; readonly text: string }
  | { readonly do: 'read' | 'remove' | 'wait_for_file'; readonly path: string }
  | { readonly do: 'git'; readonly arguments: readonly string[] }
  | { readonly do: 'commit'; readonly message: string }
  | { readonly do: 'mark_complete' }
  | { readonly do: 'print'; readonly stream: 'stdout' | 'stderr'; readonly text: string }
  | { readonly do: 'start_child'; readonly session: 'same' | 'own' }
  | { readonly do: 'ignore_signal' | 'signal'; readonly signal: NodeJS.Signals }
  | { readonly do: 'exit'; readonly code: number };

/** What a stub agent says when it has started. `argv` without the program and its `--socket`. */
export interface Announcement {
  readonly task: string;
  readonly pid: number;
  readonly cwd: string;
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly stdin: string;
}

type Message =
  | { readonly type: 'announce'; readonly agent: Announcement }
  | { readonly type: 'done'; readonly id: number; readonly result: string }
  | { readonly type: 'failed'; readonly id: number; readonly message: string };

export const STUB_PROGRAM = resolve(import.meta.dirname, 'stub-agent.mjs');

/** `agent.command` of a run nobody steers: every agent follows the script file (see stub-agent.mjs). */
export function scriptedCommand(scriptFile: string): string[] {
  return [process.execPath, STUB_PROGRAM, '--script', scriptFile];
}

/** A running stub agent. Every method resolves when the agent has done it, and rejects when it could not. */
export class StubAgent {
  readonly #pending = new Map<number, { done: (result: string) => void; failed: (error: Error) => void }>();
  #commands = 0;
  /** Resolves when the agent's connection is gone: its process has ended. */
  readonly gone: Promise<void>;

  constructor(
    readonly started: Announcement,
    readonly connection: Socket,
  ) {
    this.gone = new Promise((resolved) => {
      connection.once('close', () => {
        for (const command of this.#pending.values()) command.failed(new Error(`agent ${started.pid} is gone`));
        this.#pending.clear();
        resolved();
      });
    });
  }

  get task(): string {
    return this.started.task;
  }

  get pid(): number {
    return this.started.pid;
  }

  async tell(command: StubCommand): Promise<string> {
    const id = (this.#commands += 1);
    return new Promise((done, failed) => {
      this.#pending.set(id, { done, failed });
      this.connection.write(`${JSON.stringify({ id, command })}\n`);
    });
  }

  /** Called with each answer that comes over the connection. */
  settle(message: Exclude<Message, { type: 'announce' }>): void {
    const command = this.#pending.get(message.id);
    this.#pending.delete(message.id);
    if (message.type === 'done') command?.done(message.result);
    else command?.failed(new Error(message.message));
  }

  async writeFile(path: string, text: string): Promise<void> {
    await this.tell({ do: 'write', path, text });
  }

  async readFile(path: string): Promise<string> {
    return this.tell({ do: 'read', path });
  }

  async git(...args: string[]): Promise<string> {
    return this.tell({ do: 'git', arguments: args });
  }

  /** Commits everything in the worktree but the marker; returns the commit. */
  async commit(message: string): Promise<string> {
    return this.tell({ do: 'commit', message });
  }

  async print(text: string, stream: 'stdout' | 'stderr' = 'stdout'): Promise<void> {
    await this.tell({ do: 'print', stream, text });
  }

  async markComplete(): Promise<void> {
    await this.tell({ do: 'mark_complete' });
  }

  /** Starts a process that outlives the agent; `own`: in a session of its own, as tools run commands. Returns its pid. */
  async startChild(session: 'same' | 'own'): Promise<number> {
    return Number(await this.tell({ do: 'start_child', session }));
  }

  async ignoreSignal(signal: NodeJS.Signals): Promise<void> {
    await this.tell({ do: 'ignore_signal', signal });
  }

  /** Resolves when the process is gone. */
  async exit(code: number): Promise<void> {
    await this.tell({ do: 'exit', code });
    await this.gone;
  }

  /** Ends itself by a signal. Resolves when the process is gone. */
  async signal(signal: NodeJS.Signals): Promise<void> {
    await this.tell({ do: 'signal', signal });
    await this.gone;
  }

  /** The usual good end: a file written, committed, marked complete, exit code 0. Returns the commit. */
  async succeed(path: string, text: string): Promise<string> {
    await this.writeFile(path, text);
    const commit = await this.commit(`${this.task}: write ${path}`);
    await this.markComplete();
    await this.exit(0);
    return commit;
  }
}

interface Waiter {
  readonly wanted: (agent: StubAgent) => boolean;
  readonly found: (agent: StubAgent) => void;
}

/** The test's end of all stub agents of a run. */
export class StubAgents {
  readonly #unclaimed: StubAgent[] = [];
  readonly #waiting: Waiter[] = [];
  readonly #connections = new Set<Socket>();
  /** Every agent that ever started, oldest first. */
  readonly all: StubAgent[] = [];

  private constructor(
    readonly folder: string,
    readonly socket: string,
    readonly server: Server,
  ) {
    server.on('connection', (connection) => this.#accept(connection));
  }

  static async listen(): Promise<StubAgents> {
    const folder = await mkdtemp(join(tmpdir(), 'o8-stub-')); // short: a socket's path has at most 103 bytes
    const socket = join(folder, 's');
    const server = createServer();
    await new Promise<void>((listening) => server.listen(socket, listening));
    return new StubAgents(folder, socket, server);
  }

  /** For the setting `agent.command`. Placeholders may follow. */
  get command(): string[] {
    return [process.execPath, STUB_PROGRAM, '--socket', this.socket];
  }

  /** The next agent of this task that the test has not had yet; waits for it to start. */
  async waitForAgent(task: string, timeoutMs = 30_000): Promise<StubAgent> {
    return this.#next((agent) => agent.task === task, `an agent of ${task}`, timeoutMs);
  }

  /** The next agent of any task. */
  async waitForAnyAgent(timeoutMs = 30_000): Promise<StubAgent> {
    return this.#next(() => true, 'an agent', timeoutMs);
  }

  /** Ends every agent that still runs, and the server. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolved) => {
      this.server.close(() => resolved());
    });
    for (const connection of this.#connections) connection.destroy();
    await closed;
    await rm(this.folder, { recursive: true, force: true });
  }

  async #next(wanted: (agent: StubAgent) => boolean, what: string, timeoutMs: number): Promise<StubAgent> {
    const index = this.#unclaimed.findIndex(wanted);
    const [ready] = index < 0 ? [] : this.#unclaimed.splice(index, 1);
    if (ready !== undefined) return ready;
    return new Promise((found, failed) => {
      const timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
        const others = this.all.map((agent) => agent.task).join(', ') || 'none';
        failed(new Error(`${what} did not start within ${timeoutMs} ms (started so far: ${others})`));
      }, timeoutMs);
      const waiter: Waiter = {
        wanted,
        found: (agent) => {
          clearTimeout(timer);
          found(agent);
        },
      };
      this.#waiting.push(waiter);
    });
  }

  #accept(connection: Socket): void {
    this.#connections.add(connection);
    connection.on('error', () => connection.destroy()); // an agent killed in mid-sentence; `close` follows
    connection.once('close', () => this.#connections.delete(connection));
    let agent: StubAgent | null = null;
    createInterface({ input: connection }).on('line', (line) => {
      const message = JSON.parse(line) as Message;
      if (message.type === 'announce') this.#announce((agent = new StubAgent(message.agent, connection)));
      else agent?.settle(message);
    });
  }

  #announce(agent: StubAgent): void {
    this.all.push(agent);
    const index = this.#waiting.findIndex((waiter) => waiter.wanted(agent));
    const [waiter] = index < 0 ? [] : this.#waiting.splice(index, 1);
    if (waiter === undefined) this.#unclaimed.push(agent);
    else waiter.found(agent);
  }
}
