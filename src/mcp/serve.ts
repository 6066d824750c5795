import type { WholeServer } from './server.js';
import { opening, type McpClient } from './opening.js';
import { standsIn } from './stands.js';

/** Long enough for a plan of hundreds of tasks, short enough that a waiting `status` does not outlive its session. */
const LAST_ANSWERS_MS = 1000;
/** No request of any use is as long; without a limit a client that never ends its line would fill the memory. */
const MOST_OF_A_MESSAGE = 10_000_000;

/**
 * Serves the tools over stdio, one JSON-RPC message a line. What clients ask when they connect is answered from data made
 * when o8 was built; the rest of the server is loaded with the first message that needs it.
 */
export function serve(cwd: string, env: NodeJS.ProcessEnv): void {
  const stands = standsIn(env);
  const write = (line: string): void => {
    process.stdout.write(`${line}\n`);
  };
  let client: McpClient | null = null;
  let whole: Promise<WholeServer> | null = null;
  const load = async (): Promise<WholeServer> => {
    const { openServer } = await import('./server.js');
    return openServer({ cwd, env, stands, client, write });
  };
  const receive = (line: string): void => {
    const what = opening(parsed(line), stands);
    if (what.kind === 'answer') {
      client = what.client ?? client;
      write(JSON.stringify(what.answer));
    } else if (what.kind === 'pass on' || whole !== null) {
      whole ??= load();
      // Messages stay in order: each waits for the same promise.
      whole.then((server) => server.receive(line), fail);
    }
  };
  let rest = '';
  process.stdin.setEncoding('utf8').on('data', (text: string) => {
    rest += text;
    if (rest.length > MOST_OF_A_MESSAGE) fail(new Error('received a message of more than 10 million characters'));
    if (!text.includes('\n')) return;
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) receive(line.replace(/\r$/, ''));
  });
  // Started through a wrapper such as npx, the server does not receive the client's signals: the session ends with
  // stdin. Pending calls are still answered if they take no longer than LAST_ANSWERS_MS.
  process.stdin.on('end', () => {
    setTimeout(() => process.exit(0), LAST_ANSWERS_MS).unref();
    const leave = (): void => {
      setImmediate(() => process.exit(0)); // the last answer is written first
    };
    if (whole === null) leave();
    else whole.then((server) => server.answered()).then(leave, leave);
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(0));
}

/** Null for a line that is no JSON: the whole server says what is wrong with it. */
function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

/** Part of o8 is missing, such as after an update that removed it: every later call would wait forever. */
function fail(error: unknown): void {
  process.stderr.write(`o8: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
