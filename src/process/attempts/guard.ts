/**
 * The PreToolUse hook of every Claude worker: reads the tool call from stdin and denies a write outside the task's
 * worktree or scope. On any failure it exits with a non-zero code, which the hook's command turns into a denial.
 */
import { lstat, realpath } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { GUARD_MARK, writeRefusal, type WriteRules } from '../../core/scope/write-guard.js';

function readWriteRules(argv: readonly string[]): WriteRules {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      worktree: { type: 'string' },
      allow: { type: 'string', multiple: true },
      boundary: { type: 'string', multiple: true },
    },
  });
  if (values.worktree === undefined) throw new Error('--worktree is missing');
  return { worktree: values.worktree, allow: values.allow ?? [], boundary: values.boundary ?? [] };
}

/** The file that a tool call writes to, absolute, resolved as the tool resolves it. */
function targetOf(call: unknown): string {
  const input = field(call, 'tool_input');
  const path = field(input, 'file_path') ?? field(input, 'notebook_path');
  if (typeof path !== 'string' || path === '') throw new Error('the call names no file');
  const cwd = field(call, 'cwd');
  return resolve(typeof cwd === 'string' ? cwd : process.cwd(), path.replace(/^~(?=\/|$)/, homedir()));
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

/** The real target of a write to `path`: links in the existing part are resolved. A broken link is an error. */
async function realTarget(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (field(error, 'code') !== 'ENOENT' || dirname(path) === path) throw error;
  }
  if (await isPresent(path)) throw new Error(`${path} is a link to something that does not exist`);
  return join(await realTarget(dirname(path)), basename(path));
}

async function isPresent(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (field(error, 'code') === 'ENOENT') return false;
    throw error;
  }
}

async function main(): Promise<void> {
  const rules = readWriteRules(process.argv.slice(2));
  const target = targetOf(JSON.parse(await text(process.stdin)));
  process.stderr.write(`${GUARD_MARK}\n`);
  const path = relative(await realpath(rules.worktree), await realTarget(target));
  const refusal = writeRefusal(rules, path.split(sep).join('/'));
  if (refusal === null) return;
  const decision = {
    hookEventName: 'PreToolUse',
    permissionDecision: 'deny',
    permissionDecisionReason: `o8 does not let this agent write ${target}. ${refusal}`,
  };
  process.stdout.write(JSON.stringify({ hookSpecificOutput: decision }));
}

try {
  await main();
} catch (error) {
  process.stderr.write(
    `o8 could not check this write, so it is denied: ${error instanceof Error ? error.message : String(error)}\n`,
  );
  process.exitCode = 2;
}
