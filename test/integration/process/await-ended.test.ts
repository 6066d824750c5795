import { spawn } from 'node:child_process';
import { expect, it, onTestFinished } from 'vitest';
import { awaitEnded } from '../../../src/process/trees/await-ended.js';

const MARK = { O8_CALL_OF: `test-${String(process.pid)}` };
const marker = `O8_CALL_OF=${MARK.O8_CALL_OF}`;
const commands = / --json --actor /;

/** A process that leads its group and runs this in a shell; null once it has ended. */
function start(script: string, env: NodeJS.ProcessEnv = {}): { readonly pid: number; ended: boolean } {
  const child = spawn('bash', ['-c', script], { detached: true, stdio: 'ignore', env: { ...process.env, ...env } });
  const started = { pid: child.pid ?? 0, ended: false };
  child.once('exit', () => (started.ended = true));
  onTestFinished(() => {
    try {
      process.kill(-started.pid, 'SIGKILL');
    } catch {
      // it has ended
    }
  });
  return started;
}

it('waits for the git of a killed process and for marked calls, and not for services or other programs of the group', async () => {
  const git = start('exec -a git sleep 0.5');
  const service = start('sleep 30', MARK);
  const bd = start('sleep 0.5; exit 0 # --json --actor x', MARK);
  expect(await awaitEnded({ group: null, marker, commands }, 10_000)).toEqual([]);
  await expect.poll(() => bd.ended).toBe(true);
  expect(service.ended).toBe(false);
  expect(await awaitEnded({ group: git.pid, marker, commands }, 10_000)).toEqual([]);
});

it('names what does not end', async () => {
  const leader = start('(exec -a git sleep 30) & wait');
  const other = start('sleep 30');
  await expect.poll(async () => awaitEnded({ group: leader.pid, marker, commands }, 0)).toEqual(['git 30']);
  expect(await awaitEnded({ group: other.pid, marker, commands }, 0)).toEqual([]);
});
