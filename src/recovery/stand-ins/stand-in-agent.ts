import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { git } from '../../git/door/execute.js';
import { agentRecords } from './records.js';

export const WORK_FILE = 'work.txt';
const HALF = 'half of the work\n';
export const DONE = `${HALF}the other half\n`;
/** The agent waits with its work half done and not committed as long as this file is in the folder. */
export const HOLD = 'hold';
/** It was started on purpose in a folder where an earlier agent left half of its work. */
export const CONTINUES = 'continues';
/** A test that failed does not let go of its agent; it is killed long before. */
const LONGEST_HOLD_MS = 300_000;
const LOOK_MS = 25;

/** Does half of the work, waits if it is told to, does the other half and commits it. Returns the exit code. */
export async function standInAgent(folder: string): Promise<number> {
  if (process.env['O8_ATTEMPT'] === undefined) {
    process.stdout.write('VERDICT: merge\n'); // asked to review the pull request
    return 0;
  }
  const cwd = process.cwd();
  const agents = agentRecords(folder);
  agents.add({ pid: process.pid, event: 'started' });
  const found = existsSync(WORK_FILE) ? readFileSync(WORK_FILE, 'utf8') : '';
  if (existsSync(join(folder, CONTINUES)) && found !== HALF) agents.add({ pid: process.pid, event: 'work_lost' });
  if (found !== DONE) writeFileSync(WORK_FILE, HALF);
  agents.add({ pid: process.pid, event: 'half_done' });
  const until = Date.now() + LONGEST_HOLD_MS;
  while (existsSync(join(folder, HOLD)) && Date.now() < until) await sleep(LOOK_MS);
  writeFileSync(WORK_FILE, DONE);
  await git(['add', WORK_FILE], { cwd });
  const person = ['user.name=agent', 'user.email=agent@localhost'];
  await git(['commit', '--quiet', '--message', 'feat: the work'], { cwd, config: person });
  writeFileSync('.claude-task-complete', '');
  agents.add({ pid: process.pid, event: 'ended' });
  return 0;
}
