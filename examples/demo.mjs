/**
 * `npm run demo`: o8's main job on a throwaway repository, in front of your eyes. Needs git and nothing else: no login,
 * no network, no git configuration.
 *
 *   node examples/demo.mjs [--keep]    --keep leaves the repository for you to look at
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs, styleText } from 'node:util';

const PLAN = 'parallel/TS-0042-inventory';
const NOTHING_TO_STOP = { code: 0, output: '' };
const examples = dirname(fileURLToPath(import.meta.url));
const o8 = resolve(examples, '../dist/o8.js');
const colourful = process.stdout.isTTY && !process.env['NO_COLOR'] && process.env['TERM'] !== 'dumb';

/** Something did not go as it should; the demo ends with this exit code. */
class DemoFailure extends Error {
  /**
   * @param {string} message
   * @param {number} exitCode
   */
  constructor(message, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** Without what a git hook or an o8 task that started us says about another repository. */
const environment = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_') && !name.startsWith('O8_')),
);

/**
 * The program the user watches.
 *
 * @type {import('node:child_process').ChildProcess | null}
 */
let attached = null;
let interrupted = false;
let runStarted = false;

for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  process.on(signal, () => {
    interrupted = true;
    // Ctrl+C on a terminal reaches the attached program too; a second one would tell it not to wait.
    if (signal !== 'SIGINT' || !process.stdin.isTTY) attached?.kill('SIGINT');
  });
}
// The terminal may be gone before everything is tidied up.
process.stdout.on('error', () => undefined);

process.exitCode = await main();

async function main() {
  const keep = keepAsked();
  if (keep === null) return 2;
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'o8-demo-')));
  let exitCode = 0;
  try {
    await demo(join(folder, 'inventory'));
  } catch (error) {
    if (!(error instanceof DemoFailure)) throw error;
    exitCode = error.exitCode;
    console.log(`\n${paint('red', error.message)}`);
  } finally {
    exitCode = Math.max(exitCode, await tidyUp(folder, keep));
  }
  return exitCode;
}

/** Whether the folder is to stay; null after a wrong argument. */
function keepAsked() {
  try {
    return parseArgs({ options: { keep: { type: 'boolean', default: false } } }).values.keep;
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\nnpm run demo [-- --keep]`);
    return null;
  }
}

/** @param {string} repository */
async function demo(repository) {
  console.log(paint('bold', 'o8 demo: a plan of five tasks in two waves, three agents at a time.\n'));
  console.log('The agents are a scripted program of this demo (examples/demo-agent.mjs): no');
  console.log('model, no login, nothing to pay. Everything else is real: worktrees, processes,');
  console.log(`commits, checks, merges. Repository: ${repository}`);

  await createRepository(repository);
  runStarted = true;
  await show(repository, ['run', PLAN, '--yes']);
  await show(repository, ['merge']);
  await showResult(repository);
  showNextSteps();
}

/**
 * A small program under git, the plan, and settings that put the demo's agent where Claude would be.
 *
 * @param {string} repository
 */
async function createRepository(repository) {
  const settings = { agent: { command: [process.execPath, join(examples, 'demo-agent.mjs')] }, maxConcurrency: 3 };
  await cp(join(examples, 'inventory/repository'), repository, { recursive: true });
  await cp(join(examples, 'inventory/parallel'), join(repository, 'parallel'), { recursive: true });
  await mkdir(join(repository, '.claude'));
  await writeFile(join(repository, '.claude/parallel-config.json'), `${JSON.stringify(settings, null, 2)}\n`);

  await git(repository, 'init', '--quiet');
  await git(repository, 'symbolic-ref', 'HEAD', 'refs/heads/main'); // `init -b` needs git 2.28
  for (const [key, value] of [
    ['user.name', 'o8 demo'],
    ['user.email', 'demo@localhost'],
    ['commit.gpgSign', 'false'],
    ['core.hooksPath', '/dev/null'],
    ['core.autocrlf', 'false'],
  ]) {
    await git(repository, 'config', key ?? '', value ?? '');
  }
  await git(repository, 'add', '--force', 'README.md', 'check.mjs', 'src', 'checks', 'parallel');
  await git(repository, 'commit', '--quiet', '--message', 'A small program and a plan for it');
}

/** @param {string} repository */
async function showResult(repository) {
  heading('git log --oneline --graph');
  const colour = colourful ? 'always' : 'never';
  process.stdout.write(await git(repository, 'log', '--oneline', '--graph', `--color=${colour}`));

  heading('node check.mjs');
  const check = await capture(repository, process.execPath, ['check.mjs']);
  if (check.code !== 0) throw new DemoFailure(`The merged program fails its checks:\n${check.output}`);
  console.log(paint('green', check.output.trimEnd().split('\n').at(-1) ?? ''));

  heading('git status --short');
  const status = await git(repository, 'status', '--short');
  process.stdout.write(status);
  if (status.trim() !== `M ${PLAN}/manifest.json`)
    throw new DemoFailure('The checkout is not as clean as it should be.');
  console.log('Clean, but for the record of the run that o8 keeps in the manifest.');
}

function showNextSteps() {
  const plan = 'parallel/<your-plan>/';
  console.log(paint('bold', '\nWith Claude, in your own repository, any of:\n'));
  console.log(`  claude --plugin-dir ${dirname(dirname(o8))}`);
  console.log(`      and then:  /parallel-run ${plan} --dry-run`);
  console.log(`  claude mcp add o8 -- node ${o8} mcp`);
  console.log(`      and then ask for it: "run ${plan} with o8"`);
  console.log(`  node ${o8} run ${plan}`);
  console.log('\nHow to write a plan: docs/manifest.md. One to copy: examples/inventory.');
}

/**
 * Runs one `o8` command attached to the user's terminal.
 *
 * @type {(repository: string, args: string[]) => Promise<void>}
 */
async function show(repository, args) {
  heading(`o8 ${args.join(' ')}`);
  const child = spawn(process.execPath, [o8, ...args], { cwd: repository, env: environment, stdio: 'inherit' });
  attached = child;
  const code = await exitOf(child);
  attached = null;
  stopIfInterrupted();
  if (code !== 0)
    throw new DemoFailure(`o8 ${args[0]} ended with exit code ${code}. With --keep the repository stays.`);
}

/**
 * Stops what may still run, then removes the folder; gives the exit code of that.
 *
 * @type {(folder: string, keep: boolean) => Promise<number>}
 */
async function tidyUp(folder, keep) {
  const repository = join(folder, 'inventory');
  const { code, output } = runStarted ? await capture(repository, process.execPath, [o8, 'abort']) : NOTHING_TO_STOP;
  if (code !== 0) {
    console.log(`\nSomething may still run in ${folder}, so it stays:\n${output}`);
    return 1;
  }
  if (keep) {
    console.log(`\nKept: ${repository}`);
    return 0;
  }
  await removeForGood(folder);
  console.log(paint('dim', `\nRemoved ${folder} (--keep leaves it).`));
  return 0;
}

/**
 * A supervisor that is just ending, or that had not begun when it was told to stop, may write once more.
 *
 * @param {string} folder
 */
async function removeForGood(folder) {
  do {
    await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    await pause(interrupted ? 1000 : 300); // a supervisor takes about half a second from its start to its first file
  } while (existsSync(folder));
}

/** @type {(repository: string, ...args: string[]) => Promise<string>} */
async function git(repository, ...args) {
  const { code, output } = await capture(repository, 'git', args).catch((/** @type {unknown} */ error) => {
    throw new DemoFailure(`git could not be started: ${String(error)}`);
  });
  stopIfInterrupted();
  if (code !== 0) throw new DemoFailure(`git ${args.join(' ')} failed:\n${output}`);
  return output;
}

/**
 * Runs a program in a process group of its own, where Ctrl+C does not reach it.
 *
 * @type {(cwd: string, program: string, args: string[]) => Promise<{ code: number, output: string }>}
 */
async function capture(cwd, program, args) {
  const child = spawn(program, args, { cwd, env: environment, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (/** @type {string} */ text) => (output += text));
  }
  return { code: await exitOf(child), output };
}

/** @type {(child: import('node:child_process').ChildProcess) => Promise<number>} */
async function exitOf(child) {
  return new Promise((settle, reject) => {
    child.on('error', reject).on('close', (code) => settle(code ?? 1));
  });
}

function stopIfInterrupted() {
  if (interrupted) throw new DemoFailure('Interrupted.', 130);
}

/** @param {string} command */
function heading(command) {
  console.log(`\n${paint('bold', paint('cyan', `$ ${command}`))}\n`);
}

/** @type {(format: Parameters<typeof styleText>[0], text: string) => string} */
function paint(format, text) {
  return colourful ? styleText(format, text) : text;
}
