import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { MergeStrategy } from '../../../src/core/settings/settings.js';
import { importStream, type ImportedBranch } from '../../support/git/fast-import.js';
import { MergeRun, TARGET_BRANCH } from '../../support/runs/merge-run.js';
import { differencesFromPlainMerges } from '../../support/git/plain-merges.js';
import {
  edited,
  firstTree,
  intrusion,
  workBy,
  type Intrusion,
  type Tree,
  type Work,
} from '../../support/git/random-branches.js';
import { gitOutput } from '../../support/git/scratch-git.js';

/** `QUEUE_RUNS=1000 QUEUE_SEED=1 npx vitest run <this file>` looks longer, and makes a failure small. */
const RUNS = process.env['QUEUE_RUNS'];
const SEED = process.env['QUEUE_SEED'];
const QUICK_RUNS = 32; // about 20 s
const LONGEST_MS = RUNS === undefined ? 180_000 : 24 * 3_600_000;

interface Scenario {
  /** What is committed on `main` after the first commit; tasks start from either. */
  readonly base: Work;
  readonly tasks: readonly { readonly work: Work; readonly fromFirst: boolean }[];
  /** Of each task, when its agent is done: those with the same time wait together. */
  readonly times: readonly number[];
  readonly strategy: MergeStrategy;
  readonly intrusions: readonly { readonly what: Intrusion; readonly duringVerify: boolean; readonly time: number }[];
}

const TIMES = 3;
const time = fc.nat(TIMES - 1);

const scenario: fc.Arbitrary<Scenario> = fc.integer({ min: 2, max: 4 }).chain((count) =>
  fc.record({
    base: workBy('base'),
    tasks: fc.tuple(
      ...Array.from({ length: count }, (_, at) => fc.record({ work: workBy(idOf(at)), fromFirst: fc.boolean() })),
    ),
    times: fc.array(time, { minLength: count, maxLength: count }),
    strategy: fc.constantFrom('merge', 'squash', 'rebase'),
    intrusions: fc.array(fc.record({ what: intrusion, duringVerify: fc.boolean(), time }), { maxLength: 2 }),
  }),
);

function idOf(at: number): string {
  return `task-${at + 1}`;
}

const folders: string[] = [];
afterAll(async () => {
  await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })));
});

/** Commits the next waiting intrusion on the target, if there is one, and writes down from where to where. */
const INTRUDE = `#!/bin/sh
set -e
unset GIT_DIR GIT_WORK_TREE
next=$(ls "$1/intrusions" | head -n 1)
test -n "$next" || exit 0
mv "$1/intrusions/$next" "$1/now"
export GIT_INDEX_FILE="$1/index" GIT_AUTHOR_NAME=Ann GIT_AUTHOR_EMAIL=a@example.invalid GIT_COMMITTER_NAME=Ann GIT_COMMITTER_EMAIL=a@example.invalid
cd "$1/repository"
tip=$(git rev-parse "$2")
git read-tree "$tip"
git update-index -z --replace --index-info <"$1/now"
commit=$(git commit-tree "$(git write-tree)" -p "$tip" -m "$next")
git update-ref "$2" "$commit" "$tip"
echo "$tip $commit" >>"$1/intruded"
`;

class Landed {
  private constructor(
    private readonly folder: string,
    private readonly run: MergeRun,
    private readonly first: string,
    private readonly tips: ReadonlyMap<string, string>,
  ) {}

  /** Makes the repository and lands everything through o8's queue. */
  static async through(plan: Scenario): Promise<Landed> {
    const folder = await realpath(await mkdtemp(join(tmpdir(), 'o8-queue-')));
    folders.push(folder);
    const root = join(folder, 'repository');
    gitOutput(folder, ['-c', 'init.defaultBranch=main', 'init', '--quiet', root]);
    gitOutput(root, ['fast-import', '--quiet'], importStream(branchesOf(plan)));
    const ids = plan.tasks.map((_, at) => idOf(at));
    const names = ['main', ...ids].map((name) => `refs/heads/${name}`);
    const [first = '', ...tips] = gitOutput(root, ['rev-parse', ...names]).split('\n');
    const script = join(folder, 'intrude.sh');
    await writeFile(script, INTRUDE);
    await chmod(script, 0o755);
    await mkdir(join(folder, 'intrusions'));
    const target = `refs/heads/${TARGET_BRANCH}`;
    const verifies = plan.intrusions.some(({ duringVerify }) => duringVerify);
    const run = await MergeRun.open({
      root,
      base: first,
      tasks: ids.map((id, at) => ({ id, branch: id, tip: tips[at] ?? '' })),
      strategy: plan.strategy,
      into: 'integration',
      journal: 'memory',
      verify: verifies ? `'${script}' '${folder}' ${target}` : null,
    });
    const landed = new Landed(folder, run, first, new Map(ids.map((id, at) => [id, tips[at] ?? ''])));
    for (let now = 0; now < TIMES; now += 1) {
      for (const [at, { what, duringVerify, time }] of plan.intrusions.entries()) {
        if (time !== now) continue;
        await landed.prepare(what, at);
        if (!duringVerify) spawnSync(script, [folder, target], { stdio: 'inherit' });
      }
      await run.finish(ids.filter((_, at) => plan.times[at] === now));
    }
    return landed;
  }

  private async prepare({ kind, path, content }: Intrusion, at: number): Promise<void> {
    const root = join(this.folder, 'repository');
    const blob = gitOutput(root, ['hash-object', '-w', '--stdin'], content);
    const entry = kind === 'write' ? `100644 ${blob}\t${path}\0` : `0 ${'0'.repeat(40)}\t${path}\0`;
    await writeFile(join(this.folder, 'intrusions', String(at)), entry);
  }

  /** All differences from the expected result. */
  faults(): string[] {
    const root = join(this.folder, 'repository');
    const last = gitOutput(root, ['rev-parse', this.run.target]);
    const intruded = join(this.folder, 'intruded');
    const intrusions = existsSync(intruded) ? readFileSync(intruded, 'utf8').trim().split('\n') : [];
    const landings = {
      root,
      first: this.first,
      last,
      events: this.run.events,
      intrusions: intrusions.map((line) => ({ from: line.split(' ')[0] ?? '', to: line.split(' ')[1] ?? '' })),
      tips: this.tips,
    };
    return [
      ...[...this.tips.keys()].flatMap((id) => this.unsettled(id)),
      ...differencesFromPlainMerges(landings, join(this.folder, 'clone')),
      ...this.lost(root),
    ];
  }

  private unsettled(id: string): string[] {
    const { state } = this.run.stateOf(id);
    return state === 'complete' || state === 'merge_conflict' ? [] : [`${id} is ${state}`];
  }

  /** Branches that do not hold what their agents committed any more, and worktrees that were not removed. */
  private lost(root: string): string[] {
    const tips = new Map(this.tips);
    for (const line of gitOutput(root, ['for-each-ref', '--format=%(objectname) %(refname:short)']).split('\n')) {
      const [commit, name = ''] = line.split(' ');
      if (tips.get(name) === commit) tips.delete(name);
    }
    const [, ...left] = gitOutput(root, ['worktree', 'list', '--porcelain']).split('\n\n');
    return [...[...tips.keys()].map((id) => `branch ${id} is not where its agent left it`), ...left];
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}

function branchesOf({ base, tasks }: Scenario): ImportedBranch[] {
  let mark = 0;
  const commit = (tree: Tree, message: string) => ({ mark: `:${(mark += 1)}`, tree, message });
  const worked = (start: Tree, work: Work, name: string) => {
    let tree = start;
    return work.commits.map((edits, at) => {
      for (const change of edits) tree = edited(tree, change, work.author);
      return commit(tree, `${name} ${at}`);
    });
  };
  const first = commit(firstTree(), 'first');
  const main = [first, ...worked(first.tree, base, 'base')];
  const last = main.at(-1) ?? first;
  return [
    { ref: 'refs/heads/main', from: null, commits: main },
    { ref: `refs/heads/${TARGET_BRANCH}`, from: last.mark, commits: [] },
    ...tasks.map(({ work, fromFirst }, at): ImportedBranch => {
      const start = fromFirst ? first : last;
      return { ref: `refs/heads/${idOf(at)}`, from: start.mark, commits: worked(start.tree, work, idOf(at)) };
    }),
  ];
}

describe('the merge queue', () => {
  it(
    'lands the result of merging the branches one by one, nothing that conflicts, and loses no commit',
    { timeout: LONGEST_MS },
    async () => {
      await fc.assert(
        fc.asyncProperty(scenario, async (plan) => {
          const landed = await Landed.through(plan);
          expect(landed.faults()).toEqual([]);
          await landed.remove();
        }),
        {
          numRuns: RUNS === undefined ? QUICK_RUNS : Number(RUNS),
          endOnFailure: RUNS === undefined,
          ...(SEED === undefined ? {} : { seed: Number(SEED) }),
        },
      );
    },
  );
});
