import { randomUUID } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { shellQuote } from '../core/base/shell-quote.js';
import { git } from '../git/door/execute.js';
import { bundledProgram } from '../process/base/bundle.js';
import { agentEnvironment } from '../process/programs/agent-environment.js';
import { killTree, TreeTracker } from '../process/trees/process-tree.js';
import { issueRecords } from './stand-ins/records.js';

export const EPIC = 'rt-1';
export const TASK = 'rt-1.1';
/** Not named O8_…: agents do not inherit those, and have to be found, too. */
const MARKER = 'RECOVERY_TEST';
const PERSON = ['user.name=recovery-test', 'user.email=recovery-test@localhost'];

/** A repository with a remote, an epic of one task, and stand-ins for bd, gh and the agent; nothing of the user's is used. */
export interface Throwaway {
  readonly root: string;
  /** What the stand-ins remember. */
  readonly folder: string;
  /** The remote. */
  readonly bare: string;
  readonly env: Readonly<Record<string, string>>;
  /** Ends every process that was started with `env`, with SIGKILL. */
  readonly killAll: () => Promise<void>;
  /** Ends them and removes everything. */
  readonly remove: () => Promise<void>;
}

export async function makeThrowaway(parent: NodeJS.ProcessEnv): Promise<Throwaway> {
  const top = await realpath(await mkdtemp(join(tmpdir(), 'o8-recovery-')));
  const id = randomUUID();
  const processes = new TreeTracker({ root: null, marker: `${MARKER}=${id}`, except: [] });
  const killAll = async (): Promise<void> => {
    const left = await killTree(processes);
    if (left.length > 0) throw new Error(`processes that cannot be killed: ${left.join(', ')}`);
  };
  const remove = async (): Promise<void> => {
    await killAll();
    await rm(top, { recursive: true, force: true, maxRetries: 5 });
  };
  const [root, folder, bare, bin, home] = ['shop', 'records', 'shop.git', 'bin', 'home'].map((name) => join(top, name));
  if (root === undefined || folder === undefined || bare === undefined || bin === undefined || home === undefined)
    throw new Error('five names are five paths');
  try {
    for (const path of [root, folder, bin, home]) await mkdir(path);
    await makePrograms(bin, folder, bare);
    await makeRepository(root, bare, join(bin, 'ssh'), folder);
  } catch (error) {
    await remove();
    throw error;
  }
  const env = agentEnvironment(parent, {
    PATH: `${bin}:${parent['PATH'] ?? ''}`,
    HOME: home,
    XDG_CONFIG_HOME: join(home, '.config'),
    XDG_CACHE_HOME: join(home, '.cache'),
    XDG_STATE_HOME: join(home, '.state'),
    XDG_DATA_HOME: join(home, '.data'),
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    NO_COLOR: '1',
    [MARKER]: id,
  });
  return { root, folder, bare, env, killAll, remove };
}

async function makePrograms(bin: string, folder: string, bare: string): Promise<void> {
  const standIn = [process.execPath, bundledProgram('stand-in.js')];
  const program = async (name: string, text: string): Promise<void> =>
    writeFile(join(bin, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  const exec = (words: readonly string[]): string => `exec ${words.map(shellQuote).join(' ')} "$@"`;
  await program('bd', exec([...standIn, 'bd', folder]));
  await program('gh', exec([...standIn, 'gh', folder, bare]));
  // The remote has an address of GitHub; what git takes for ssh goes to the bare repository instead.
  await program('ssh', `exec "\${2%% *}" ${shellQuote(bare)}`);
}

async function makeRepository(root: string, bare: string, ssh: string, folder: string): Promise<void> {
  const run = async (...args: string[]): Promise<string> => git(args, { cwd: root, config: PERSON });
  await run('init', '--quiet', '--bare', '--initial-branch=main', bare);
  await run('init', '--quiet', '--initial-branch=main', root);
  await writeFile(join(root, 'README.md'), '# Shop\n');
  await run('add', 'README.md');
  await run('commit', '--quiet', '--no-gpg-sign', '--message', 'A shop');
  await run('remote', 'add', 'origin', 'git@github.com:recovery-test/shop.git');
  await run('config', 'core.sshCommand', ssh);
  await run('config', 'ssh.variant', 'simple');
  await run('push', '--quiet', bare, 'main');
  await run('update-ref', 'refs/remotes/origin/main', 'main');
  await mkdir(join(root, '.beads'));
  await mkdir(join(root, '.claude'));
  // Settings that git ignores are the user's own, which need no consent.
  appendFileSync(join(root, '.git/info/exclude'), '/.beads/\n/.claude/\n');
  const agent = { command: [process.execPath, bundledProgram('stand-in.js'), 'agent', folder] };
  // The stand-ins answer within milliseconds; 5 s is the shortest that the settings allow.
  const settings = { agent, pr: { merge: 'auto' }, beads: { pollSeconds: 5 }, killAfter: 1 };
  await writeFile(join(root, '.claude/parallel-config.json'), JSON.stringify(settings));
  const issues = issueRecords(folder);
  issues.add({ id: EPIC, title: 'A shop', type: 'epic', status: 'open' });
  issues.add({ id: TASK, title: 'Work', type: 'task', parent: EPIC, status: 'open' });
}
