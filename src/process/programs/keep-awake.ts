import { spawn } from 'node:child_process';
import { findProgram } from './run-program.js';

/** Asks the operating system not to fall asleep, until `release` or this process's end, by kill -9 too. */
export interface KeepAwake {
  release(): void;
}

/** What keeps a machine awake. `argv` ends when its stdin does, or with the process it is given. */
interface Inhibitor {
  readonly name: string;
  readonly arguments: readonly string[];
}

const WHY = 'agents are running';

/** caffeinate looks after our pid; systemd-inhibit after `cat`, which ends when our end of its stdin is gone. */
function inhibitor(): Inhibitor {
  return process.platform === 'darwin'
    ? { name: 'caffeinate', arguments: ['-i', '-w', String(process.pid)] }
    : { name: 'systemd-inhibit', arguments: ['--what=idle:sleep', '--who=o8', `--why=${WHY}`, '--mode=block', 'cat'] };
}

/** Where the system offers nothing, or refuses, nothing happens and `log` says why. Never rejects. */
export async function keepAwake(env: NodeJS.ProcessEnv, log: (line: string) => void): Promise<KeepAwake> {
  const { name, arguments: args } = inhibitor();
  const program = await findProgram(name, env);
  if (program === null) {
    log(`the machine may fall asleep: there is no ${name}`);
    return { release: () => undefined };
  }
  const child = spawn(program, args, { cwd: '/', env, stdio: ['pipe', 'ignore', 'pipe'] });
  let released = false;
  let words = '';
  const gone = (why: string): void => {
    if (!released) log(`the machine may fall asleep: ${name}: ${why}`);
    released = true;
  };
  child.stdin.on('error', () => undefined); // it ended before we closed the pipe: `close` says so
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
