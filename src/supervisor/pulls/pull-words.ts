import { lineTitle } from '../../core/text/line-title.js';
import { pullBody, pullTitle } from '../../core/forge/pull-text.js';
import type { PlannedTask } from '../../core/plan/plan.js';
import { mergeBase } from '../../git/refs/refs.js';
import { targetOf } from '../../core/plan/target.js';
import { factsOf } from '../attempts/attempt-evidence.js';
import { scopeFindings } from '../attempts/scope-findings.js';
import { recordOf, type Run } from '../run/run.js';

/** Title and description of a task's pull request, from what its agent said and what o8 checked. */
export async function pullText(
  run: Run,
  task: PlannedTask,
  marker: string,
): Promise<{ readonly title: string; readonly body: string }> {
  const record = recordOf(run, task.id);
  const facts = record.attempt === 0 ? null : await factsOf(run, task, record.attempt).catch(() => null);
  const result = facts?.result?.kind === 'done' ? facts.result.text : null;
  const body = pullBody(
    {
      task: { id: task.id, prompt: task.prompt },
      runId: run.plan.runId,
      result,
      checks: task.verify === null ? [] : [{ command: task.verify, passed: true }],
      outOfScope: await outOfScope(run, task),
      cost: { usd: record.costUsd > 0 ? record.costUsd : null, attempts: record.attempt },
    },
    marker,
    run.redact,
  );
  return {
    title: pullTitle(task.promptKind === 'skill' ? task.stem : lineTitle(task.prompt), task.id, run.redact),
    body,
  };
}

async function outOfScope(run: Run, task: PlannedTask): Promise<{ path: string; rule: string }[] | null> {
  const { state } = recordOf(run, task.id);
  const { create, modify, boundary } = task.scope;
  const isLimited = create.length + modify.length + boundary.length > 0;
  if (run.plan.settings.scope === 'off' || !isLimited || state.state !== 'merge_pending') return null;
  const base = await mergeBase(run.repo, targetOf(run.plan).ref, state.tip);
  if (base === null) return null;
  const violations = await scopeFindings(run, task, base, state.tip);
  return violations.map((each) => ({ path: each.path, rule: each.rule }));
}
