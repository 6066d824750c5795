import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { FAILPOINTS, type Failpoint } from '../../../src/core/base/failpoint.js';
import { isPublished } from '../../../src/core/run/run-state.js';
import type { LoadedRun } from '../../../src/tools/context/run-files.js';
import { scratchGit } from '../git/scratch-git.js';
import { attachGitHub, type GitHubFixture } from '../github/gh-environment.js';
import { OtherClone } from '../github/other-clone.js';
import { FaultRun, type Armed, type Fault, type FaultTask, type Outcome } from './fault-run.js';

/** The third starts when the pull request of the first is merged. */
const TASKS: readonly FaultTask[] = [
  { id: 'task-001', wave: 1, job: { shared: 'one\n', leftovers: true } },
  { id: 'task-002', wave: 1, more: { verify: 'test -f task-002.txt' } },
  { id: 'task-003', wave: 2, deps: ['task-001'] },
];
/** The whole story takes ten seconds on an idle machine. */
const STORY_MS = 100_000;
/** Each `merge` looks at the pull requests; a supervisor that was killed leaves a git that still works for a moment. */
const ASK_EVERY_MS = 150;
/** Nothing that o8 does with a pull request closes it: that is a person's. */
const UNUSED: readonly Failpoint[] = ['forge.close.before', 'forge.close.after'];

export const PULL_FAILPOINTS = FAILPOINTS.filter((at) => /^(?:forge|remote|pulls)[.]/.test(at) && !UNUSED.includes(at));

export interface PullOutcome extends Pick<Outcome, 'phase' | 'tasks' | 'worktrees' | 'beside' | 'locks' | 'processes'> {
  readonly user: Outcome['user'];
  /** Local ones and those of the remote. */
  readonly branches: readonly string[];
  readonly remote: readonly string[];
  /** Of the remote's main: its files, and the subjects of what was put on it. */
  readonly tree: string;
  readonly commits: readonly string[];
  /** `head state comments`, whether o8's marker is in the description, and how often. */
  readonly pulls: readonly string[];
  readonly faults: readonly string[];
}

export interface PullTold {
  readonly outcome: PullOutcome;
  readonly wrongStarts: readonly string[];
  readonly missed: readonly Fault[];
  readonly logs: string;
}

/**
 * Pull requests are opened; somebody else pushes to the branch of one, and to main something that conflicts with the other;
 * a person follows the comment and rebases; everything is merged. Each step is asked for with the same command until it is
 * done, however often a supervisor is killed.
 */
export async function tellPulls(faults: readonly Fault[]): Promise<PullTold> {
  return inStory(async (story) => {
    await story.tell(story.run.arm(faults));
    return {
      outcome: await story.outcome(),
      wrongStarts: await story.run.wrongStarts(true),
      missed: story.run.pending().filter(({ n }) => n === 1),
      logs: await story.run.logs(),
    };
  });
}

/** How often the undisturbed story reaches each of the failpoints. */
export async function pullHits(): Promise<Fault[]> {
  return inStory(async (story) => {
    const traced = story.run.trace();
    await story.tell({ env: traced.env, pending: () => [] });
    const hits = await traced.hits();
    return PULL_FAILPOINTS.flatMap((at) =>
      Array.from({ length: hits.get(at) ?? 0 }, (_, index) => ({ at, n: index + 1 })),
    );
  });
}

async function inStory<T>(work: (story: PullStory) => Promise<T>): Promise<T> {
  const found: { hub: GitHubFixture | null } = { hub: null };
  const run = await FaultRun.open(TASKS, { merge: { into: 'pr' } }, async (repository) => {
    found.hub = await attachGitHub(repository);
    return found.hub.env;
  });
  try {
    if (found.hub === null) throw new Error('no GitHub');
    return await work(new PullStory(run, found.hub));
  } catch (error) {
    throw new Error(`${String(error)}\n${await run.logs()}`, { cause: error });
  } finally {
    await run.close();
    await found.hub?.remove();
  }
}

class PullStory {
  readonly #deadline = performance.now() + STORY_MS;

  constructor(
    readonly run: FaultRun,
    private readonly hub: GitHubFixture,
  ) {}

  async tell(armed: Armed): Promise<void> {
    const { run, hub } = this;
    const { repository } = hub.github;
    const others = new OtherClone(hub.bare);
    repository.usualChecks = [{ name: 'ci', outcome: 'passed' }];
    await this.#until(armed, 'spawn', (now) =>
      ['task-001', 'task-002'].every((id) => {
        const record = now?.state.tasks.get(id);
        return record !== undefined && isPublished(record);
      }),
    );
    others.commit('feature/task-002-work', { 'person.txt': 'a person\n' });
    others.commit('main', { 'shared.txt': 'main\n' });
    repository.pullOf('feature/task-002-work').body = 'Written by a person.';
    await this.#until(armed, 'merge', (now) => {
      const state = (id: string) => now?.state.tasks.get(id)?.state.state;
      return state('task-001') === 'merge_conflict' && state('task-002') === 'complete';
    });
    await this.#rebase();
    await this.#until(
      armed,
      'merge',
      (now) =>
        now?.state.phase.kind === 'finished' &&
        !now.ownerAlive &&
        [...now.state.tasks.values()].every(({ state, branchRemoved }) => state.state === 'complete' && branchRemoved),
    );
    await run.untilUnowned();
  }

  /** What the comment on the pull request says, in the task's worktree. */
  async #rebase(): Promise<void> {
    const worktree = join(dirname(this.run.root), 'workspaces', 'task-001');
    const [comment] = this.hub.github.repository.pullOf('feature/task-001-work').comments;
    const commands = /```bash\n(?<commands>[^`]*)```/.exec(comment?.body ?? '')?.groups?.['commands'] ?? '';
    const [, ...git] = commands.split('\n').filter((line) => line.startsWith('git ') || line.startsWith('cd '));
    if (git.length !== 3) throw new Error(`the comment has no commands: ${comment?.body ?? 'no comment'}`);
    for (const line of git) {
      const { code, stderr } = scratchGit(worktree, line.split(' ').slice(1));
      if (code === 0) continue;
      if (!line.startsWith('git rebase')) throw new Error(`${line}: ${stderr}`);
      await writeFile(join(worktree, 'shared.txt'), 'both\n');
      scratchGit(worktree, ['add', 'shared.txt']);
      const resolved = scratchGit(worktree, ['-c', 'core.editor=true', 'rebase', '--continue']);
      if (resolved.code !== 0) throw new Error(`${resolved.stderr}${resolved.stdout}`);
    }
  }

  async #until(armed: Armed, command: 'spawn' | 'merge', done: (now: LoadedRun | null) => boolean): Promise<void> {
    const { run } = this;
    let last: unknown = null;
    for (;;) {
      const now = await run.load();
      if (done(now)) return;
      if (performance.now() > this.#deadline) {
        throw new Error(
          `${command} does not get there: ${last instanceof Error ? String(last) : JSON.stringify(last)}`,
        );
      }
      const again = command === 'merge' && now !== null && (now.ownerAlive || now.state.phase.kind === 'finished');
      last = await (again ? run.call('merge', { noReview: true }, armed.env) : this.#goOn(now, armed)).catch(
        (error: unknown) => error,
      );
      await sleep(ASK_EVERY_MS);
    }
  }

  async #goOn(now: LoadedRun | null, { env }: Armed): Promise<void> {
    if (now === null) return this.run.spawn(env);
    if (!now.ownerAlive && now.state.phase.kind !== 'finished') return this.run.resume(env);
  }

  async outcome(): Promise<PullOutcome> {
    const { run, hub } = this;
    const { phase, tasks, worktrees, beside, locks, processes, user, refs } = await run.outcome();
    const lines = (args: readonly string[]) =>
      scratchGit(hub.bare, args)
        .stdout.split('\n')
        .filter((line) => line !== '');
    return {
      // The settings of git have paths of this test.
      ...{ phase, tasks, worktrees, beside, locks, processes, user: { ...user, config: '' } },
      branches: refs.filter((ref) => /^refs\/(?:heads|remotes)\//.test(ref)),
      remote: lines(['for-each-ref', '--format=%(refname)']),
      tree: lines(['rev-parse', 'main^{tree}']).join(),
      commits: lines(['log', '--format=%s', 'main'])
        .map((subject) => subject.replace(/ \(#\d+\)$/, ''))
        .sort(),
      pulls: hub.github.repository
        .list()
        .map(
          ({ head, base, state, comments, body }) =>
            `${head} into ${base}: ${state}, ${String(comments.length)} comments, ${String(body.split('<!-- o8:pull-request').length - 1)} marker`,
        )
        .sort(),
      faults: hub.github.faults,
    };
  }
}
