import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { git, tryGit } from '../git/door/execute.js';
import type { RecoveryCase } from './recovery-case.js';
import { agentRecords, issueRecords, issuesOf, pullRecords } from './stand-ins/records.js';
import { DONE, WORK_FILE } from './stand-ins/stand-in-agent.js';
import { EPIC, TASK, type Throwaway } from './throwaway.js';

const PHASES = ['spawned', 'working', 'committed', 'pr_created', 'merged'].map((phase) => `phase:${phase}`);
const RESTARTED = PHASES.slice(0, 2);

/** The first thing that is not as after a run that nobody disturbed; null if there is none. */
export async function whatIsWrong(place: Throwaway, { agents }: RecoveryCase): Promise<string | null> {
  return (
    agentFault(place, agents) ??
    pullFault(place) ??
    issueFault(place) ??
    (await remoteFault(place)) ??
    (await leftover(place))
  );
}

function agentFault({ folder }: Throwaway, wanted: number): string | null {
  const records = agentRecords(folder).all();
  const started = records.filter(({ event }) => event === 'started').length;
  if (records.some(({ event }) => event === 'work_lost')) return 'the uncommitted work of the agent was lost';
  return started === wanted ? null : `${String(started)} agents were started instead of ${String(wanted)}`;
}

function pullFault({ folder }: Throwaway): string | null {
  const all = pullRecords(folder).all();
  const count = (kind: string): number => all.filter((record) => record.kind === kind).length;
  if (count('opened') !== 1) return `${String(count('opened'))} pull requests were opened instead of one`;
  return count('merged') === 1 ? null : 'the pull request was not merged';
}

function issueFault({ folder }: Throwaway): string | null {
  const records = issueRecords(folder).all();
  const issues = issuesOf(records);
  for (const id of [TASK, EPIC]) {
    const status = issues.get(id)?.status ?? 'missing';
    if (status !== 'closed') return `issue ${id} is ${status}, not closed`;
  }
  const told = records.flatMap(({ id, add }) => (id === TASK && add?.startsWith('phase:') === true ? [add] : []));
  // A supervisor that died before it saw an agent start makes another attempt, which begins again.
  const restarted = told.length > PHASES.length ? told.splice(0, RESTARTED.length) : RESTARTED;
  if (told.join() !== PHASES.join() || restarted.join() !== RESTARTED.join())
    return `the phases were ${told.join(', ')}`;
  const left = [...(issues.get(TASK)?.labels ?? [])].filter((label) => label.startsWith('phase:'));
  return left.join() === 'phase:merged' ? null : `the issue has the labels ${left.join(', ')}`;
}

async function remoteFault({ bare }: Throwaway): Promise<string | null> {
  const work = await tryGit(['show', `main:${WORK_FILE}`], { cwd: bare });
  if (work.code !== 0 || work.stdout !== DONE) return 'the work is not on the base branch of the remote';
  const commits = Number(await git(['rev-list', '--count', 'main'], { cwd: bare }));
  return commits === 2 ? null : `${String(commits - 1)} commits were merged instead of one`;
}

async function leftover({ root, bare }: Throwaway): Promise<string | null> {
  const branches = async (cwd: string): Promise<string[]> => {
    const all = await git(['for-each-ref', '--format=%(refname:short)', 'refs/heads'], { cwd });
    return all.split('\n').filter((name) => name !== '' && name !== 'main');
  };
  const [local, remote] = [await branches(root), await branches(bare)];
  if (local.length > 0) return `left behind: branch ${local.join(', ')}`;
  if (remote.length > 0) return `left behind on the remote: branch ${remote.join(', ')}`;
  const worktrees = (await git(['worktree', 'list', '--porcelain'], { cwd: root })).match(/^worktree /gm) ?? [];
  if (worktrees.length > 1) return 'left behind: a worktree';
  const changed = await git(['status', '--porcelain'], { cwd: root });
  if (changed !== '') return `the checkout was changed: ${changed.trim()}`;
  const folder = join(root, '..', 'worktrees');
  const files = await readdir(folder).catch(() => []);
  const worktree = files.find((name) => name === TASK);
  if (worktree !== undefined) return `left behind: ${join(folder, worktree)}`;
  const state = await readFile(join(root, '.beads/orchestrator/state.json'), 'utf8').catch(() => '{}');
  return state.trim() === '{}' ? null : '.beads/orchestrator/state.json still has the task';
}
