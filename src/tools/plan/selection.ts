import { o8, text } from '../../core/base/text.js';
import * as z from 'zod';
import { O8Error } from '../../core/base/errors.js';
import {
  mergeIntoSchema,
  scheduleSchema,
  type MergeInto,
  type Schedule,
  type SettingsFlags,
} from '../../core/settings/settings.js';
import { keyWords, requireKey, sourceFacts, sourceInputs, type SourceKey } from '../../core/plan/sources.js';

/** Input keys that select what to run; spread into the input of the tools that take a selection. */
export const selectionShape = {
  ...sourceInputs,
  wave: z.coerce.number().int().min(1).optional().describe('only this wave'),
  skip: z.array(z.string().min(1)).optional().describe('task ids to leave out'),
};

export type SelectionInput = z.output<z.ZodObject<typeof selectionShape>>;

/** What to run: a plan as the user named it, and which part of it. */
export type Selection = SourceKey & { readonly wave: number | null; readonly skip: readonly string[] };

/** The plan that the input names. O8Error `usage` unless exactly one key names a plan. */
export function requireSelection(input: SelectionInput): Selection {
  const key = requireKey(input);
  if (input.wave !== undefined && !sourceFacts(key.kind).hasWaves)
    throw new O8Error('usage', 'Only a plan folder has waves.', text`Omit wave: ${o8('plan', keyWords(key))}`);
  return { ...key, wave: input.wave ?? null, skip: input.skip ?? [] };
}

/** Input keys of a plan other than its selection. */
export const planFlagsShape = {
  maxConcurrent: z.coerce.number().int().min(1).max(64).optional().describe('agents at a time'),
  mergeInto: mergeIntoSchema.optional().describe('where finished tasks are merged'),
  schedule: scheduleSchema.optional().describe('deps: start when dependencies are merged; waves: wave after wave'),
};

/** The flags as settings; they take precedence over the settings file. */
export function planFlags(input: {
  maxConcurrent?: number | undefined;
  schedule?: Schedule | undefined;
  mergeInto?: MergeInto | undefined;
}): SettingsFlags {
  return {
    ...(input.mergeInto === undefined ? {} : { merge: { into: input.mergeInto } }),
    ...(input.maxConcurrent === undefined ? {} : { maxConcurrency: input.maxConcurrent }),
    ...(input.schedule === undefined ? {} : { schedule: input.schedule }),
  };
}
