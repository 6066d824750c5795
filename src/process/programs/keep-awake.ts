import { spawn } from 'node:child_process';
import { findProgram } from './run-program.js';

/** Prevents the system from sleeping until `release` or the end of this process, including kill -9. */
export interface KeepAwake {
  release(): void;
}

/** The program that keeps the system awake. `argv` ends when its stdin does, or with the given process. */
interface Inhibitor {
  readonly name: string;
  readonly arguments: readonly string[];
}

const WHY = 'agents are running';

/** caffeinate watches this process's pid; systemd-inhibit runs until `cat` ends, which is when its stdin closes. */
function inhibitor(): Inhibitor {
  return process.platform === 'darwin'
    ? { name: 'caffeinate', arguments: ['-i', '-w', String(process.pid)] }
    : { name: 'systemd-inhibit', arguments: ['--what=idle:sleep', '--who=o8', `--why=${WHY}`, '--mode=block', 'cat'] };
}

/** If the system has no such program, or it fails, `log` receives the reason. Never rejects. */
export async function keepAwake(env: NodeJS.ProcessEnv, log: (line: string) => void): Promise<KeepAwake> {
  const { name, arguments: args } = inhibitor();
  const program = await findProgram(name, env);
  if (program === null) {
    log(`the machine may go to sleep: ${name} was not found`);
    return { release: () => undefined };
  }
  const child = spawn(program, args, { cwd: '/', env, stdio: ['pipe', 'ignore', 'pipe'] });
  let released = false;
  let words = '';
  const gone = (why: string): void => {
    if (!released) log(`the machine may go to sleep: ${name}: ${why}`);
    released = true;
  };
  child.stdin.on('error', () => undefined); // it ended before its stdin was closed: `close` reports that
  child.stderr.setEncoding('utf8').on('data', (text: string) => (words = `${words}${text}`.slice(0, 300)));
  child.once('error', (error) => {
    gone(error.message);
  });
  child.once('close', (code, signal) => {
    gone(words.trim() || `ended with ${String(code ?? signal)}`);
  });
  return {
    release: () => {
      released = true;
      child.stdin.end();
      child.kill('SIGTERM');
    },
  };
}
