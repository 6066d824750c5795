import type { Text } from '../base/text.js';
import * as z from 'zod';
import { roomSchema } from './room.js';
import { settingsSchema, type ManifestSettings } from '../settings/settings.js';
import { runConsentSchema } from '../trust/trust.js';
import { planSourceSchema, type PlanSource } from './sources.js';

/** One glob of a scope line; `symbol` is the part after `::` (`Order.total`), null for the whole file. */
const scopeEntrySchema = z.strictObject({ glob: z.string(), symbol: z.string().nullable() });
export type ScopeEntry = z.infer<typeof scopeEntrySchema>;

export const scopeSchema = z.strictObject({
  create: z.array(scopeEntrySchema),
  modify: z.array(scopeEntrySchema),
  boundary: z.array(z.string()),
});
export type Scope = z.infer<typeof scopeSchema>;

/** `skill`: the prompt calls a command of the repository, so the agent needs slash commands and subagents. */
const promptKindSchema = z.enum(['text', 'skill']);
export type PromptKind = z.infer<typeof promptKindSchema>;

/** A task as its source describes it, before the repository and the settings are known. */
export interface SourceTask {
  readonly id: string;
  readonly stem: string;
  readonly wave: number;
  /** Ids of all dependencies: its own `deps`, the `blocks` of other tasks, and the wave rule. Sorted. */
  readonly deps: readonly string[];
  readonly agent: string | null;
  readonly component: string | null;
  /** The complete prompt, never empty. */
  readonly prompt: string;
  readonly promptKind: PromptKind;
  readonly promptFile: string | null;
  readonly scope: Scope;
  readonly setup: string | null;
  readonly verify: string | null;
  readonly timeoutMinutes: number | null;
  readonly budgetUsd: number | null;
  readonly retries: number | null;
  readonly model: string | null;
  /** Tasks with a lower number start first; absent if the source has no priorities. */
  readonly priority?: number;
  /** See `plannedTaskSchema`. */
  readonly begun?: true;
}

export interface SourceWave {
  readonly number: number;
  readonly validation: string | null;
}

/** A warning from reading a plan; `hint` is the next command, `tasks` are ids. */
export interface SourceWarning {
  readonly message: string;
  readonly hint: Text;
  readonly tasks: readonly string[];
}

/** What a source returns: complete, valid and deterministic; reading it writes nothing. */
export interface SourcePlan<Source extends PlanSource = PlanSource> {
  readonly source: Source;
  readonly settings: ManifestSettings;
  readonly tasks: readonly SourceTask[];
  readonly waves: readonly SourceWave[];
  readonly warnings?: readonly SourceWarning[];
}

export const plannedTaskSchema = z.strictObject({
  id: z.string(),
  stem: z.string(),
  wave: z.number(),
  deps: z.array(z.string()),
  agent: z.string().nullable(),
  component: z.string().nullable(),
  prompt: z.string(),
  promptKind: promptKindSchema.default('text'),
  promptFile: z.string().nullable(),
  scope: scopeSchema,
  branch: z.string(),
  worktree: z.string(),
  setup: z.string().nullable(),
  verify: z.string().nullable(),
  timeoutMinutes: z.number(),
  budgetUsd: z.number().nullable(),
  retries: z.number(),
  model: z.string().nullable(),
  priority: z.number().optional(),
  /** Begun by a run that is not known here any more: a branch of its name is its work. */
  begun: z.literal(true).optional(),
});
export type PlannedTask = z.infer<typeof plannedTaskSchema>;

/** `plan.json` of a run: everything the supervisor needs. Fixed when the run is spawned, except corrected commands. */
export const planSchema = z.strictObject({
  version: z.literal(1),
  runId: z.string(),
  createdAt: z.string(),
  root: z.string(),
  source: planSourceSchema,
  base: z.strictObject({ branch: z.string(), commit: z.string() }),
  target: z.strictObject({ ref: z.string(), branch: z.string().nullable() }),
  settings: settingsSchema,
  tasks: z.array(plannedTaskSchema),
  waves: z.array(z.strictObject({ number: z.number(), tasks: z.array(z.string()), validation: z.string().nullable() })),
  /** Tasks that the user excluded from this run with `skip` or `wave`, by id. */
  skip: z.array(z.string()),
  wave: z.number().nullable(),
  /** Tasks left out whose work an earlier run put on the base branch: id to that commit. */
  landed: z.record(z.string(), z.string()),
  /** The repository's settings that run programs, as the user accepted them; absent in runs of older versions. */
  consent: runConsentSchema.optional(),
  /** Existing branches and worktrees that are in the way and that the supervisor has to move first. */
  room: roomSchema.optional(),
});
export type Plan = z.infer<typeof planSchema>;
