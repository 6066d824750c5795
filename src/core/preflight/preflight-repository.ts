import { o8, text } from '../base/text.js';
import type { Plan } from '../plan/plan.js';
import { cleanTreeCheck } from './clean-tree.js';
import { fail, findingsOr, pass, someOf, warn, type Check } from '../base/check.js';
import type { PreflightFacts } from './preflight-facts.js';
import { lostBranch } from '../text/lost-branch.js';
import { shellQuote } from '../base/shell-quote.js';
import { counted } from '../text/counted.js';
import { printable } from '../text/untrusted-text.js';

/** Checks that o8 supports this repository and that a run can start from its current state. */
export function repositoryChecks(plan: Plan, facts: PreflightFacts): readonly Check[] {
  return [
    gitVersion(facts),
    bare(facts),
    head(facts),
    operation(facts),
    cleanTreeCheck(plan, facts),
    baseBranch(facts),
    shallow(facts),
    sparse(facts),
    submodules(plan, facts),
    lfs(facts),
    ...gitChanges(facts),
  ];
}

const MOST_CHANGES = 5; // `o8 doctor` lists all of them

/** Repeated before each run until it is restored, because the notes of the earlier run are easily missed. */
function gitChanges({ gitChanges: changes }: PreflightFacts): readonly Check[] {
  const shown = changes
    .slice(0, MOST_CHANGES)
    .map(({ what, putBack }) =>
      warn('git-changes', `${what} while agents of an earlier run worked, and was not restored`, putBack),
    );
  const rest = changes.length - shown.length;
  if (rest > 0) {
    shown.push(
      warn('git-changes', `${counted(rest, 'more change')} of git settings and hooks by agents`, o8('doctor')),
    );
  }
  return findingsOr(shown, 'git-changes', 'Agents of earlier runs left git settings and hooks unchanged');
}

function gitVersion({ git }: PreflightFacts): Check {
  const text = [git.major, git.minor, git.patch].join('.');
  const atLeast = (minor: number): boolean => git.major > 2 || (git.major === 2 && git.minor >= minor);
  // 2.25 has every command o8 needs; 2.38 brought the merge that needs no checkout.
  if (!atLeast(25))
    return fail(
      'git-version',
      `git ${text} is too old: o8 needs 2.25`,
      'Install git 2.25 or newer: https://git-scm.com/downloads',
    );
  if (!atLeast(38)) {
    return warn(
      'git-version',
      `git ${text} is supported, but trial merges need a scratch worktree`,
      'Install git 2.38 or newer for faster merges: https://git-scm.com/downloads',
    );
  }
  return pass('git-version', `git ${text}`);
}

function bare(facts: PreflightFacts): Check {
  return facts.bare
    ? fail(
        'repository',
        'The repository is bare: it has no working tree',
        "Run o8 in a clone of it: 'git clone <repository>'",
      )
    : pass('repository', 'Repository with a checkout');
}

function head({ head: found, branches }: PreflightFacts): Check {
  switch (found.kind) {
    case 'branch':
      return pass('head', `On branch ${printable(found.branch)}`);
    case 'detached':
      return fail(
        'head',
        `HEAD is detached at ${found.commit.slice(0, 12)}: there is no base branch to land on`,
        `Run 'git switch ${shellQuote(mainBranch(branches) ?? '<branch>')}'`,
      );
    case 'unborn':
      if (found.last !== undefined) {
        const { said, command } = lostBranch(found.branch, found.last);
        return fail('head', `B${said.slice(1)}`, `Run '${command}'`);
      }
      return fail(
        'head',
        `Branch ${printable(found.branch)} has no commits yet; a run starts from a commit`,
        'Run \'git add -A && git commit -m "Initial commit"\'',
      );
  }
}

function operation({ operation: found }: PreflightFacts): Check {
  if (found === null) return pass('operation', 'No merge or rebase in progress');
  const end = found === 'bisect' ? 'git bisect reset' : `git ${found} --continue' or 'git ${found} --abort`;
  return fail('operation', `A ${found} is in progress`, `Run '${end}'`);
}

function baseBranch({ head: found, branches }: PreflightFacts): Check {
  const usual = mainBranch(branches);
  if (found.kind === 'detached')
    return fail('base-branch', 'There is no base branch', `Run 'git switch ${shellQuote(usual ?? '<branch>')}'`);
  const name = printable(found.branch);
  if (usual === null || found.branch === usual || found.branch === 'main' || found.branch === 'master') {
    return pass('base-branch', `Base branch ${name}`);
  }
  return warn(
    'base-branch',
    `Base branch is ${name}, not ${usual}: the run starts from it and lands on it`,
    `Run 'git switch ${usual}' if this is not intended`,
  );
}

function mainBranch(branches: readonly string[]): 'main' | 'master' | null {
  if (branches.includes('main')) return 'main';
  return branches.includes('master') ? 'master' : null;
}

function shallow(facts: PreflightFacts): Check {
  return facts.shallow
    ? warn(
        'shallow',
        'The clone is shallow: commits older than its boundary cannot be merged',
        "Run 'git fetch --unshallow'",
      )
    : pass('shallow', 'Full history');
}

function sparse(facts: PreflightFacts): Check {
  return facts.sparse
    ? warn(
        'sparse',
        'The checkout is sparse: agents see only the same part of the tree',
        "Run 'git sparse-checkout disable' if they need all of it",
      )
    : pass('sparse', 'Full checkout');
}

function submodules(plan: Plan, facts: PreflightFacts): Check {
  if (facts.submodules.length === 0) return pass('submodules', 'No submodules');
  const paths = someOf(facts.submodules.map(printable));
  if (plan.tasks.every(({ setup }) => setup?.includes('git submodule') === true)) {
    return pass('submodules', `Submodules, filled by setup: ${paths}`);
  }
  return warn(
    'submodules',
    `Submodules are empty in new worktrees: ${paths}`,
    text`Run: ${o8('config set', ['setup', 'git submodule update --init --recursive'])}   (if agents need them)`,
  );
}

function lfs({ lfs: found }: PreflightFacts): Check {
  if (found.kind === 'unused') return pass('lfs', 'No Git LFS files');
  const files =
    found.files === 0 ? 'Git LFS is set up but has no files yet' : `${counted(found.files, 'file')} in Git LFS`;
  if (found.program === null) {
    const install = "Install git-lfs (https://git-lfs.com), then run 'git lfs install && git lfs pull'";
    if (found.files === 0) return warn('lfs', `${files}, and git-lfs was not found`, install);
    // Agents would read pointer files, and files they change would be committed in full.
    return fail('lfs', `${files}, and git-lfs was not found`, install);
  }
  if (!found.configured) {
    return warn(
      'lfs',
      `${files}, but git is not configured to use git-lfs: worktrees contain pointer files`,
      "Run 'git lfs install && git lfs pull'",
    );
  }
  return pass('lfs', `${files}, git-lfs found`);
}
