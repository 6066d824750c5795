import { mergeAgain } from '../../core/held/finding.js';
import type { PlannedTask } from '../../core/plan/plan.js';
import { shellQuote } from '../../core/text/shell-quote.js';
import { listRefs, isAncestor, resolveCommit } from '../../git/refs/refs.js';
import { wasRenamedFrom } from '../../git/refs/branch-history.js';
import type { Repository } from '../../git/door/repository.js';
import { gitAt, worktreeCommands } from '../../git/findings/mending.js';
import { recordOf, type Run } from '../run/run.js';
import { restoreCommand, targetName, targetOf } from '../../core/plan/target.js';

/** What somebody did to a branch by hand that o8 cannot go on with: the fact, and the command that does. */
export interface Moved {
  readonly reason: string;
  readonly hint: string;
}

const short = (commit: string): string => commit.slice(0, 12);

/** The branch that had the base's name before. */
async function renamedBase(repo: Repository, base: string): Promise<{ name: string; commit: string } | null> {
  for (const { ref, commit } of await listRefs(repo, 'refs/heads')) {
    const name = ref.slice('refs/heads/'.length);
    if (await wasRenamedFrom(repo, name, base)) return { name, commit };
  }
  return null;
}

/** Where the base is, also under another name; null where it is gone. */
export async function baseTip({ repo, plan }: Run): Promise<string | null> {
  const { branch } = plan.base;
  return (await resolveCommit(repo, `refs/heads/${branch}`)) ?? (await renamedBase(repo, branch))?.commit ?? null;
}

/** The base branch was renamed or deleted. */
export async function baseGone({ repo, plan, ledger }: Run): Promise<Moved> {
  const { branch } = plan.base;
  const again = `o8 merge --run ${plan.runId}`;
  const renamed = await renamedBase(repo, branch);
  if (renamed !== null) {
    const [now, then] = [shellQuote(renamed.name), shellQuote(branch)];
    return {
      reason: `branch ${branch} was renamed to ${renamed.name}`,
      hint: `git branch -m ${now} ${then} && ${again} && git branch -m ${then} ${now}`,
    };
  }
  const last = ledger.state.landings.findLast(({ ref, undone }) => ref === `refs/heads/${branch}` && undone === null);
  const commit = last?.to ?? plan.base.commit;
  const reason = `branch ${branch} was deleted; o8 last knew it at ${short(commit)}`;
  return { reason, hint: `git branch ${shellQuote(branch)} ${commit} && ${again}` };
}

/** The newest commit of the target that it does not have any more because it was moved back to an earlier one; else null. */
export async function movedBackFrom({ repo, plan, ledger }: Run, tip: string): Promise<string | null> {
  const last = ledger.state.landings.findLast(({ ref, undone }) => ref === targetOf(plan).ref && undone === null)?.to;
  if (last === undefined || last === tip || (await resolveCommit(repo, last)) === null) return null;
  return (await isAncestor(repo, tip, last)) ? last : null;
}

/** The target was deleted. A run that has merged nothing yet started it from the base. */
export function targetGone({ plan, ledger }: Run): Moved {
  const target = targetOf(plan);
  const { ref } = target;
  const known = ledger.state.landings.findLast((landing) => landing.ref === ref && landing.undone === null)?.to;
  const last = known ?? (plan.base.commit === '' ? shellQuote(plan.base.branch) : plan.base.commit);
  return {
    reason: `${targetName(target)} was deleted`,
    hint: `${restoreCommand(target, last)} && o8 merge --run ${plan.runId}`,
  };
}

export function targetMovedBack({ plan }: Run, from: string, tip: string): Moved {
  const name = targetName(targetOf(plan));
  return {
    reason: `${name} was moved back from ${short(from)} to ${short(tip)}: it no longer has all that was merged into it`,
    hint: `git branch -f ${shellQuote(name)} ${from} && o8 merge --run ${plan.runId}`,
  };
}

/** Landing `tip` would bring back commits that somebody took out of the base's history (amended, reset, force-pulled). */
export async function baseRewritten({ repo, plan }: Run, base: string, tip: string): Promise<Moved | null> {
  const { commit, branch } = plan.base;
  if (commit === '' || (await resolveCommit(repo, commit)) === null) return null;
  if ((await isAncestor(repo, commit, base)) || !(await isAncestor(repo, commit, tip))) return null;
  const name = shellQuote(targetName(targetOf(plan)));
  return {
    reason: `${branch} was rewritten: it no longer contains ${short(commit)}, where the run started, and landing would bring that back`,
    hint: `git worktree add ../rebase ${name} && git -C ../rebase rebase --onto ${shellQuote(branch)} ${commit} && git worktree remove ../rebase && o8 merge --run ${plan.runId}`,
  };
}

/** The same for one branch and the target, which does not have the commit any more that the branch started from. */
export async function targetRewritten(run: Run, task: PlannedTask, target: string, tip: string): Promise<Moved | null> {
  const { repo, plan } = run;
  const { start } = recordOf(run, task.id);
  if (start === null || (await resolveCommit(repo, start)) === null) return null;
  if ((await isAncestor(repo, start, target)) || !(await isAncestor(repo, start, tip))) return null;
  const name = targetName(targetOf(plan));
  const rebase = `${gitAt(task)} rebase --onto ${shellQuote(name)} ${start}`;
  return {
    reason: `${name} was rewritten: it no longer contains ${short(start)}, where ${task.branch} started, and merging would bring that back`,
    hint: [...worktreeCommands(task), rebase, mergeAgain(plan.runId, task.id)].join(' && '),
  };
}

/** A branch that was moved back behind its finished work: what it has now is not what the task did. */
export function branchMovedBack(task: PlannedTask, known: string, tip: string): Moved {
  const reset =
    worktreeCommands(task).length === 0
      ? `${gitAt(task)} reset --keep ${known}`
      : `git branch -f ${shellQuote(task.branch)} ${known}`;
  return {
    reason: `${task.branch} was moved back from ${short(known)} to ${short(tip)}: it no longer has the task's work`,
    hint: `${reset}   (brings it back, then the same command again), or o8 cleanup --task ${task.id} --force`,
  };
}
