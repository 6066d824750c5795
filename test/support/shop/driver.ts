import { join } from 'node:path';
import * as z from 'zod';
import {
  ask,
  callO8,
  callTogether,
  o8Tool,
  resultOf,
  tell,
  type Conversation,
  type Turns,
} from '../claude/scripted-model.js';
import { PLAN } from './plan.js';
import { PRD } from './repository.js';
import { done, edit } from './steps.js';

/*
 * What the model of the user's session says: it does what the text of each command tells it, and what the user asks for in
 * between. Each of its parts ends with what the user is told, and gives all that the user's side has said by then.
 */

const checkSchema = z.looseObject({
  id: z.string(),
  level: z.string(),
  message: z.string(),
  hint: z.string().optional(),
});
const preflightSchema = z.looseObject({
  ok: z.boolean(),
  checks: z.array(checkSchema),
  overlaps: z.array(z.unknown()).optional(),
});
type Preflight = z.output<typeof preflightSchema>;
const planSchema = z.looseObject({ text: z.string(), tasks: z.array(z.unknown()) });
const spawnSchema = z.looseObject({ runId: z.string(), cursor: z.number() });
const taskSchema = z.looseObject({ id: z.string(), state: z.string() });
const statusSchema = z.looseObject({
  runId: z.string(),
  state: z.string(),
  cursor: z.number(),
  text: z.string().optional(),
  tasks: z.array(taskSchema),
});
const resolutionSchema = z.looseObject({
  runId: z.string(),
  resolution: z.looseObject({ kind: z.literal('opened'), files: z.array(z.string()) }),
});
const mergeSchema = z.looseObject({
  base: z.string(),
  tasks: z.array(taskSchema),
  landing: z.looseObject({ kind: z.string() }),
});
const cleanupSchema = z.looseObject({
  worktrees: z.array(z.unknown()),
  branches: z.array(z.unknown()),
  kept: z.array(z.unknown()),
});

const ENDED = ['completed', 'failed', 'aborted', 'interrupted'];
/** What a plan is repaired for: everything else is for the user. */
const OF_THE_PLAN = ['scope-overlap', 'dependencies', 'prompt-size'];

interface Driver {
  readonly root: string;
  /** Is told of the complete tasks each time that `status` names them. */
  readonly completed: (task: string) => void;
}

/** The whole story, in the order in which the test says it. */
export function* driver(o: Driver, told: string): Conversation {
  const toDecompose = yield* setUp(told);
  yield* decompose(toDecompose, o.root);
  yield* run(o);
  yield* retry(o);
  const toIntegrate = yield* resolve();
  yield* integrate(toIntegrate, o.root);
  yield* land();
  yield* cleanUp();
}

/** A command of o8 as the text of a command of the plugin gives it. */
function programIn(told: string, subcommand: string): string {
  const [, command] = new RegExp(`\`(node \\S+/dist/o8\\.js ${subcommand})\\b`).exec(told) ?? [];
  if (command === undefined) throw new Error(`nobody says how to run o8 ${subcommand}`);
  return command;
}

function* yes(question: string): Turns<void> {
  if ((yield* ask(question)) !== 'Yes') throw new Error(`the user did not say yes to: ${question}`);
}

function* setUp(told: string): Turns<string> {
  const { text } = yield* done('Bash', { command: programIn(told, 'setup') });
  yield* yes('Commit these files?');
  const files = 'parallel/README.md parallel/.gitignore';
  yield* done('Bash', { command: `git add ${files} && git commit --quiet -m "Prepare for parallel work"` });
  return yield* tell(text);
}

function* decompose(told: string, root: string): Turns<string> {
  const folder = join(root, PLAN);
  yield* agent('o8:decomposer', 'Write the plan', `Write the plan folder ${folder} from ${join(root, PRD)}.`);
  let checked = yield* renderAndCheck(told);
  for (let round = 0; round < 5 && faultsOf(checked).length > 0; round += 1) {
    const faults = faultsOf(checked).map(({ message, hint = '' }) => `${message}\n${hint}`);
    const prompt = `In the plan folder ${folder}, made of ${join(root, PRD)}, preflight found:\n${faults.join('\n')}`;
    yield* agent('o8:decomposer', 'Mend the plan', prompt);
    checked = yield* renderAndCheck(told);
  }
  yield* yes('Commit this plan?');
  yield* done('Bash', { command: `git add -- ${PLAN} && git commit -m "Plan shop" -- ${PLAN}` });
  const failed = checked.checks.filter(({ level }) => level === 'fail').map(({ id }) => id);
  return yield* tell(`Failed before the commit: ${failed.join(', ')}. Overlaps: ${checked.overlaps?.length ?? 0}.`);
}

function faultsOf({ checks }: Preflight): z.output<typeof checkSchema>[] {
  return checks.filter(({ id, level }) => level !== 'pass' && OF_THE_PLAN.includes(id));
}

function* renderAndCheck(told: string): Turns<Preflight> {
  yield* done('Bash', { command: `${programIn(told, 'render')} ${PLAN}` });
  return resultOf(preflightSchema, yield* callO8('preflight', { dir: PLAN }));
}

function* agent(type: string, description: string, prompt: string): Turns<string> {
  return (yield* done('Agent', { subagent_type: type, description, prompt, run_in_background: false })).text;
}

function* run(o: Driver): Turns<string> {
  const [planned, checked] = yield* callTogether([o8Tool('plan'), { dir: PLAN }], [o8Tool('preflight'), { dir: PLAN }]);
  if (planned === undefined || checked === undefined) throw new Error('two calls have two results');
  const { tasks } = resultOf(planSchema, planned);
  const { ok, checks } = resultOf(preflightSchema, checked);
  if (!ok) throw new Error(`preflight: ${JSON.stringify(checks)}`);
  yield* yes(`Start ${tasks.length} tasks now?`);
  return yield* tell(yield* spawnAndWatch(o, { dir: PLAN }));
}

/** What waits for a task that failed continues with it. */
function* retry(o: Driver): Turns<string> {
  const { tasks } = resultOf(statusSchema, yield* callO8('status'));
  const again = tasks.filter(({ state }) => state === 'failed' || state === 'blocked');
  yield* yes(`Start ${again.length} tasks now?`);
  return yield* tell(yield* spawnAndWatch(o, { dir: PLAN, retryFailed: true }));
}

function* spawnAndWatch({ completed }: Driver, input: Readonly<Record<string, unknown>>): Turns<string> {
  const { runId, cursor } = resultOf(spawnSchema, yield* callO8('spawn', input));
  let since = cursor;
  for (;;) {
    const seen = resultOf(statusSchema, yield* callO8('status', { runId, waitSeconds: 120, since }));
    for (const { id, state } of seen.tasks) if (state === 'complete') completed(id);
    if (ENDED.includes(seen.state)) return seen.text ?? seen.state;
    since = seen.cursor;
  }
}

function* resolve(): Turns<string> {
  const { runId, resolution } = resultOf(resolutionSchema, yield* callO8('merge', { task: 'task-002', resolve: true }));
  yield* yes('Have an agent resolve task-002?');
  const report = yield* agent('o8:conflict-resolver', 'Resolve task-002', `Resolve task-002 of run ${runId}.`);
  return yield* tell(`Conflict in ${resolution.files.join(', ')}.\n${report}`);
}

function* integrate(told: string, root: string): Turns<string> {
  resultOf(statusSchema, yield* callO8('status'));
  resultOf(mergeSchema, yield* callO8('merge', { dryRun: true })); // nothing waits
  const { text } = yield* done('Bash', { command: `${programIn(told, 'integrate')} ${PLAN}`, timeout: 600_000 });
  const [, commit = ''] = / at ([0-9a-f]{12}) ===/.exec(text) ?? [];
  yield* done('Bash', { command: `git show ${commit}:src/order.js` });
  yield* done('Bash', { command: `git show ${commit}:${PLAN}/contracts/item.md` });
  const end = '<!-- o8: end -->';
  const judgement = `${end}\n\n## Judgement\n\n- task-004: src/order.js, line 5, keeps to contracts/item.md\n`;
  yield* edit(join(root, PLAN, 'integration-report.md'), { from: end, to: judgement });
  return yield* tell(text);
}

function* land(): Turns<string> {
  const { base, tasks } = resultOf(mergeSchema, yield* callO8('merge', { dryRun: true }));
  yield* yes(`Land ${tasks.filter(({ state }) => state === 'complete').length} tasks on ${base}?`);
  const { landing } = resultOf(mergeSchema, yield* callO8('merge'));
  return yield* tell(landing.kind);
}

function* cleanUp(): Turns<string> {
  const { worktrees, branches } = resultOf(cleanupSchema, yield* callO8('cleanup', { dryRun: true }));
  const parts = [`${worktrees.length} worktrees`, `${branches.length} branches`].filter(
    (part) => !part.startsWith('0 '),
  );
  yield* yes(`Remove ${parts.join(' and ')}?`);
  const { kept } = resultOf(cleanupSchema, yield* callO8('cleanup'));
  return yield* tell(`Kept: ${kept.length}`);
}
