import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import bundledRules from '../../../agents/merger.md';
import { withoutFrontmatter } from '../../core/agents/base/worker-rules.js';
import { taskAgent } from '../../core/agents/kinds.js';
import { MERGER_RULES } from '../../core/agents/trust-kinds.js';
import { troubleText } from '../../core/forge/forge.js';
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
import { filesOf, recordOf, type Run } from '../run/run.js';
import { inScratchWorktree } from '../run/scratch-worktrees.js';
import type { PullWork } from './pull-work.js';

/** `none`: there is no verdict, and why. */
export type Review =
  | { readonly kind: 'merge' }
  | { readonly kind: 'changes'; readonly summary: string }
  | { readonly kind: 'none'; readonly why: string };

/** Reading a change takes a few minutes; a session that takes longer is stuck. */
const REVIEW_MS = 20 * 60_000;
const MOST_SUMMARY = 3000; // a journal record stays small

/** What the merger agent says of a pull request: asked once for each commit, and posted as a comment. */
export async function reviewPull(at: PullWork, task: PlannedTask, seen: SeenPull): Promise<Review> {
  const { run, forge } = at;
  const known = recordOf(run, task.id).pull?.review ?? null;
  if (known?.head === seen.headCommit) return reviewOf(known.verdict, known.summary);
  const result = await review(run, task, seen.headCommit);
  if ('why' in result) return { kind: 'none', why: result.why };
  const { verdict, text, costUsd } = result;
  const marker = markerOf('review', task.id);
  const told = await forge.comment(seen.number, {
    marker,
    body: reviewComment({ verdict, head: seen.headCommit, text }, marker, run.redact),
  });
  if (!['created', 'edited', 'unchanged'].includes(told.kind) && 'why' in told)
    run.log(`${task.id}: the review is not posted: ${troubleText(told)}`);
  const summary = run.redact(text).slice(0, MOST_SUMMARY);
  const head = seen.headCommit;
  await run.ledger.record({ type: 'pull_reviewed', task: task.id, head, verdict, summary, costUsd });
  return reviewOf(verdict, summary);
}

function reviewOf(verdict: Verdict, summary: string): Review {
  return verdict === 'merge' ? { kind: 'merge' } : { kind: 'changes', summary };
}

type Reviewed =
  { readonly verdict: Verdict; readonly text: string; readonly costUsd: number } | { readonly why: string };

async function review(run: Run, task: PlannedTask, head: string): Promise<Reviewed> {
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
    if (end.notStarted !== null) return { why: `the review did not start: ${run.redact(end.notStarted)}` };
    if (end.gaveUp === 'timeout') return { why: `the review was stopped after ${String(REVIEW_MS / 60_000)} min` };
    const time = { now: run.now(), timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone };
    const { facts } = end.stdout.split('\n').reduce((read, line) => read.add(line, time), agent.output);
    const text = facts.result?.text ?? (agent.givesResult ? '' : end.stdout);
    const verdict = verdictOf(text);
    if (facts.limit !== null) return { why: `the review waits for a usage limit: ${run.redact(facts.limit.message)}` };
    if (verdict === null || end.code !== 0) {
      const said = run.redact(end.stderr.trim().split('\n').at(-1) ?? '').slice(0, 300);
      return { why: `the review gave no verdict (exit code ${String(end.code)})${said === '' ? '' : `: ${said}`}` };
    }
    return { verdict, text, costUsd: facts.costUsd ?? 0 };
  });
}
