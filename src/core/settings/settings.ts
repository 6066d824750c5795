import * as z from 'zod';
import { agentFileSchema, agentSettingsSchema, DEFAULT_AGENT, variantOf, type AgentFile } from './agent-settings.js';

/**
 * The user's settings: `.claude/parallel-config.json`, a manifest's `o8` block and flags, each a partial of the same
 * shape. Unknown keys are refused by name. The comment of a key names its unit of time.
 */
const mergeInto = z.enum(['integration', 'base', 'none', 'pr']);
const mergeStrategy = z.enum(['merge', 'squash', 'rebase']);
const schedule = z.enum(['deps', 'waves']);
const scopeMode = z.enum(['enforce', 'warn', 'off']);
const pullMerge = z.enum(['manual', 'auto']);

const minutes = z.number().min(0).max(10_080); // a week: a longer time is a typing error
const count = (max: number) => z.number().int().min(1).max(max);
const usd = z.number().positive().max(100_000);
const shellCommand = z.string().min(1).max(10_000);

const common = {
  maxConcurrency: count(64), // 64 agents at 300 MB each already need 19 GB
  timeout: minutes.positive(),
  stallTimeout: minutes,
  retries: z.number().int().min(0).max(10),
  killAfter: z.number().min(0).max(600), // seconds
  minDiskSpaceMB: z.number().int().min(0),
  worktreeDir: z.string().min(1),
  workspaceRoot: z.string().min(1),
  schedule,
  setup: shellCommand,
  verify: shellCommand,
  merge: z.strictObject({ into: mergeInto, strategy: mergeStrategy }).partial(),
  scope: scopeMode,
  budget: z.strictObject({ taskUsd: usd, runUsd: usd }).partial(),
};

/** Agent names are the values of a task's `agent` key: any text on one line. */
const agentName = z.string().min(1).max(100);

export const settingsFileSchema = z
  .strictObject({
    ...common,
    maxFeatures: count(500),
    featuresDir: z.string().min(1),
    skill: z.string().min(1),
    skillFlags: z.string(),
    agent: agentFileSchema,
    agents: z.record(agentName, agentFileSchema),
    notify: z.array(z.string()).min(1).or(shellCommand),
    beads: z.strictObject({ pollSeconds: z.number().int().min(1).max(86_400), program: z.string().min(1) }).partial(),
    pr: z
      .strictObject({
        merge: pullMerge,
        strategy: mergeStrategy,
        rounds: z.number().int().min(0).max(20),
        stack: z.boolean(),
      })
      .partial(),
  })
  .partial();
export type SettingsFile = z.infer<typeof settingsFileSchema>;

/** What a manifest may set: never the agent, `notify` or permission modes; the source checks its paths. */
export const manifestSettingsSchema = z.strictObject({ ...common, model: z.string().min(1) }).partial();
export type ManifestSettings = z.infer<typeof manifestSettingsSchema>;

export type MergeInto = z.infer<typeof mergeInto>;
export type Schedule = z.infer<typeof schedule>;
export type MergeStrategy = z.infer<typeof mergeStrategy>;
export type ScopeMode = z.infer<typeof scopeMode>;
export const scheduleSchema = schedule;
export const mergeIntoSchema = mergeInto;
export const mergeStrategySchema = mergeStrategy;

/** Beads is asked for new tasks this often (seconds): a call of `bd` costs half a second of CPU. */
const DEFAULT_BEADS = { pollSeconds: 30, program: 'bd' };
/** `rounds`: how often failed checks or requested changes go back to the agent before a person has to act. */
const DEFAULT_PR = { merge: 'manual' as const, strategy: 'squash' as const, rounds: 2, stack: false };

/** Settings with every value set. `null` means "none". */
export const settingsSchema = z.strictObject({
  maxConcurrency: z.number(),
  maxFeatures: z.number(),
  timeout: z.number(),
  stallTimeout: z.number(),
  retries: z.number(),
  killAfter: z.number(),
  minDiskSpaceMB: z.number(),
  worktreeDir: z.string(),
  workspaceRoot: z.string(),
  featuresDir: z.string(),
  skill: z.string(),
  skillFlags: z.string(),
  schedule,
  setup: z.string().nullable(),
  verify: z.string().nullable(),
  merge: z.strictObject({ into: mergeInto, strategy: mergeStrategy }),
  scope: scopeMode,
  agent: agentSettingsSchema,
  /** Agents that tasks may name; runs of earlier versions have none. */
  agents: z.record(z.string(), agentSettingsSchema).default({}),
  budget: z.strictObject({ taskUsd: z.number().nullable(), runUsd: z.number().nullable() }),
  notify: z.union([z.array(z.string()), z.string()]).nullable(),
  /** Runs of earlier versions have neither `beads` nor `pr`. */
  beads: z.strictObject({ pollSeconds: z.number(), program: z.string() }).default(DEFAULT_BEADS),
  pr: z
    .strictObject({ merge: pullMerge, strategy: mergeStrategy, rounds: z.number(), stack: z.boolean() })
    .default(DEFAULT_PR),
});
export type Settings = z.infer<typeof settingsSchema>;

/** The command for features if no other is set. */
export const DEFAULT_SKILL = '/implement-feature';

/** The defaults, unless the user or the kind of plan sets a value. */
export function defaultSettings(): Settings {
  return {
    maxConcurrency: 3,
    maxFeatures: 10,
    timeout: 120,
    stallTimeout: 15,
    retries: 1,
    killAfter: 10,
    minDiskSpaceMB: 500,
    worktreeDir: '.claude/worktrees',
    workspaceRoot: '../workspaces',
    featuresDir: '.blueprint/features',
    skill: DEFAULT_SKILL,
    skillFlags: '--no-commit',
    schedule: 'deps',
    setup: null,
    verify: null,
    merge: { into: 'integration', strategy: 'merge' },
    scope: 'warn',
    agent: DEFAULT_AGENT,
    agents: {},
    budget: { taskUsd: null, runUsd: null },
    notify: null,
    beads: DEFAULT_BEADS,
    pr: DEFAULT_PR,
  };
}

/** Flags of one call, in the format of the settings. */
export type SettingsFlags = Pick<SettingsFile, 'maxConcurrency' | 'schedule' | 'merge' | 'budget'>;

/**
 * The first defined value takes precedence: flag, manifest's `o8`, settings file, defaults of the kind of plan, general
 * defaults.
 */
export function resolveSettings(
  ofKind: SettingsFile,
  file: SettingsFile,
  manifest: ManifestSettings,
  flags: SettingsFlags,
): Settings {
  const { model, ...manifestCommon } = manifest;
  const { agents = {}, ...own } = file;
  const modelLayer: Layer = model === undefined ? {} : { agent: { model } };
  const settings = [ofKind, own, manifestCommon, modelLayer, flags].reduce<Settings>(overlay, defaultSettings());
  const named = Object.entries(agents).map(([name, agent]) => [name, variantOf(settings.agent, agent)] as const);
  return { ...settings, agents: Object.fromEntries(named) };
}

type Layer = Omit<SettingsFile, 'agents'>;

function overlay(base: Settings, layer: Layer): Settings {
  return {
    ...base,
    ...withoutUndefined(layer),
    merge: { ...base.merge, ...withoutUndefined(layer.merge ?? {}) },
    agent: { ...base.agent, ...withoutUndefined<AgentFile>(layer.agent ?? {}) },
    budget: { ...base.budget, ...withoutUndefined(layer.budget ?? {}) },
    beads: { ...base.beads, ...withoutUndefined(layer.beads ?? {}) },
    pr: { ...base.pr, ...withoutUndefined(layer.pr ?? {}) },
  };
}

function withoutUndefined<T extends object>(layer: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(layer).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
