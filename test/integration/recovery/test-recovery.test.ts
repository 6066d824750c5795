import { mkdir, mkdtemp, readdir, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { CliProcess } from '../../support/programs/cli.js';
import { MarkedProcesses } from '../../support/programs/marked-processes.js';

/** What the command promises. */
const LIMIT_MS = 150_000;
const CASES = [
  'before the agent',
  'agent alive',
  'agent dead with uncommitted work',
  'committed, not pushed',
  'pushed without a pull request',
  'pull request open',
  'merged, not closed',
];

/** Outside of any repository, without HOME, git identity or login. */
async function recoveryTest(
  args: readonly string[] = [],
  more: (top: string) => Promise<Readonly<Record<string, string>>> = async () => Promise.resolve({}),
) {
  const top = await realpath(await mkdtemp(join(tmpdir(), 'o8-outside-')));
  onTestFinished(async () => rm(top, { recursive: true, force: true }));
  const processes = new MarkedProcesses();
  onTestFinished(async () => processes.kill());
  const temporary = join(top, 'tmp');
  await mkdir(temporary);
  const base = { PATH: process.env['PATH'] ?? '', TMPDIR: temporary, ...processes.environment };
  const command = new CliProcess(['test-recovery', ...args], { cwd: top, env: { ...base, ...(await more(top)) } });
  const left = async () => ({ files: await readdir(temporary), processes: await processes.pids() });
  return { top, command, left };
}

describe('o8 test-recovery', () => {
  it(
    'kills a run at seven points, recovers each, and leaves no process or folder behind',
    { timeout: LIMIT_MS },
    async () => {
      const { command, left } = await recoveryTest();
      const { code, stdout, stderr } = await command.ended;
      expect(stderr).toBe('');
      expect(stdout).toBe(CASES.map((name) => `✓ ${name}\n`).join(''));
      expect(code).toBe(0);
      expect(await left()).toEqual({ files: [], processes: [] });
    },
  );

  it('names each case that fails, with why, and ends with exit code 1', { timeout: LIMIT_MS }, async () => {
    const { command, left } = await recoveryTest(['--json'], async (top) => {
      const broken = join(top, 'broken.mjs');
      await writeFile(broken, `if (process.argv[2] === 'run') { console.error('Error: broken'); process.exit(7); }`);
      return { NODE_OPTIONS: `--import=${broken}` };
    });
    const { code, stdout } = await command.ended;
    expect(JSON.parse(stdout)).toEqual({
      ok: false,
      cases: CASES.map((name) => ({
        case: name,
        ok: false,
        why: expect.stringMatching(/^the command ended before .+: Error: broken$/) as string,
      })),
    });
    expect(code).toBe(1);
    expect(await left()).toEqual({ files: [], processes: [] });
  });
});
