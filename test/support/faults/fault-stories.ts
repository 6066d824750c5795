import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { FAILPOINTS, type Failpoint } from '../../../src/core/base/failpoint.js';
import { beadsIn, STAND_IN_BD } from '../beads/stand-in-beads.js';
import { FaultRun, PLAN_DIR, THREE_TASKS, type Fault, type Outcome } from './fault-run.js';

/**
 * What happens in a run, to its end and with everything on main. `faults` are armed in the part that reaches them;
 * with none it is the undisturbed run the others are compared with.
 */
export interface Story {
  readonly name: string;
  readonly tell: (run: FaultRun, faults: readonly Fault[]) => Promise<void>;
  /** Where the agents of a task are stopped on purpose, they start again. */
  readonly startsAgain?: boolean;
  /** Ends exactly as that story does when nobody disturbs it. */
  readonly like?: Story;
  /** The maximum number of faults: a tool replaces a killed supervisor only a few times, and some effects are not repeated. */
  readonly most?: number;
}

/** Reached in shims: their agents are lost and start again. */
const SHIM = /^(attempt\.(claim|exit)|agent)\./;

const run: Story = {
  name: 'a run',
  async tell(run, faults) {
    const armed = run.arm(faults);
    await run.finish(armed);
    await run.land();
  },
};

const landing: Story = {
  name: 'a landing',
  like: run,
  most: 2,
  async tell(run, faults) {
    await run.finish();
    const armed = run.arm(faults);
    await run.land(armed);
  },
};

const cleanup: Story = {
  name: 'cleanup after a run',
  async tell(run, faults) {
    await run.finish();
    await run.land();
    const armed = run.arm(faults);
    await run.call('cleanup', {}, armed.env);
  },
};

/** Processes of the terminal are killed too. */
const terminal: Story = {
  name: 'a run from the terminal',
  like: run,
  async tell(run, faults) {
    const armed = run.arm(faults);
    for (let tries = 0; tries <= faults.length; tries += 1) {
      const before = armed.pending().length;
      await run.o8(armed.env, 'spawn', PLAN_DIR, '--skip-preflight');
      if (armed.pending().length === before) break;
      if ((await run.load())?.state.phase.kind === 'finished') break; // its agents were faster: again would be another run
    }
    await run.finish(armed);
    for (let tries = 0; tries <= faults.length; tries += 1) {
      if ((await run.o8(armed.env, 'merge')).code === 0) break;
    }
    await run.land();
  },
};

const force: Story = {
  name: 'a run that moves older work aside',
  async tell(run, faults) {
    const old = join(dirname(run.root), 'workspaces', 'task-001');
    await run.repository.git(['worktree', 'add', '--quiet', '-b', 'feature/task-001-work', old, 'main']);
    await writeFile(join(old, 'old.txt'), 'not committed\n');
    const armed = run.arm(faults);
    for (let tries = 0; tries <= faults.length; tries += 1) {
      const { code } = await run.o8(armed.env, 'spawn', PLAN_DIR, '--force', '--skip-preflight', '--yes');
      if (code === 0) break;
    }
    await run.finish(armed);
    await run.land();
    const [kept = ''] = await readdir(dirname(old));
    if (!kept.startsWith('task-001.before-')) throw new Error(`the old worktree is gone: ${kept}`);
    if (!existsSync(join(dirname(old), kept, 'old.txt'))) throw new Error('the old work is gone');
    await run.repository.git(['worktree', 'unlock', join(dirname(old), kept)]);
    await run.repository.git(['worktree', 'remove', '--force', join(dirname(old), kept)]);
  },
};

/** Aborted while two agents have uncommitted work, then started over. */
const abort: Story = {
  name: 'an abort and a retry',
  startsAgain: true,
  most: 2,
  async tell(run, faults) {
    for (const task of ['task-001', 'task-002']) await run.assign(task, { waitFor: 'go' });
    const ofShims = run.arm(faults.filter(({ at }) => SHIM.test(at)));
    await run.spawn(ofShims.env);
    for (const task of ['task-001', 'task-002']) await run.untilStarted(task);
    await run.killOwner(); // who aborts and retries is the next one, and told of the faults
    const armed = run.arm(faults.filter(({ at }) => !SHIM.test(at)));
    await run.call('abort', {}, armed.env);
    await run.untilUnowned();
    await writeFile(join(run.folder, 'go'), '');
    await run.call('spawn', { dir: PLAN_DIR, skipPreflight: true, retryFailed: true }, armed.env);
    await run.finish(armed);
    await run.land();
  },
};

/** A person asks for a task's conflict, resolves it in the task's worktree, and lets the run continue. */
const resolution: Story = {
  name: 'a conflict that is resolved',
  most: 1,
  async tell(run, faults) {
    await run.assign('task-001', { shared: 'one\n' });
    await run.assign('task-002', { shared: 'two\n' });
    await run.finish();
    const tasks = [...((await run.load())?.state.tasks.values() ?? [])];
    const task = tasks.find(({ state }) => state.state === 'merge_conflict')?.id ?? '';
    const armed = run.arm(faults);
    await run.call('merge', { task, resolve: true }, armed.env);
    const worktree = join(dirname(run.root), 'workspaces', task);
    const marked = await readFile(join(worktree, 'shared.txt'), 'utf8');
    if (!marked.includes('<<<<<<<')) throw new Error(`no conflict was checked out: ${marked}`);
    await writeFile(join(worktree, 'shared.txt'), 'both\n');
    await run.repository.git(['add', 'shared.txt'], worktree);
    await run.repository.git(['commit', '--quiet', '--no-edit'], worktree);
    await run.call('merge', { task, into: 'integration' });
    await run.finish();
    await run.land();
  },
};

/** Everything that landed is reverted, once. */
const undo: Story = {
  name: 'a landing that is undone',
  most: 2,
  async tell(run, faults) {
    await run.finish();
    await run.land();
    const armed = run.arm(faults);
    for (let tries = 0; tries <= faults.length; tries += 1) await run.call('merge', { undo: true }, armed.env);
  },
};

/** A first supervisor is killed at `first`; the run is then damaged, and the next supervisor, which is killed too, repairs it. */
function repair(name: string, first: Failpoint, harm: (run: FaultRun) => Promise<void>): Story {
  return {
    name,
    like: run,
    most: 2,
    async tell(run, faults) {
      const earlier = run.arm([{ at: first, n: 1 }]);
      await run.spawn(earlier.env).catch(() => undefined);
      await run.untilUnowned();
      if (earlier.pending().length > 0) throw new Error(`nobody fell at ${first}`);
      await harm(run);
      const armed = run.arm(faults);
      await run.finish(armed);
      await run.land();
    },
  };
}

const tornJournal = repair('a journal with a torn end', 'worktree.fill.before', async (run) => {
  await writeFile(await run.file('journal.jsonl'), '{"version":1,"seq":9', { flag: 'a' });
});

const damagedRequest: Story = {
  ...repair('a damaged request', 'worktree.fill.before', async (run) => {
    await writeFile(join(await run.file('requests'), 'a.request.json'), '{');
  }),
  most: 1,
};

const killedGit = repair('a git that was killed while it filled a worktree', 'worktree.fill.before', async (run) => {
  const worktrees = join(run.root, '.git/worktrees');
  for (const name of await readdir(worktrees)) {
    const lock = join(worktrees, name, 'index.lock');
    await writeFile(lock, '');
    await utimes(lock, 0, 0);
  }
});

const unlockedWorktree = repair('a worktree somebody unlocked', 'worktree.fill.before', async (run) => {
  const worktrees = join(run.root, '.git/worktrees');
  // The git of a supervisor that was killed may continue: a folder that it has just made has no such file yet.
  const marks = (await readdir(worktrees)).map((name) => join(worktrees, name, 'locked')).filter(existsSync);
  if (marks.length === 0) throw new Error('no worktree was locked');
  for (const mark of marks) await rm(mark, { force: true });
});

/** Nobody claimed the attempt: the next owner makes it void before it starts another. */
const unclaimed = repair('an attempt that was announced and not started', 'attempt.start.before', async () => {
  // Nothing is to be harmed.
});

const oldRuns: Story = {
  name: 'a run after many others',
  like: run,
  most: 1,
  async tell(run, faults) {
    const armed = run.arm(faults);
    await run.spawn(armed.env);
    const runs = dirname(await run.file('.'));
    for (let day = 10; day <= 31; day += 1) {
      const old = join(runs, `202001${String(day)}-000000-0000`);
      await mkdir(old);
      await copyFile(await run.file('plan.json'), join(old, 'plan.json'));
    }
    await run.finish(armed);
    await run.land(armed);
    const left = (await readdir(runs)).filter((name) => !name.startsWith('.'));
    if (left.length !== 20) throw new Error(`${String(left.length)} runs are kept`);
  },
};

/** git was killed while it moved the user's checkout: some files new, one half written, an index.lock. */
const killedForward: Story = {
  name: 'a landing whose git was killed',
  like: run,
  most: 2,
  async tell(run, faults) {
    await run.finish();
    const from = await run.repository.git(['rev-parse', 'main']);
    const to = await run.repository.git(['rev-parse', `o8/${(await run.load())?.plan.runId ?? ''}`]);
    const dead = 2 ** 22 + 1; // above every pid a kernel gives
    await writeFile(
      join(run.root, '.git/o8-fast-forward.json'),
      JSON.stringify({ from, to, pid: dead, step: 'forward' }),
    );
    await writeFile(join(run.root, '.git/index.lock'), '');
    await writeFile(join(run.root, 'task-001.txt'), 'task-001\n');
    await writeFile(join(run.root, 'task-002.txt'), 'task');
    const armed = run.arm(faults);
    await run.land(armed);
  },
};

/** An epic of three issues, from a database in the user's checkout, which is told everything once. */
const epicOfThree: Story = {
  name: 'a run of an epic',
  most: 4,
  async tell(run, faults) {
    const user = await beadsIn(run.root, ['--stealth']);
    const epic = await user.create('Epic', '-t', 'epic', '--id', 'demo-epic');
    for (const { id } of THREE_TASKS) await user.create(id, '--id', id, '--parent', epic);
    for (const on of ['task-001', 'task-002']) await user.bd(['dep', 'add', 'task-003', on]);
    await run.configure({ beads: { program: STAND_IN_BD }, merge: { into: 'integration' } });
    await run.assign('task-002', { also: { path: '.beads/issues.jsonl', content: 'of a branch\n' } });
    run.selection = { epic };
    run.more = async () => {
      const issues = await Promise.all([epic, ...THREE_TASKS.map(({ id }) => id)].map(async (id) => user.issue(id)));
      return issues.map(({ id, status, labels, comments }) => `${id} ${status} ${labels.join(' ')} ${comments.length}`);
    };
    const armed = run.arm(faults);
    await run.finish(armed);
    await run.land(armed);
    // What a supervisor that fell at its end did not tell is told by the next.
    for (let tries = 0; tries <= faults.length; tries += 1) {
      const again = await run.spawn(armed.env).then(
        () => true,
        () => false,
      );
      await run.untilUnowned();
      if (!again) break;
    }
  },
};

/** Those of the takeover of an earlier version's runs and of pull requests have tests of their own. */
type ToldFailpoint = Exclude<Failpoint, `${'old_runs' | 'forge' | 'remote' | 'pulls'}.${string}`>;
const TOLD = FAILPOINTS.filter((at): at is ToldFailpoint => !/^(?:old_runs|forge|remote|pulls)[.]/.test(at));

/** The story in which each failpoint is reached. A new failpoint does not compile without one. */
const STORIES: Readonly<Record<ToldFailpoint, Story>> = {
  'journal.append.before': run,
  'journal.append.written': run,
  'journal.append.after': run,
  'journal.keep_torn.before': tornJournal,
  'journal.keep_torn.after': tornJournal,
  'journal.repair.before': tornJournal,
  'journal.repair.after': tornJournal,
  'file.replace.before': run,
  'file.replace.after': run,
  'lock.publish.before': run,
  'lock.publish.after': run,
  'lock.prune.before': run,
  'lock.prune.after': run,
  'mirror.remove.before': run,
  'mirror.remove.after': run,
  'section.enter.before': run,
  'section.enter.after': run,
  'section.leave.before': run,
  'section.leave.after': run,
  'request.submit.before': terminal,
  'request.submit.after': terminal,
  'request.answer.before': landing,
  'request.answer.after': landing,
  'request.set_aside.before': damagedRequest,
  'request.set_aside.after': damagedRequest,
  'run.create.before': terminal,
  'run.create.after': terminal,
  'run.remove.before': oldRuns,
  'run.remove.renamed': oldRuns,
  'run.remove.after': oldRuns,
  'log.write.before': run,
  'log.write.after': run,
  'log.link.before': run,
  'log.link.after': run,
  'manifest.write.before': run,
  'manifest.write.after': run,
  'beads.tell.before': epicOfThree,
  'beads.tell.after': epicOfThree,
  'beads.claim.before': epicOfThree,
  'beads.claim.after': epicOfThree,
  'marker.clear.before': run,
  'marker.clear.after': run,
  'marker.remove.before': run,
  'marker.remove.after': run,

  'supervisor.start.before': terminal,
  'supervisor.start.after': terminal,
  'attempt.spec.before': run,
  'attempt.spec.after': run,
  'attempt.start.before': run,
  'attempt.start.after': run,
  'attempt.claim.before': unclaimed,
  'attempt.claim.after': unclaimed,
  'attempt.stop.before': abort,
  'attempt.stop.after': abort,
  'agent.start.before': run,
  'agent.start.after': run,
  'agent.record.before': run,
  'agent.record.after': run,
  'agent.stop.before': abort,
  'agent.stop.after': abort,
  'attempt.exit.before': run,
  'attempt.exit.after': run,

  'exclude.write.before': terminal,
  'exclude.write.after': terminal,
  'include.copy.before': run,
  'include.copy.after': run,
  'aside.worktree.before': force,
  'aside.worktree.after': force,
  'aside.branch.before': force,
  'aside.branch.after': force,
  'worktree.register.before': run,
  'worktree.register.after': run,
  'worktree.lock.before': unlockedWorktree,
  'worktree.lock.after': unlockedWorktree,
  'worktree.unlock.before': epicOfThree,
  'worktree.unlock.after': epicOfThree,
  'worktree.fill.before': run,
  'worktree.fill.after': run,
  'worktree.unregister.before': run,
  'worktree.unregister.after': run,
  'trash.move.before': run,
  'trash.move.after': run,
  'trash.empty.before': run,
  'trash.empty.after': run,
  'index_lock.remove.before': killedGit,
  'index_lock.remove.after': killedGit,
  'conflict.checkout.before': resolution,
  'conflict.checkout.after': resolution,
  'leftovers.stage.before': run,
  'leftovers.stage.after': run,
  'leftovers.commit.before': run,
  'leftovers.commit.after': run,
  'index.reset.before': epicOfThree,
  'index.reset.after': epicOfThree,
  'ref.create.before': run,
  'ref.create.after': run,
  'ref.advance.before': run,
  'ref.advance.after': run,
  'ref.pin.before': run,
  'ref.pin.after': run,
  'ref.delete.before': cleanup,
  'ref.delete.after': cleanup,
  'forward.start.before': landing,
  'forward.record.before': landing,
  'forward.record.after': landing,
  'forward.start.after': landing,
  'forward.forget.before': landing,
  'forward.forget.after': landing,
  'rollback.unlock.before': killedForward,
  'rollback.unlock.after': killedForward,
  'rollback.restore.before': killedForward,
  'rollback.restore.after': killedForward,
};

/** Reached in more than one story: by another process, or with other things at stake. */
const ALSO: readonly { readonly story: Story; readonly at: Failpoint }[] = [
  { story: run, at: 'attempt.claim.before' },
  { story: run, at: 'attempt.claim.after' },
  { story: terminal, at: 'file.replace.before' },
  { story: terminal, at: 'file.replace.after' },
  { story: abort, at: 'ref.pin.before' },
  { story: abort, at: 'ref.pin.after' },
  { story: abort, at: 'ref.create.before' },
  { story: abort, at: 'ref.create.after' },
  { story: abort, at: 'ref.delete.before' },
  { story: abort, at: 'ref.delete.after' },
  { story: abort, at: 'worktree.unregister.before' },
  { story: abort, at: 'worktree.unregister.after' },
  { story: undo, at: 'ref.pin.before' },
  { story: undo, at: 'ref.pin.after' },
  { story: undo, at: 'forward.start.before' },
  { story: undo, at: 'forward.record.after' },
  { story: undo, at: 'forward.start.after' },
  { story: undo, at: 'forward.forget.after' },
  { story: undo, at: 'ref.delete.before' },
  { story: undo, at: 'ref.delete.after' },
];

/** Faults of one run. */
export interface FaultCase {
  readonly story: Story;
  readonly faults: readonly Fault[];
  readonly title: string;
}

/** A task whose attempts are lost three times in a row fails, as intended. */
const MOST_SHIM_FAULTS = 2;

/** Every failpoint at its first hit, at most `size` of a story in one run. */
export function everyFailpoint(size: number): FaultCase[] {
  const all = [...TOLD.map((at) => ({ story: STORIES[at], at })), ...ALSO];
  const stories = new Set(all.map(({ story }) => story));
  return [...stories].flatMap((story) => {
    const names = all.filter((each) => each.story === story).map(({ at }) => at);
    return deal(names, Math.min(size, story.most ?? size)).map((hand) =>
      faultCase(
        story,
        hand.map((at) => ({ at, n: 1 })),
      ),
    );
  });
}

/** Distributes failpoints over groups: neighbours, which nearly coincide, go to different groups, and so do those in shims. */
function deal(names: readonly Failpoint[], size: number): Failpoint[][] {
  const shims = names.filter((at) => SHIM.test(at));
  const others = names.filter((at) => !SHIM.test(at));
  const count = Math.max(Math.ceil(names.length / size), Math.ceil(shims.length / MOST_SHIM_FAULTS));
  return Array.from({ length: count }, (_, hand) =>
    [shims, others].flatMap((cards) => cards.filter((_card, index) => index % count === hand)),
  );
}

/** Every hit in an ordinary run and its landing, and the first in the other stories, each in a run of its own. */
export async function everyHit(): Promise<FaultCase[]> {
  const hits = await hitsOfAnOrdinaryRun();
  const others = [...TOLD.map((at) => ({ story: STORIES[at], at })), ...ALSO].filter(
    ({ story, at }) => !hits.some((hit) => hit.story === story && hit.at === at),
  );
  return [
    ...hits.flatMap(({ story, at, count }) =>
      Array.from({ length: count }, (_, index) => faultCase(story, [{ at, n: index + 1 }])),
    ),
    ...others.map(({ story, at }) => faultCase(story, [{ at, n: 1 }])),
  ];
}

function faultCase(story: Story, faults: readonly Fault[]): FaultCase {
  const names = faults.map(({ at, n }) => (n === 1 ? at : `${at} (${String(n)}.)`));
  return { story, faults, title: `${story.name} killed at ${names.join(', ')}` };
}

async function hitsOfAnOrdinaryRun(): Promise<{ story: Story; at: Failpoint; count: number }[]> {
  const traced = await FaultRun.open();
  try {
    const whileRunning = traced.trace();
    await traced.spawn(whileRunning.env);
    await traced.finish();
    const whileLanding = traced.trace();
    await traced.land({ ...whileLanding, pending: () => [] });
    const [ofRun, ofLanding] = await Promise.all([whileRunning.hits(), whileLanding.hits()]);
    return TOLD.flatMap((at) => [
      { story: run, at, count: ofRun.get(at) ?? 0 },
      { story: landing, at, count: ofLanding.get(at) ?? 0 },
    ]).filter(({ count }) => count > 0);
  } finally {
    await traced.close();
  }
}

export interface Told {
  readonly outcome: Outcome;
  /** The result of `FaultRun.wrongStarts`. */
  readonly wrongStarts: readonly string[];
  /** Did not happen. How often a point is reached depends on the machine's speed, so only first hits count. */
  readonly missed: readonly Fault[];
  readonly logs: string;
}

/** What the case is to end like: its story, or one that ends the same, without any fault. */
export function undisturbed({ story }: FaultCase): Story {
  return story.like ?? story;
}

/**
 * Plays the case. When a process is killed, another one's git may still do what the process was about to do, and nobody
 * reaches that point any more: such a fault is tried again, alone.
 */
export async function tellEach({ story, faults }: FaultCase): Promise<Told[]> {
  const together = await tell({ story, faults });
  if (faults.length === 1) return [together];
  const alone: Told[] = [];
  for (const fault of together.missed) alone.push(await tell({ story, faults: [fault] }));
  return [{ ...together, missed: [] }, ...alone];
}

/** Plays a story in its own repository. */
export async function tell({ story, faults }: Omit<FaultCase, 'title'>): Promise<Told> {
  const run = await FaultRun.open(THREE_TASKS, { retries: 0 });
  try {
    await story.tell(run, faults);
    const strict = story.startsAgain !== true && !faults.some(({ at }) => SHIM.test(at));
    return {
      outcome: await run.outcome(),
      wrongStarts: await run.wrongStarts(strict),
      missed: run.pending().filter(({ n }) => n === 1),
      logs: await run.logs(),
    };
  } catch (error) {
    throw new Error(`${String(error)}\n${await run.logs()}`, { cause: error });
  } finally {
    await run.close();
  }
}
