import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import { takenBackNow } from '../git/standing-reverts.js';
import { defineTool } from './define-tool.js';
import { askSupervisor } from './ask-supervisor.js';
import { requireRun, requireTask } from './load-run.js';
import { refuseInterrupted } from './refuse-interrupted.js';
import { refuseNested } from './refuse-nested.js';
import { openContext } from './repository-context.js';

export const cleanupSchema = z.object({
  worktrees: z.array(z.object({ task: z.string(), path: z.string(), rescued: z.string().nullable() })),
  branches: z.array(z.object({ branch: z.string(), commit: z.string() })),
  kept: z.array(
    z.object({
      what: z.string().describe('untrusted'),
      why: z.string().describe('untrusted'),
      hint: z.string().describe('untrusted'),
    }),
  ),
});

export const cleanup = defineTool({
  name: 'cleanup',
  title: 'Remove what a run left behind',
  description:
    'Remove worktrees and merged branches of finished tasks. Uncommitted work goes to a rescue ref; branches with unmerged commits stay unless force.',
  input: z.strictObject({
    runId: z.string().optional().describe('default: the newest run'),
    task: z.string().optional().describe('only this task'),
    force: z
      .boolean()
      .optional()
      .describe('also drop branches whose commits are nowhere else; their ids are in the answer'),
    dryRun: z.boolean().optional().describe('say what would go, remove nothing'),
  }),
  output: cleanupSchema.extend({
    runId: z.string(),
    dryRun: z.boolean().optional(),
    takenBack: z
      .array(z.object({ task: z.string(), commit: z.string() }))
      .optional()
      .describe('work that was taken off the base; reverting the commit brings it back'),
  }),
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true },
  async run(input, context) {
    refuseNested('cleanup', context);
    const { home, repo } = await openContext(context);
    const run = await requireRun(home, input.runId);
    refuseInterrupted('cleanup', run);
    const { plan } = run;
    const dryRun = input.dryRun ?? false;
    const request = {
      kind: 'cleanup' as const,
      id: randomUUID(),
      task: input.task === undefined ? null : requireTask(plan, input.task),
      force: input.force ?? false,
      dryRun,
    };
    const result = cleanupSchema.parse(await askSupervisor(home, plan.runId, request, context.env));
    const takenBack = await takenBackNow(repo, plan, run.state);
    return {
      runId: plan.runId,
      ...(dryRun ? { dryRun } : {}),
      ...result,
      ...(takenBack.length === 0 ? {} : { takenBack }),
    };
  },
});
