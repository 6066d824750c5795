import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable } from 'node:stream';
import { O8_PROGRAM } from './mcp-client.js';
import { waitFor } from '../waiting/wait-for.js';

export interface CliResult {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliCall {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

/** The built `o8` as a person or a script starts it, without a terminal. */
export class CliProcess {
  #stdout = '';
  #stderr = '';
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  /** Resolves when it has ended and its output is complete. */
  readonly ended: Promise<CliResult>;

  constructor(args: readonly string[], { cwd, env }: CliCall) {
    this.#child = spawn(process.execPath, [O8_PROGRAM, ...args], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => (this.#stdout += text));
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => (this.#stderr += text));
    this.ended = new Promise((ended, failed) => {
      this.#child.once('error', failed);
      this.#child.once('close', (code) => ended({ code, stdout: this.#stdout, stderr: this.#stderr }));
    });
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  get stdout(): string {
    return this.#stdout;
  }

  /** As `| head` does after enough lines. */
  closeOutput(): void {
    this.#child.stdout.destroy();
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async waitForOutput(part: string, timeoutMs = 20_000): Promise<void> {
    await waitFor(() => this.#stdout.includes(part), {
      timeoutMs,
      what: `${JSON.stringify(part)} in the output so far: ${this.#stdout}${this.#stderr}`,
    });
  }
}
