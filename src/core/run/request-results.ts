import * as z from 'zod';
import type { Request } from './requests.js';

/** What the supervisor stopped of one task. `worktree`: where its work is; `rescue`: the ref that holds what was not committed. */
const stoppedSchema = z.object({
  task: z.string(),
  pid: z.number().nullable(),
  worktree: z.string().nullable(),
  rescue: z.string().nullable(),
  /** Pids that outlived SIGKILL. */
  survivors: z.array(z.number()),
});
export type Stopped = z.infer<typeof stoppedSchema>;

/** The result of `cleanup`. `kept`: what stays, why, and what removes it. */
export const cleanupResultSchema = z.object({
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
export type CleanupResult = z.infer<typeof cleanupResultSchema>;

/** The result of `abort`; `cleanup` where that was asked for. */
const abortResultSchema = z.object({
  stopped: z.array(stoppedSchema),
  cleanup: cleanupResultSchema.nullable(),
});

/** What became of the landing that `merge` asked for. */
const landingKinds = [
  z.object({ kind: z.literal('landed'), branch: z.string(), from: z.string(), to: z.string() }),
  z.object({ kind: z.literal('nothing'), reason: z.string().describe('untrusted') }),
  z.object({
    kind: z.literal('held'),
    reason: z.string().describe('untrusted'),
    files: z.array(z.string()).describe('untrusted'),
    hint: z.string(),
  }),
] as const;
const landingSchema = z.discriminatedUnion('kind', landingKinds);
export type Landing = z.infer<typeof landingSchema>;

/** The same, or what is expected of it. */
export const shownLandingSchema = z.discriminatedUnion('kind', [
  ...landingKinds,
  z.object({
    kind: z.literal('would_land'),
    branch: z.string(),
    from: z.string(),
    to: z.string(),
    commits: z.number(),
    message: z.string().describe('untrusted'),
  }),
  z.object({
    kind: z.literal('would_conflict'),
    branch: z.string(),
    files: z.array(z.string()).describe('untrusted'),
    message: z.string().describe('untrusted'),
  }),
]);
export type ShownLanding = z.infer<typeof shownLandingSchema>;

/** The result of `pause` and `unpause`. `running`: agents that finish; `stopped`: tasks whose agents were stopped. */
const pauseResultSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('not_running') }),
  z.strictObject({ kind: z.literal('paused'), running: z.array(z.string()), stopped: z.array(z.string()) }),
  z.strictObject({ kind: z.literal('not_paused') }),
  z.strictObject({ kind: z.literal('resumed') }),
]);
export type PauseResult = z.infer<typeof pauseResultSchema>;

/** The result of `resolve`. `next`: commands, in order. */
export const resolutionSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('opened'),
    worktree: z.string(),
    branch: z.string(),
    files: z.array(z.string()).describe('with conflict markers, or deleted on one side: untrusted'),
    /** Files git resolved there by a merge driver or attribute, which o8 takes for conflicts. */
    silent: z.array(z.string()).describe('resolved by a merge driver, to be looked at: untrusted'),
    targetCommit: z.string(),
    branchCommit: z.string(),
    next: z.array(z.string()),
  }),
  z.strictObject({
    kind: z.literal('no_conflict'),
    reason: z.string().describe('untrusted'),
    next: z.array(z.string()),
  }),
]);
export type Resolution = z.infer<typeof resolutionSchema>;

const landing = { branch: z.string(), landing: z.string().describe('commit'), task: z.string().optional() };

/** What `undo` did with one landing. `again`: the command that brings the work back. */
export const undoneSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('reverted'), ...landing, commit: z.string(), again: z.string() }),
  z.strictObject({ kind: z.literal('moved_back'), ...landing, to: z.string(), again: z.string() }),
  z.strictObject({
    kind: z.literal('held'),
    ...landing,
    reason: z.string().describe('untrusted'),
    files: z.array(z.string()).describe('untrusted'),
    hint: z.string(),
  }),
  z.strictObject({ kind: z.literal('would_undo'), ...landing }),
  z.strictObject({ kind: z.literal('nothing'), reason: z.string().describe('untrusted') }),
]);
export type Undone = z.infer<typeof undoneSchema>;

/** What each kind of request is answered with, once it is done: the supervisor writes it, the tool that asked reads it. */
export const requestResults = {
  abort: abortResultSchema,
  merge: z.object({ landing: landingSchema }),
  resolve: z.object({ resolution: resolutionSchema }),
  undo: z.object({ undone: z.array(undoneSchema) }),
  cleanup: cleanupResultSchema,
  continue: z.object({ runId: z.string() }),
  pause: pauseResultSchema,
  unpause: pauseResultSchema,
} satisfies Record<Request['kind'], z.ZodType>;
export type ResultOf<K extends Request['kind']> = z.infer<(typeof requestResults)[K]>;
