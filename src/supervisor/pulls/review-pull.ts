import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import bundledRules from '../../../agents/merger.md';
import { withoutFrontmatter } from '../../core/agents/base/worker-rules.js';
import { taskAgent } from '../../core/agents/kinds.js';
import { MERGER_RULES } from '../../core/agents/trust-kinds.js';
import { troubleText, type Forge } from '../../core/forge/forge.js';
import { markerOf } from '../../core/forge/pull-marker.js';
import { reviewComment } from '../../core/forge/pull-text.js';
import type { SeenPull } from '../../core/forge/pull-request.js';
import { reviewPrompt, verdictOf, type Verdict } from '../../core/forge/review-verdict.js';
import type { PlannedTask } from '../../core/plan/plan.js';
import { targetOf } from '../../core/plan/target.js';
import { git } from '../../git/door/execute.js';
import { mergeBase } from '../../git/refs/refs.js';
import { readFilesAt } from '../../git/trust/committed-files.js';
import { agentProgram } from '../../process/programs/agent-program.js';
import { askProgram } from '../../process/programs/ask-program.js';
import { writeFileAtomically } from '../../store/files/atomic-file.js';
import { agentEnvironmentOf } from '../run/agent-variables.js';
import { markOfCommands } from '../run/commands-of-run.js';
import { filesOf, type Run } from '../run/run.js';
import { inScratchWorktree } from '../run/scratch-worktrees.js';

/** What reviews of pull requests need. */
export interface Reviewing {
  readonly run: Run;
  readonly forge: Forge;
}

/** `none`: there is no verdict to go by, and why. */
export type Review =
  | { readonly kind: 'merge' }
  | { readonly kind: 'changes'; readonly summary: string }
  | { readonly kind: 'none'; readonly why: string };

/** `kept`: a verdict that could not be posted. `counts`: the agent gave none, rather than being kept from it. */
export type ReviewEnd =
  | { readonly kind: 'reviewed' }
  | { readonly kind: 'none'; readonly why: string; readonly kept: Reviewed | null; readonly counts: boolean };

/** Reading a change takes a few minutes; a session that takes longer is stuck. */
const REVIEW_MS = 20 * 60_000;
const MOST_SUMMARY = 3000; // a journal record stays small

/**
 * What the merger agent says of a pull request: posted as a comment, then recorded. `kept`: what it has said already.
 */
export async function reviewPull(
  { run, forge }: Reviewing,
  task: PlannedTask,
  seen: SeenPull,
  kept: Reviewed | null,
): Promise<ReviewEnd> {
  const head = seen.headCommit;
  const result = kept ?? (await review(run, task, head));
  if ('why' in result) return { kind: 'none', kept: null, ...result };
  const { verdict, text, costUsd } = result;
  const marker = markerOf('review', task.id);
  run.lease.assertHeld();
  const told = await forge.comment(seen.number, {
    marker,
    body: reviewComment({ verdict, head, text }, marker, run.redact),
  });
  switch (told.kind) {
    case 'created':
    case 'edited':
    case 'unchanged':
      break;
    case 'refused': // comments are locked: the verdict counts without one
      run.log(`${task.id}: the review is not posted: ${run.redact(troubleText(told))}`);
      break;
    case 'no_login':
    case 'rate_limited':
    case 'unreachable':
    case 'unknown':
      return { kind: 'none', why: `the review is not posted yet: ${troubleText(told)}`, kept: result, counts: false };
  }
  const summary = run.redact(text).slice(0, MOST_SUMMARY);
  await run.ledger.record({ type: 'pull_reviewed', task: task.id, head, verdict, summary, costUsd });
  return { kind: 'reviewed' };
}

export interface Reviewed {
  readonly verdict: Verdict;
  readonly text: string;
  readonly costUsd: number;
}

type Asked = Reviewed | { readonly why: string; readonly counts: boolean };

async function review(run: Run, task: PlannedTask, head: string): Promise<Asked> {
  const { settings } = run.plan;
  const { agent, settings: own } = taskAgent(settings, task.agent);
  const base = (await mergeBase(run.repo, targetOf(run.plan).ref, head)) ?? run.plan.base.commit;
  const diff = await git(['diff', '--no-ext-diff', '--no-textconv', '--no-color', base, head], { cwd: run.repo.root });
  const prompt = reviewPrompt({ task, base: base.slice(0, 12), head: head.slice(0, 12), diff });
  const folder = join(filesOf(run).tasks, task.id);
  const promptFile = join(folder, 'review-prompt.md');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFileAtomically(promptFile, prompt);
  const [ownRules] = await readFilesAt(run.repo, run.plan.base.commit, [MERGER_RULES]);
  const rules = withoutFrontmatter(ownRules?.kind === 'file' ? ownRules.text : bundledRules);
  const sessionId = randomUUID();
  const budgetUsd = task.budgetUsd;
  return inScratchWorktree(run, { name: 'review', commit: head }, async (path) => {
    const env = { ...agentEnvironmentOf(run, task, null), ...markOfCommands(run), O8_WORKTREE: path };
    const input = agent.rulesIn === 'prompt' ? `${rules}\n\n${prompt}` : prompt;
    const launch = agent.review({
      ...{ program: await agentProgram(agent, own, env), agent: own, sessionId, rules, prompt: input },
      ...{ promptFile, folder: path, branch: task.branch, budgetUsd },
    });
    const [program = '', ...words] = launch.argv;
    const stop = run.interrupts.signalFor(task.id);
    const asked = { cwd: path, env: { ...env, ...launch.env }, input, timeoutMs: REVIEW_MS, stop };
    const end = await askProgram([program, ...words], asked);
    if (end.notStarted !== null)
      return { why: `the review did not start: ${run.redact(end.notStarted)}`, counts: true };
    if (end.gaveUp === 'stopped') return { why: 'the review was stopped', counts: false };
    if (end.gaveUp === 'timeout')
      return { why: `the review was stopped after ${String(REVIEW_MS / 60_000)} min`, counts: true };
    const time = { now: run.now(), timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone };
    const { facts } = end.stdout.split('\n').reduce((read, line) => read.add(line, time), agent.output);
    const text = facts.result?.text ?? (agent.givesResult ? '' : end.stdout);
    const verdict = verdictOf(text);
    if (facts.limit !== null)
      return { why: `the review waits for a usage limit: ${run.redact(facts.limit.message)}`, counts: false };
    if (verdict === null || end.code !== 0) {
      const said = run.redact(end.stderr.trim().split('\n').at(-1) ?? '').slice(0, 300);
      const why = `the review gave no verdict (exit code ${String(end.code)})${said === '' ? '' : `: ${said}`}`;
      return { why, counts: true };
    }
    return { verdict, text, costUsd: facts.costUsd ?? 0 };
  });
}
