import type { Unspelled } from '../core/text/spelling.js';
import { knownAgent } from '../core/settings/agent-settings.js';
import * as z from 'zod';
import { shownText } from '../core/text/shown-text.js';
import { selectedTasks } from '../core/plan/build-plan.js';
import { plannedCommands, type PlannedCommand } from '../core/plan/plan-commands.js';
import { directDeps, mermaid } from '../core/plan/plan-graph.js';
import { followsWaveRule } from '../core/plan/plan-text.js';
import { sourceOf, sourceAnswers } from '../core/plan/sources.js';
import type { Plan, PlannedTask } from '../core/plan/plan.js';
import { planOverlaps } from '../core/preflight/preflight-plan.js';
import { trustAnswer, trustSchema } from '../core/trust/trust.js';
import { criticalPath, startOrder } from '../core/plan/schedule.js';
import { scheduleSchema } from '../core/settings/settings.js';
import { defineTool } from './context/define-tool.js';
import { conflictsAtAGlance } from './predict/conflicts-at-a-glance.js';
import { conflictsAnswer, expectedConflictsShape, type ExpectedConflictsAnswer } from './predict/expected-conflicts.js';
import { diskEstimate, planFrom, PREVIEW, readPlanParts, trustQuestion, type PlanParts } from './plan/prepare-plan.js';
import { readTrust } from './context/read-trust.js';
import { planFlags, planFlagsShape, requireSelection, selectionShape } from './plan/selection.js';
import { targetBranch, targetOf } from '../core/plan/target.js';

/** Hundreds of tasks with globs over one folder overlap in every pair; `preflight` lists them all. */
const MOST_OVERLAPS = 50;

const outputSchema = z.object({
  ...sourceAnswers,
  base: z.string(),
  target: z.string().nullable().describe('branch the work merges into; null: it stays on the task branches'),
  maxConcurrency: z.number(),
  schedule: scheduleSchema,
  tasks: z.array(
    z.object({
      id: z.string(),
      wave: z.number(),
      deps: z.array(z.string()).describe('what it waits for; of whole waves only the last one is listed'),
      branch: z.string(),
      worktree: z.string(),
      agent: z.string().optional().describe('named agent of the settings; absent: the default one'),
    }),
  ),
  waves: z.array(
    z.object({ wave: z.number(), tasks: z.array(z.string()), validation: z.string().optional().describe('untrusted') }),
  ),
  order: z.array(z.string()).describe('in which tasks start'),
  criticalPath: z.array(z.string()),
  disk: z.object({ worktrees: z.number(), perWorktreeMB: z.number(), totalMB: z.number() }),
  commands: z
    .array(
      z.object({
        kind: z.enum(['setup', 'verify', 'validation']),
        command: z.string().describe('untrusted'),
        tasks: z.array(z.string()).optional().describe('all when absent'),
        wave: z.number().optional(),
      }),
    )
    .describe('shell commands the run will execute, word for word'),
  overlaps: z
    .array(
      z.object({ path: z.string().describe('untrusted'), tasks: z.array(z.string()), level: z.enum(['warn', 'fail']) }),
    )
    .optional()
    .describe('paths in the scopes of two tasks that may run at once'),
  ...expectedConflictsShape,
  trust: trustSchema,
  mermaid: z.string().describe('untrusted'),
  text: z.string().describe('the plan as text, untrusted: show it unchanged'),
});

export const plan = defineTool({
  name: 'plan',
  title: 'Preview a run',
  description:
    'What spawn would do with a plan folder or features, without writing anything: waves, order, branches, worktrees, disk space, shell commands. Show its text to the user before spawning.',
  input: z.strictObject({ ...selectionShape, ...planFlagsShape }),
  output: outputSchema,
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true },
  async run(input, context) {
    const parts = await readPlanParts(requireSelection(input), planFlags(input), context);
    const planned = planFrom(parts, PREVIEW);
    parts.details.refuseIncomplete(planned, 'preview');
    const disk = diskEstimate(parts, planned);
    const selected = selectedTasks(planned);
    const ids = new Set(selected.map(({ id }) => id));
    const direct = directDeps(planned.tasks);
    return {
      ...sourceOf(planned.source).view,
      base: planned.base.branch,
      target: targetBranch(targetOf(planned)),
      maxConcurrency: planned.settings.maxConcurrency,
      schedule: planned.settings.schedule,
      tasks: selected.map((task) => ({
        id: task.id,
        wave: task.wave,
        // Listing all earlier waves for each of hundreds of tasks would be a megabyte.
        deps: [...((followsWaveRule(planned, task) ? direct.get(task.id) : undefined) ?? task.deps)],
        branch: task.branch,
        worktree: task.worktree,
        ...agentOfTask(planned, task),
      })),
      waves: wavesOf(planned, ids),
      order: startOrder(planned).filter((id) => ids.has(id)),
      criticalPath: criticalPath(planned),
      disk: { ...disk },
      commands: plannedCommands(planned).map(commandOf),
      ...overlapsOf(planned, parts.facts.foldsCase),
      ...(await conflictsOfEarlierWork(parts, planned)),
      trust: trustAnswer(await readTrust(trustQuestion(parts), context.env)),
      mermaid: mermaid(planned),
      text: parts.details.text(planned, disk, context.reader),
    };
  },
});

function agentOfTask({ settings }: Plan, task: PlannedTask): { agent?: string } {
  const agent = knownAgent(settings, task.agent);
  return agent === null ? {} : { agent };
}

function overlapsOf(planned: Plan, foldsCase: boolean): Pick<z.input<typeof outputSchema>, 'overlaps'> {
  const overlaps = planOverlaps(planned, foldsCase);
  if (overlaps.length === 0) return {};
  return {
    overlaps: overlaps.slice(0, MOST_OVERLAPS).map(({ path, tasks, level }) => ({ path, tasks: [...tasks], level })),
  };
}

/** Conflicts of branches that already exist with the base and with each other. */
async function conflictsOfEarlierWork({ repo }: PlanParts, planned: Plan): Promise<Unspelled<ExpectedConflictsAnswer>> {
  const target = planned.base.commit;
  const { conflicts, incomplete } = await conflictsAtAGlance(repo, selectedTasks(planned), { target, least: 1 });
  return conflictsAnswer(conflicts, incomplete);
}

function wavesOf(planned: Plan, selected: ReadonlySet<string>): z.input<typeof outputSchema>['waves'] {
  return planned.waves
    .map(({ number, tasks, validation }) => ({
      wave: number,
      tasks: tasks.filter((id) => selected.has(id)),
      ...(validation === null ? {} : { validation: shownText(validation) }),
    }))
    .filter(({ tasks }) => tasks.length > 0);
}

function commandOf(planned: PlannedCommand): z.input<typeof outputSchema>['commands'][number] {
  const { kind } = planned;
  const command = shownText(planned.command);
  if (planned.kind === 'validation') return { kind, command, wave: planned.wave };
  return planned.tasks === 'all' ? { kind, command } : { kind, command, tasks: [...planned.tasks] };
}
