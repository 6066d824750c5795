import { execFile } from 'node:child_process';
import { mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import { readmeCommands } from '../../support/sources/readme-commands.js';

const CLONE = resolve(import.meta.dirname, '../../..');

/** The commands of the README's first run, one block after the other, for somebody without Claude Code. */
async function firstRun(): Promise<string> {
  const blocks = (await readmeCommands('First run')).map((lines) => lines.join('\n'));
  const last = blocks.findIndex((block) => block.includes('o8 merge'));
  const commands = blocks.slice(0, last + 1).join('\n');
  // There is no terminal to answer at.
  return commands.replace(/^(o8 run parallel\/greetings)(?= +#.*asks)/m, '$1 --yes').replaceAll('<clone>', CLONE);
}

it('works as the README says, word for word, in an empty home without a git identity', async () => {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'o8-first-run-')));
  onTestFinished(async () => rm(folder, { recursive: true, force: true }));
  const home = await mkdtemp(join(folder, 'home-'));
  const script = join(folder, 'first-run.sh');
  await writeFile(script, `set -e\n${await firstRun()}`);
  const env = { HOME: home, PATH: process.env['PATH'] ?? '' };
  const { stdout } = await promisify(execFile)('sh', [script], { cwd: folder, env });

  expect(stdout).toContain('Summary: 2 completed');
  expect(stdout).toContain('Landed on ');
  const root = join(folder, 'greetings');
  expect(await readFile(join(root, 'README.md'), 'utf8')).toContain('greet');
  const git = promisify(execFile)('git', ['log', '--format=%an %s', '--', 'src'], { cwd: root, env });
  expect((await git).stdout).toBe('Your Name Add greet\n');

  // People stop the demo's agent, start it again, and give it tasks of their own.
  const agent = async (task: string): Promise<{ stdout: string }> =>
    promisify(execFile)(process.execPath, [join(CLONE, 'examples/demo-agent.mjs')], {
      cwd: root,
      env: { ...env, O8_TASK_ID: task },
    });
  expect((await agent('greeting')).stdout).toMatch(/^already committed: Add greet$/m);
  await expect(agent('other')).rejects.toMatchObject({
    stderr: expect.stringMatching(/^The demo agent knows only the tasks .*, not 'other'\.\n$/) as string,
  });
}, 120_000);
