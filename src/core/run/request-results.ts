import { textSchema } from '../base/text.js';
import * as z from 'zod';
import type { Request } from './requests.js';

/** The supervisor's results contain texts with commands as data; in the answers of tools these are strings. */
type TextSchema = typeof textSchema | z.ZodString;

const untrusted = <T extends TextSchema>(text: T): T => text.describe('untrusted') as T;

/** What was stopped of one task. `rescue`: the ref that keeps its uncommitted changes. */
const stoppedSchema = z.object({
  task: z.string(),
  pid: z.number().nullable(),
  worktree: z.string().nullable(),
  rescue: z.string().nullable(),
  /** Pids that are still running after SIGKILL. */
  survivors: z.array(z.number()),
});
export type Stopped = z.infer<typeof stoppedSchema>;

/** The result of `cleanup`. `kept`: what was not removed, why, and the command that removes it. */
const cleanupOf = <T extends TextSchema>(text: T) =>
  z.object({
    worktrees: z.array(z.object({ task: z.string(), path: z.string(), rescued: z.string().nullable() })),
    branches: z.array(z.object({ branch: z.string(), commit: z.string() })),
    kept: z.array(
      z.object({
        what: z.string().describe('untrusted'),
        why: untrusted(text),
        hint: untrusted(text),
      }),
    ),
  });
const cleanupResultSchema = cleanupOf(textSchema);
export type CleanupResult = z.infer<typeof cleanupResultSchema>;
export const cleanupAnswerSchema = cleanupOf(z.string());

/** The result of `abort`; `cleanup` only if it was requested. */
const abortResultSchema = z.object({
  stopped: z.array(stoppedSchema),
  cleanup: cleanupResultSchema.nullable(),
});

/** The result of the landing that `merge` requested. */
const landingKinds = <T extends TextSchema>(text: T) =>
  [
    z.object({ kind: z.literal('landed'), branch: z.string(), from: z.string(), to: z.string() }),
    z.object({ kind: z.literal('nothing'), reason: untrusted(text) }),
    z.object({
      kind: z.literal('held'),
      reason: z.string().describe('untrusted'),
      files: z.array(z.string()).describe('untrusted'),
      hint: text,
    }),
  ] as const;
const landingSchema = z.discriminatedUnion('kind', landingKinds(textSchema));
export type Landing = z.infer<typeof landingSchema>;

/** The same, or the expected result of a dry run. */
export const shownLandingSchema = z.discriminatedUnion('kind', [
  ...landingKinds(z.string()),
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
const resolutionOf = <T extends TextSchema>(text: T) =>
  z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('opened'),
      worktree: z.string(),
      branch: z.string(),
      files: z.array(z.string()).describe('with conflict markers, or deleted on one side: untrusted'),
      /** Conflicts that git resolved with a merge driver or attribute; o8 still treats them as conflicts. */
      silent: z.array(z.string()).describe('resolved by a merge driver, to be reviewed: untrusted'),
      targetCommit: z.string(),
      branchCommit: z.string(),
      next: z.array(text),
    }),
    z.strictObject({
      kind: z.literal('no_conflict'),
      reason: z.string().describe('untrusted'),
      next: z.array(text),
    }),
  ]);
const resolutionSchema = resolutionOf(textSchema);
export type Resolution = z.infer<typeof resolutionSchema>;
export const resolutionAnswerSchema = resolutionOf(z.string());
export type ResolutionAnswer = z.infer<typeof resolutionAnswerSchema>;

const landing = { branch: z.string(), landing: z.string().describe('commit'), task: z.string().optional() };

/** What `undo` did with one landing. `again`: the command that restores the work. */
const undoneOf = <T extends TextSchema>(text: T) =>
  z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('reverted'), ...landing, commit: z.string(), again: text }),
    z.strictObject({ kind: z.literal('moved_back'), ...landing, to: z.string(), again: text }),
    z.strictObject({
      kind: z.literal('held'),
      ...landing,
      reason: z.string().describe('untrusted'),
      files: z.array(z.string()).describe('untrusted'),
      hint: text,
    }),
    z.strictObject({ kind: z.literal('would_undo'), ...landing }),
    z.strictObject({ kind: z.literal('nothing'), reason: z.string().describe('untrusted') }),
  ]);
const undoneSchema = undoneOf(textSchema);
export type Undone = z.infer<typeof undoneSchema>;
export const undoneAnswerSchema = undoneOf(z.string());
export type UndoneAnswer = z.infer<typeof undoneAnswerSchema>;

/** What `merge` did with one pull request, or would do. */
export const pullResultSchema = z.object({
  task: z.string(),
  number: z.number(),
  url: z.string(),
  action: z.enum(['merge', 'merged', 'wait', 'refuse']),
  why: z.string().describe('untrusted'),
});
export type PullResult = z.infer<typeof pullResultSchema>;

/** The result of each kind of request. The supervisor writes it, and the tool that made the request reads it. */
export const requestResults = {
  abort: abortResultSchema,
  merge: z.object({ landing: landingSchema, pulls: z.array(pullResultSchema).optional() }),
  resolve: z.object({ resolution: resolutionSchema }),
  undo: z.object({ undone: z.array(undoneSchema) }),
  cleanup: cleanupResultSchema,
  continue: z.object({ runId: z.string() }),
  pause: pauseResultSchema,
  unpause: pauseResultSchema,
} satisfies Record<Request['kind'], z.ZodType>;
export type ResultOf<K extends Request['kind']> = z.infer<(typeof requestResults)[K]>;
