import * as z from 'zod';
import { selectedTasks } from '../core/plan/build-plan.js';
import { firstOfEachKind, type Check } from '../core/base/check.js';
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
  ok: z.boolean().describe('no check failed'),
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
    .describe('features of a batch share no files; batches run one after another'),
  minutes: z.object({ alone: z.number(), parallel: z.number() }).optional().describe('all features, estimated'),
});

export const preflight = defineTool({
  name: 'preflight',
  title: 'Check a plan',
  description:
    'Check a plan folder or features, the repository and this machine before a run, without writing anything. Every finding has a level and the exact next command.',
  input: z.strictObject(selectionShape),
  output: outputSchema,
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true },
  async run(input, context) {
    const parts = await readPlanParts(requireSelection(input), {}, context);
    const plan = planForChecks(parts);
    const facts = await readPreflightFacts(parts, plan, context);
    const checks = preflightChecks(plan, facts);
    const sizes = parts.details.sizes(plan);
    const { batches, minutes } = parts.details.whole(plan);
    return {
      ok: preflightPassed(checks),
      checks: firstOfEachKind(checks).map(({ id, level, message, hint }) => ({ id, level, message, hint })),
      trust: trustAnswer(facts.trust),
      overlaps: parts.details
        .overlaps(plan, facts.foldsCase)
        .map(({ path, tasks, level }) => ({ path, tasks: [...tasks], level })),
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
            ...sizes.get(task.id),
          },
        };
      }),
      ...(batches === undefined ? {} : { batches: batches.map((batch) => [...batch]) }),
      ...(minutes === undefined ? {} : { minutes }),
    };
  },
});

/** A missing dependency is only a warning for the run, but the task will be blocked. */
function stopsTask({ id, level }: Check): boolean {
  return level === 'fail' || (level === 'warn' && id === 'dependencies');
}
