import * as z from 'zod';
import { selectedTasks } from '../core/plan/build-plan.js';
import { featureOverlaps, recommendedBatches } from '../core/features/feature-overlap.js';
import type { Plan } from '../core/plan/plan.js';
import { featureEstimates, type FeatureDetails } from '../core/preflight/preflight-features.js';
import { firstOfEachKind, type Check } from '../core/base/check.js';
import { planOverlaps } from '../core/preflight/preflight-plan.js';
import { preflightChecks, preflightPassed } from '../core/preflight/preflight.js';
import { trustAnswer, trustSchema } from '../core/trust/trust.js';
import { defineTool } from './context/define-tool.js';
import { planForChecks, readPlanParts } from './plan/prepare-plan.js';
import { readPreflightFacts } from './plan/read-preflight-facts.js';
import { requireSelection, selectionShape } from './plan/selection.js';

/** The usual rule of thumb for English text and code. */
const CHARACTERS_PER_TOKEN = 4;

const levelSchema = z.enum(['pass', 'warn', 'fail']);

const outputSchema = z.object({
  ok: z.boolean().describe('no check fails'),
  checks: z.array(
    z.object({
      id: z.string(),
      level: levelSchema,
      message: z.string().describe('untrusted'),
      hint: z.string().describe('untrusted'),
    }),
  ),
  trust: trustSchema,
  overlaps: z.array(
    z.object({ path: z.string().describe('untrusted'), tasks: z.array(z.string()), level: z.enum(['warn', 'fail']) }),
  ),
  tasks: z.array(
    z.object({
      id: z.string(),
      ready: z.boolean(),
      problems: z.array(z.string()).optional().describe('untrusted'),
      estimate: z.object({
        promptTokens: z.number(),
        timeoutMinutes: z.number(),
        budgetUsd: z.number().optional(),
        stories: z.number().optional(),
        criteria: z.number().optional(),
        tests: z.number().optional(),
        files: z.number().optional(),
        minutes: z.number().optional(),
      }),
    }),
  ),
  batches: z
    .array(z.array(z.string()))
    .optional()
    .describe('features of one batch share no file; run one after another'),
  minutes: z.object({ alone: z.number(), parallel: z.number() }).optional().describe('all features, estimated'),
});

export const preflight = defineTool({
  name: 'preflight',
  title: 'Check a plan',
  description:
    'Checks a plan folder or features, the repository and this machine before a run, without writing anything. Every finding has a level and the exact next command.',
  input: z.strictObject(selectionShape),
  output: outputSchema,
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true },
  async run(input, context) {
    const parts = await readPlanParts(requireSelection(input), {}, context);
    const plan = planForChecks(parts);
    const facts = await readPreflightFacts(parts, plan, context);
    const checks = preflightChecks(plan, facts);
    const estimates = estimatesOf(plan, parts.features);
    return {
      ok: preflightPassed(checks),
      checks: firstOfEachKind(checks).map(({ id, level, message, hint }) => ({ id, level, message, hint })),
      trust: trustAnswer(facts.trust),
      overlaps: overlapsOf(plan, parts.features, facts.foldsCase),
      tasks: selectedTasks(plan).map((task) => {
        const problems = checks.filter((check) => check.tasks.includes(task.id) && stopsTask(check));
        return {
          id: task.id,
          ready: problems.length === 0,
          ...(problems.length === 0 ? {} : { problems: problems.map(({ message }) => message) }),
          estimate: {
            promptTokens: Math.ceil(task.prompt.length / CHARACTERS_PER_TOKEN),
            timeoutMinutes: task.timeoutMinutes,
            ...(task.budgetUsd === null ? {} : { budgetUsd: task.budgetUsd }),
            ...estimates.get(task.id),
          },
        };
      }),
      ...featuresAnswer(plan, parts.features),
    };
  },
});

type Answer = z.input<typeof outputSchema>;

function overlapsOf(plan: Plan, details: FeatureDetails | null, foldsCase: boolean): Answer['overlaps'] {
  const found =
    details === null
      ? planOverlaps(plan, foldsCase)
      : featureOverlaps(plan, details.features).map((overlap) => ({ ...overlap, level: 'warn' as const }));
  return found.map(({ path, tasks, level }) => ({ path, tasks: [...tasks], level }));
}

function estimatesOf(
  plan: Plan,
  details: FeatureDetails | null,
): Map<string, Partial<Answer['tasks'][number]['estimate']>> {
  if (details === null) return new Map();
  return new Map(
    featureEstimates(plan, details).each.map(({ slug, stories, criteria, tests, files, minutes }) => [
      slug,
      { stories, criteria, tests, files, minutes: Math.round(minutes) },
    ]),
  );
}

function featuresAnswer(plan: Plan, details: FeatureDetails | null): Pick<Answer, 'batches' | 'minutes'> {
  if (details === null) return {};
  const { alone, parallel } = featureEstimates(plan, details).time;
  const batches = recommendedBatches(plan, details.features);
  return {
    ...(batches.length > 1 ? { batches } : {}),
    minutes: { alone: Math.round(alone), parallel: Math.round(parallel) },
  };
}

/** A task that will be blocked is only a warning for the run. */
function stopsTask({ id, level }: Check): boolean {
  return level === 'fail' || (level === 'warn' && id === 'dependencies');
}
