/**
 * An agent program for tests: does what it is told, when it is told, and nothing else.
 *
 *   node stub-agent.mjs --socket <path> [argument…]   commands come over the socket, see stub-agent.ts
 *   node stub-agent.mjs --script <file> [argument…]   commands come from a JSON file, for runs nobody steers
 *
 * STUB_SOCKET and STUB_SCRIPT in the environment do the same. A script is {"<task>" or "*": [[command, …], …]}: one list
 * of commands for each start of the task; the last list serves later starts too. An agent that has no command left exits
 * with 0. When the test's end of the socket closes, the agent exits, so that no test leaves one behind.
 */
import { execFile, spawn } from 'node:child_process';
import { appendFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';

/** Exit code of an agent whose test has gone away. */
const ABANDONED = 70;

/**
 * @typedef {import('./stub-agent.js').StubCommand} StubCommand
 * @typedef {import('./stub-agent.js').Announcement} Announcement
 */

const { socket, script, rest } = options(process.argv.slice(2));
const task = process.env['O8_TASK_ID'] ?? rest[0] ?? '';

if (socket !== undefined) await obeySocket(socket);
else if (script !== undefined) await obeyScript(script);
else fail('stub-agent needs --socket <path> or --script <file>');

/** @param {string[]} argv */
function options(argv) {
  const [flag, value, ...others] = argv;
  const socket = flag === '--socket' ? value : process.env['STUB_SOCKET'];
  const script = flag === '--script' ? value : process.env['STUB_SCRIPT'];
  return { socket, script, rest: flag === '--socket' || flag === '--script' ? others : argv };
}

/** @returns {never} */
function fail(/** @type {string} */ message) {
  process.stderr.write(`${message}\n`);
  process.exit(2);
}

/** @param {string} path */
async function obeySocket(path) {
  const connection = connect(path);
  connection.on('error', () => process.exit(ABANDONED));
  connection.on('close', () => process.exit(ABANDONED));
  send(connection, { type: 'announce', agent: await announcement() });
  for await (const line of createInterface({ input: connection })) {
    const { id, command } = /** @type {{id: number, command: StubCommand}} */ (JSON.parse(line));
    // Said before it is done: an agent that exits cannot say so afterwards.
    if (command.do === 'exit' || command.do === 'signal') await answer(connection, { type: 'done', id, result: '' });
    try {
      await answer(connection, { type: 'done', id, result: await obey(command) });
    } catch (error) {
      await answer(connection, { type: 'failed', id, message: String(error) });
    }
  }
}

/** @returns {Promise<Announcement>} */
async function announcement() {
  const environment = Object.entries(process.env).flatMap(([name, value]) =>
    value === undefined ? [] : [/** @type {const} */ ([name, value])],
  );
  return {
    task,
    pid: process.pid,
    cwd: process.cwd(),
    argv: rest,
    environment: Object.fromEntries(environment),
    stdin: await standardInput(),
  };
}

/** Everything on stdin when it is a file or /dev/null; an agent never waits for a terminal. */
async function standardInput() {
  if (process.stdin.isTTY) return '';
  let text = '';
  for await (const chunk of process.stdin.setEncoding('utf8')) text += String(chunk);
  return text;
}

/**
 * @param {import('node:net').Socket} connection
 * @param {object} message
 */
function send(connection, message) {
  connection.write(`${JSON.stringify(message)}\n`);
}

/**
 * @param {import('node:net').Socket} connection
 * @param {object} message
 * @returns {Promise<void>} when it has left this process
 */
async function answer(connection, message) {
  return new Promise((sent) => {
    connection.write(`${JSON.stringify(message)}\n`, () => sent());
  });
}

/** @param {string} file */
async function obeyScript(file) {
  /** @type {Record<string, StubCommand[][]>} */
  const scripts = JSON.parse(readFileSync(file, 'utf8'));
  const starts = scripts[task] ?? scripts['*'] ?? [];
  for (const command of starts[Math.min(countStart(file), starts.length) - 1] ?? []) await obey(command);
  process.exit(0);
}

/**
 * Which start of this task this is, from 1, counted by files beside the script.
 * @param {string} file
 */
function countStart(file) {
  for (let start = 1; ; start += 1) {
    try {
      writeFileSync(`${file}.${task}.${start}`, '', { flag: 'wx' });
      return start;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    }
  }
}

/**
 * @param {StubCommand} command
 * @returns {Promise<string>}
 */
async function obey(command) {
  switch (command.do) {
    case 'write':
      await mkdir(dirname(resolve(command.path)), { recursive: true });
      await writeFile(command.path, command.text);
      return '';
    case 'append':
      await appendFile(command.path, command.text);
      return '';
    case 'remove':
      await rm(command.path, { recursive: true, force: true });
      return '';
    case 'read':
      return readFile(command.path, 'utf8');
    case 'git':
      return run('git', command.arguments);
    case 'commit':
      await run('git', ['add', '--all', '--', '.', ':!.claude-task-complete']);
      await run('git', [
        '-c',
        'user.name=agent',
        '-c',
        'user.email=agent@localhost',
        'commit',
        '-q',
        '-m',
        command.message,
      ]);
      return run('git', ['rev-parse', 'HEAD']);
    case 'mark_complete':
      await writeFile('.claude-task-complete', '');
      return '';
    case 'print':
      process[command.stream].write(command.text);
      return '';
    case 'start_child':
      return startChild(command.session);
    case 'ignore_signal':
      process.on(command.signal, () => undefined);
      return '';
    case 'wait_for_file':
      while (!existsSync(command.path)) await pause(20);
      return '';
    case 'signal':
      process.kill(process.pid, command.signal);
      return '';
    case 'exit':
      process.exit(command.code);
  }
}

/**
 * @param {string} program
 * @param {readonly string[]} argv
 * @returns {Promise<string>}
 */
async function run(program, argv) {
  return new Promise((done, failed) => {
    execFile(program, argv, (error, stdout, stderr) => {
      if (error === null) done(stdout.trim());
      else failed(new Error(`${program} ${argv.join(' ')}: ${stderr.trim() || error.message}`));
    });
  });
}

/**
 * A process that does nothing until it is stopped, and survives its parent.
 * @param {'same' | 'own'} session `own`: as a tool's command runs, out of reach of a signal to the agent's group
 */
function startChild(session) {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)'], {
    detached: session === 'own',
    stdio: 'ignore',
  });
  child.unref();
  return String(child.pid);
}
