import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { writeRulesArguments } from '../../../src/core/scope/write-guard.js';
import { bundledProgram } from '../../../src/process/base/bundle.js';

const decisionSchema = z.object({
  hookSpecificOutput: z.object({
    hookEventName: z.literal('PreToolUse'),
    permissionDecision: z.literal('deny'),
    permissionDecisionReason: z.string(),
  }),
});

let folder: string;
let worktree: string;

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'o8-guard-')));
  worktree = join(folder, "it's a worktree");
  await mkdir(join(worktree, 'src'), { recursive: true });
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function runGuard(input: string, rules: { allow?: string[]; boundary?: string[] } = {}) {
  const argv = writeRulesArguments({ worktree, allow: rules.allow ?? [], boundary: rules.boundary ?? [] });
  const child = spawn(process.execPath, [bundledProgram('guard.js'), ...argv], { stdio: 'pipe' });
  const exit = new Promise<number | null>((ended, failed) => {
    child.once('error', failed);
    child.once('exit', (code) => ended(code));
  });
  child.stdin.end(input);
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), exit]);
  return { stdout, stderr, code };
}

/** What the guard says to a tool call that writes `path`: `allowed`, or why not. */
async function verdict(path: string, rules: { allow?: string[]; boundary?: string[] } = {}, input: object = {}) {
  const call = { cwd: worktree, tool_name: 'Write', tool_input: { file_path: path, content: 'x', ...input } };
  const { stdout, stderr, code } = await runGuard(JSON.stringify(call), rules);
  if (code !== 0) return `failed: ${stderr}`;
  if (stdout === '') return 'allowed';
  return decisionSchema.parse(JSON.parse(stdout)).hookSpecificOutput.permissionDecisionReason;
}

describe('the write guard', () => {
  it('lets files in the worktree be written, new folders included', async () => {
    expect(await verdict(join(worktree, 'src/new/deep/a.ts'))).toBe('allowed');
    expect(await verdict('src/a.ts')).toBe('allowed');
  });

  it('denies what lies outside, however it is spelled', async () => {
    for (const path of [join(folder, 'x'), `${worktree}/src/../../x`, '../x', '~/x', `${worktree}-2/x`]) {
      expect(await verdict(path), path).toContain("outside this task's worktree");
    }
  });

  it('follows links: a link out of the worktree leads outside, one inside stays inside', async () => {
    await symlink(folder, join(worktree, 'out'));
    await symlink(join(folder, 'target.txt'), join(worktree, 'file'));
    await writeFile(join(folder, 'target.txt'), '');
    await symlink('src', join(worktree, 'in'));
    expect(await verdict(join(worktree, 'out/new.txt'))).toContain("outside this task's worktree");
    expect(await verdict(join(worktree, 'file'))).toContain("outside this task's worktree");
    expect(await verdict(join(worktree, 'in/a.ts'))).toBe('allowed');
  });

  it('looks at where a link inside leads, not at its name', async () => {
    await symlink('src', join(worktree, 'alias'));
    expect(await verdict(join(worktree, 'alias/a.ts'), { boundary: ['src/**'] })).toContain('BOUNDARY src/**');
  });

  it('denies a broken link, because writing it would create its target anywhere', async () => {
    await symlink(join(folder, 'not-there'), join(worktree, 'dangling'));
    expect(await verdict(join(worktree, 'dangling'))).toMatch(/^failed: o8-guard\no8 could not check/);
  });

  it('denies BOUNDARY, and under a declared scope everything else', async () => {
    const rules = { allow: ['src/**'], boundary: ['src/keep.ts'] };
    expect(await verdict('src/a.ts', rules)).toBe('allowed');
    expect(await verdict('src/keep.ts', rules)).toContain('BOUNDARY src/keep.ts');
    expect(await verdict('docs/a.md', rules)).toContain('neither CREATE nor MODIFY');
    expect(await verdict('.claude-task-complete', rules)).toBe('allowed');
  });

  it('denies the worktree’s .git', async () => {
    await writeFile(join(worktree, '.git'), 'gitdir: elsewhere\n');
    expect(await verdict(join(worktree, '.git'))).toContain('belongs to git');
  });

  it('knows notebooks by their own field', async () => {
    expect(
      await verdict(join(folder, 'x.ipynb'), {}, { file_path: undefined, notebook_path: join(folder, 'x.ipynb') }),
    ).toContain("outside this task's worktree");
  });

  it.each(['', 'no json', 'null', '{}', '{"tool_input":{}}', '{"tool_input":{"file_path":5}}'])(
    'denies by failing when it is asked %j',
    async (input) => {
      const { code, stdout, stderr } = await runGuard(input);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toContain('so it is denied');
    },
  );
});
