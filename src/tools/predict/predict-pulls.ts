import { troubleText } from '../../core/forge/forge.js';
import { pullRemote, targetOf } from '../../core/plan/target.js';
import type { PullResult } from '../../core/run/request-results.js';
import { pullAside } from '../../core/run/rules/pull-aside.js';
import { pullProspect } from '../../core/run/rules/pull-prospect.js';
import { isOpenPull, taskOf } from '../../core/run/run-state.js';
import { redactor, secretValues } from '../../core/text/redact.js';
import type { Repository } from '../../git/door/repository.js';
import type { ToolContext } from '../context/define-tool.js';
import { pullForge } from '../context/pull-forge.js';
import type { LoadedRun } from '../context/run-files.js';

/**
 * What `merge` would do with each open pull request of the run, from one look at the forge. Changes nothing. Null for a
 * run whose work is not merged by pull requests. `only`: one task.
 */
export async function predictPulls(
  repo: Repository,
  run: Pick<LoadedRun, 'plan' | 'state'>,
  only: string | null,
  context: Pick<ToolContext, 'env' | 'now'>,
): Promise<PullResult[] | null> {
  const remote = pullRemote(targetOf(run.plan));
  if (remote === null) return null;
  const open = openPulls(run).filter(({ task }) => only === null || task.id === only);
  const redact = redactor(secretValues(context.env));
  const aside = run.plan.tasks
    .filter(({ id }) => only === null || id === only)
    .flatMap(({ id }) => pullAside(taskOf(run.state, id)) ?? [])
    .map((result) => ({ ...result, why: redact(result.why) }));
  if (open.length === 0) return aside;
  const forge = await pullForge(repo, remote, { env: context.env, redact });
  const answer = await forge.look(open.map(({ number }) => number));
  const now = context.now().toISOString();
  const asked = open.map(({ task, record, number, url }): PullResult => {
    const head = { task: task.id, number, url };
    if (answer.kind !== 'answered') return { ...head, action: 'wait', why: redact(troubleText(answer)) };
    const seen = answer.value.find((each) => each.number === number);
    if (seen === undefined) return { ...head, action: 'wait', why: 'the forge does not show it' };
    const { pushedAt = null, before = null } = record.pull ?? {};
    const { action, why } = pullProspect(run.plan, task, record, seen, { now, pushedAt: pushedAt ?? now, before });
    return { ...head, action, why: redact(why) };
  });
  return [...asked, ...aside];
}

/** The pull requests of a run that are open according to its journal. */
export function openPulls({ plan, state }: Pick<LoadedRun, 'plan' | 'state'>) {
  return plan.tasks.flatMap((task) => {
    const record = taskOf(state, task.id);
    const opened = record.pull?.opened ?? null;
    return opened === null || !isOpenPull(record) ? [] : [{ task, record, number: opened.number, url: opened.url }];
  });
}
