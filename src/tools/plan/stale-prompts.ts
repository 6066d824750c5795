import { isAsGenerated } from '../../core/text/generated-text.js';
import type { Plan } from '../../core/plan/plan.js';
import type { PreflightFacts } from '../../core/preflight/preflight-facts.js';
import { renderedPrompt } from '../../core/plan/rendered-prompt.js';
import { composeTaskPrompts } from '../../sources/manifest/task-prompts.js';
import { sourceOf } from '../../core/plan/sources.js';

/** Tasks whose prompt file was written by `o8 render` before the task file, scope or context changed. */
export async function findStalePrompts(plan: Plan): Promise<PreflightFacts['stalePrompts']> {
  const generated = plan.tasks.filter(({ promptFile, prompt }) => promptFile !== null && isAsGenerated(prompt));
  const { planFolder } = sourceOf(plan.source);
  if (planFolder === null || generated.length === 0) return [];
  const fresh = new Map((await composeTaskPrompts(plan.root, planFolder.dir)).map((each) => [each.id, each]));
  return generated.flatMap(({ id, prompt }) => {
    const { text = null, from = '' } = fresh.get(id) ?? {};
    const isStale = text !== null && renderedPrompt(text, from) !== prompt.replaceAll('\r\n', '\n');
    return isStale ? [{ task: id, from }] : [];
  });
}
