import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { shellQuote } from '../../../src/core/base/shell-quote.js';
import { O8_PROGRAM } from './mcp-client.js';
import { waitFor } from '../waiting/wait-for.js';

/** The built `o8` in a pseudo-terminal of the system's `script`, with a person's keyboard. */
export class TerminalProcess {
  #screen = '';
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  /** Its exit code, when everything it wrote has come. */
  readonly ended: Promise<number | null>;

  constructor(
    args: readonly string[],
    { cwd, env }: { readonly cwd: string; readonly env: Readonly<Record<string, string>> },
  ) {
    const command = [process.execPath, O8_PROGRAM, ...args];
    const linux = ['--quiet', '--flush', '--return', '--command', command.map(shellQuote).join(' '), '/dev/null'];
    this.#child = spawn('script', process.platform === 'darwin' ? ['-q', '/dev/null', ...command] : linux, {
      cwd,
      env: { ...env, TERM: 'xterm', NO_COLOR: '1' },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => (this.#screen += text));
    this.ended = new Promise((ended, failed) => {
      this.#child.once('error', failed);
      this.#child.once('close', ended);
    });
  }

  /** What a person has seen so far, without colours and cursor movements. */
  get screen(): string {
    return stripVTControlCharacters(this.#screen).replaceAll('\r', '');
  }

  type(keys: string): void {
    this.#child.stdin.write(keys);
  }

  pressCtrlC(): void {
    this.type('\u0003');
  }

  async waitFor(part: string | RegExp, timeoutMs = 20_000): Promise<void> {
    const seen = (): boolean => (typeof part === 'string' ? this.screen.includes(part) : part.test(this.screen));
    await waitFor(seen, { timeoutMs, what: () => `${String(part)} on the screen: ${this.screen}` });
  }
}
