import { o8, text, type Text } from '../../core/base/text.js';
import type { LandingRecord } from '../../core/run/run-state.js';
import type { Plan } from '../../core/plan/plan.js';
import { ownBranch, restoreCommand, targetBranch, targetName, targetOf } from '../../core/plan/target.js';
import { shellQuote } from '../../core/base/shell-quote.js';
import type { Repository } from '../door/repository.js';
import { contentThere } from '../merge/content-there.js';
import { wasRenamedFrom } from '../refs/branch-history.js';
import { isAncestor, listRefs, resolveCommit } from '../refs/refs.js';

/** A branch that the user moved, renamed or deleted so that o8 cannot continue, and the command that fixes it. */
export interface Moved {
  readonly reason: string;
  readonly hint: Text;
}

/** A run, with its recorded base and target. */
export interface RunBranches {
  readonly repo: Repository;
  readonly plan: Plan;
  readonly landings: readonly LandingRecord[];
}

export const short = (commit: string): string => commit.slice(0, 12);

/** The branch that was renamed from this name. */
async function renamed(repo: Repository, before: string): Promise<{ name: string; commit: string } | null> {
  for (const { ref, commit } of await listRefs(repo, 'refs/heads')) {
    const name = ref.slice('refs/heads/'.length);
    if (await wasRenamedFrom(repo, name, before)) return { name, commit };
  }
  return null;
}

/** The tip of the base branch, also after a rename; null if it was deleted. */
export async function baseTip({ repo, plan }: Pick<RunBranches, 'repo' | 'plan'>): Promise<string | null> {
  const { branch } = plan.base;
  return (await resolveCommit(repo, `refs/heads/${branch}`)) ?? (await renamed(repo, branch))?.commit ?? null;
}

/** The base branch was renamed or deleted. */
export async function baseGone({ repo, plan, landings }: RunBranches): Promise<Moved> {
  const { branch } = plan.base;
  const again = o8('merge', { run: plan.runId });
  const other = await renamed(repo, branch);
  if (other !== null) {
    const [now, then] = [shellQuote(other.name), shellQuote(branch)];
    return {
      reason: `branch ${branch} was renamed to ${other.name}`,
      hint: text`git branch -m ${now} ${then} && ${again} && git branch -m ${then} ${now}`,
    };
  }
  const commit = lastOf(landings, `refs/heads/${branch}`) ?? plan.base.commit;
  const reason = `branch ${branch} was deleted; o8 last knew it at ${short(commit)}`;
  return { reason, hint: text`git branch ${shellQuote(branch)} ${commit} && ${again}` };
}

/** The target was renamed or deleted. */
export async function targetGone(run: RunBranches): Promise<Moved> {
  const { repo, plan, landings } = run;
  const target = targetOf(plan);
  if (ownBranch(target) === null && targetBranch(target) !== null) return baseGone(run);
  const name = targetName(target);
  const again = o8('merge', { run: plan.runId });
  const other = await renamed(repo, name);
  if (other !== null) {
    return {
      reason: `branch ${name} was renamed to ${other.name}`,
      hint: text`git branch -m ${shellQuote(other.name)} ${shellQuote(name)} && ${again}`,
    };
  }
  const start = plan.base.commit === '' ? shellQuote(plan.base.branch) : plan.base.commit;
  const commit = lastOf(landings, target.ref) ?? start;
  const reason = `${name} was deleted; o8 last knew it at ${short(commit)}`;
  return { reason, hint: text`${restoreCommand(target, commit)} && ${again}` };
}

/**
 * The newest commit of the run's own target that `tip`, its current tip, neither contains nor has the content of,
 * because the target was moved. Null if nothing is missing.
 */
export async function lostFromTarget(
  { repo, plan, landings }: RunBranches,
  tip: string,
): Promise<{ readonly commit: string; readonly moved: Moved } | null> {
  const target = targetOf(plan);
  const commit = lastOf(landings, target.ref);
  if (ownBranch(target) === null || commit === null || commit === tip) return null;
  if ((await resolveCommit(repo, commit)) === null || (await isAncestor(repo, commit, tip))) return null;
  const name = targetName(target);
  const again = o8('merge', { run: plan.runId });
  if (await isAncestor(repo, tip, commit)) {
    const reason = `${name} was moved back from ${short(commit)} to ${short(tip)}: it no longer contains everything that was merged into it`;
    return { commit, moved: { reason, hint: text`git branch -f ${shellQuote(name)} ${commit} && ${again}` } };
  }
  if ((await contentThere(repo, commit, tip)) !== null) return null;
  const there = shellQuote(name);
  return {
    commit,
    moved: {
      reason: `${name} was moved from ${short(commit)} to ${short(tip)}: it no longer contains everything that was merged into it`,
      hint: text`git worktree add ../restore ${there} && git -C ../restore merge ${commit} && git worktree remove ../restore && ${again}   (merge -s ours if its work is already there in another form)`,
    },
  };
}

/**
 * Whether the base contains a commit of the target, or its content: then the position of the target does not matter.
 */
export async function isOnBase({ repo, plan }: RunBranches, commit: string): Promise<boolean> {
  const base = await baseTip({ repo, plan });
  if (base === null) return false;
  return (await isAncestor(repo, commit, base)) || (await contentThere(repo, commit, base)) !== null;
}

/** The last commit of this ref that the run recorded. */
export function lastOf(landings: readonly LandingRecord[], wanted: string): string | null {
  return landings.findLast(({ ref, undone }) => ref === wanted && undone === null)?.to ?? null;
}
