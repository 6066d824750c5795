import { execFile, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, symlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BeadsRun } from '../../support/beads/beads-run.js';

const JUSTFILE = resolve(import.meta.dirname, '../../../examples/justfile');
const O8 = resolve(import.meta.dirname, '../../../dist/o8.js');
const hasJust = spawnSync('just', ['--version'], { stdio: 'ignore' }).status === 0;

/** What people type, word for word; `ID` is an issue, `EPIC` its epic. The second part makes it harmless. */
const TYPED: readonly (readonly [string, string])[] = [
  ['just orchestrate', '--dry-run'],
  ['just orchestrate --epic EPIC', '--dry-run'],
  ['just orchestrate --max-agents 2', '--dry-run'],
  ['just orchestrate --dry-run', ''],
  ['just orchestrate-epic EPIC', '--dry-run'],
  ['just orchestrate-status', ''],
  ['just orchestrate-preview', ''],
  ['just orchestrate-help', ''],
  ['just worker ID', '--dry-run'],
  ['just merger', '--dry-run'],
  ['just merger --dry-run', ''],
  ['just worktree-clean', '--dry-run'],
  ['just worktree-remove ID', '--help'], // there is no run that could have its worktree
  ['just test-crash-recovery', '--help'],
];

/** The recipes of the file: their only line. */
function recipes(): Map<string, string> {
  const found = readFileSync(JUSTFILE, 'utf8').matchAll(/^([a-z-]+)(?: [^:\n]*)?:\n {4}(.+)$/gm);
  return new Map([...found].map(([, name = '', line = '']) => [name, line]));
}

/** By `just` itself, or where it is not installed the recipe's line in the shell that `just` would use. */
function commandOf(words: readonly string[]): readonly string[] {
  if (hasJust) return ['just', '--justfile', JUSTFILE, '--working-directory', '.', ...words];
  const [name = '', ...args] = words;
  return ['sh', '-c', recipes().get(name) ?? `echo "no recipe ${name}" >&2; exit 127`, name, ...args];
}

describe(`the recipes of examples/justfile, ${hasJust ? 'by just' : 'by sh: just is not installed'}`, () => {
  it('are one call of o8 each', () => {
    expect([...recipes().values()].filter((line) => !/^o8 [^;&|\n]+$/.test(line))).toEqual([]);
    expect([...recipes().keys()].sort()).toEqual(
      [...new Set(TYPED.map(([typed]) => typed.split(' ')[1] ?? ''))].sort(),
    );
  });

  it('run as they are typed, and change nothing with --dry-run', { timeout: 180_000 }, async () => {
    const test = await BeadsRun.open();
    const [epic = '', issue = ''] = await test.epic('Schema', 'Store');
    const bin = join(test.run.home, 'bin');
    await mkdir(bin);
    await symlink(O8, join(bin, 'o8'));
    const env = { ...test.run.environment, PATH: `${bin}:${test.run.environment['PATH'] ?? ''}` };
    const before = await test.users();
    const results: (readonly [string, number | null, string])[] = [];
    for (const [typed, also] of TYPED) {
      const words = `${typed} ${also}`.trim().replace('EPIC', epic).replace('ID', issue).split(' ').slice(1);
      const [program = '', ...args] = commandOf(words);
      const { code, output } = await runIn(test.root, env, program, args);
      results.push([typed, code, code === 0 ? '' : output]);
      if (typed.startsWith('just orchestrate') && words.includes('--dry-run')) expect(output).toContain(issue);
    }
    expect(results).toEqual(TYPED.map(([typed]) => [typed, 0, '']));
    expect(await test.users()).toEqual(before);
  });
});

async function runIn(cwd: string, env: NodeJS.ProcessEnv, program: string, args: readonly string[]) {
  return new Promise<{ code: number | null; output: string }>((done) => {
    execFile(program, [...args], { cwd, env, timeout: 60_000 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : null;
      done({ code, output: `${stdout}${stderr}` });
    });
  });
}
