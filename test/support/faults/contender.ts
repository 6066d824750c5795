import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import type { ContenderCommand, ContenderReply } from './lock-contender.js';

/** A running `lock-contender.ts`, seen from the test. */
export class Contender {
  private readonly replies: AsyncIterator<string>;

  private constructor(
    private readonly child: ChildProcess,
    readonly pid: number,
    lines: Interface,
  ) {
    this.replies = lines[Symbol.asyncIterator]();
  }

  static async start(program: string): Promise<Contender> {
    const child = spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'inherit'] });
    if (child.pid === undefined) throw new Error('the contender did not start');
    const contender = new Contender(child, child.pid, createInterface({ input: child.stdout }));
    await contender.reply();
    return contender;
  }

  send(command: ContenderCommand): void {
    this.child.stdin?.write(`${JSON.stringify(command)}\n`);
  }

  async reply(): Promise<ContenderReply> {
    const line = await this.replies.next();
    if (line.done === true) throw new Error(`contender ${this.pid} ended without a reply`);
    return JSON.parse(line.value) as ContenderReply; // our own program's, of the type it shares with us
  }

  async ask(command: ContenderCommand): Promise<ContenderReply> {
    this.send(command);
    return this.reply();
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** SIGKILL, and waits until it is gone. */
  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exit = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await exit;
  }
}
