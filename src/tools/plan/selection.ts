import * as z from 'zod';
import { O8Error } from '../../core/base/errors.js';
import { shellQuote } from '../../core/text/shell-quote.js';
import {
  mergeIntoSchema,
  scheduleSchema,
  type MergeInto,
  type Schedule,
  type SettingsFlags,
} from '../../core/settings/settings.js';

/** Input keys that say what to run; spread into the input of the tools that take a selection. */
export const selectionShape = {
  dir: z.string().min(1).optional().describe('plan folder with a manifest.json, e.g. parallel/TS-0042-inventory'),
  features: z.array(z.string().min(1)).optional().describe('feature slugs, e.g. user-auth'),
  epic: z.string().min(1).optional().describe('Beads epic id'),
  wave: z.coerce.number().int().min(1).optional().describe('only this wave'),
  skip: z.array(z.string().min(1)).optional().describe('task ids to leave out'),
};

export type SelectionInput = z.output<z.ZodObject<typeof selectionShape>>;

/** What to run, once it is clear: a manifest folder as the user wrote its path, or features, and what of it. */
export type Selection = Part & (ManifestSelection | FeatureSelection);

interface Part {
  readonly wave: number | null;
  readonly skip: readonly string[];
}

interface ManifestSelection {
  readonly kind: 'manifest';
  readonly dir: string;
}

interface FeatureSelection {
  readonly kind: 'features';
  readonly slugs: readonly string[];
}

/** Exactly one of `dir`, `features`, `epic`: O8Error `usage` otherwise, `refused` for epics, which come later. */
export function requireSelection(input: SelectionInput): Selection {
  const given = (['dir', 'features', 'epic'] as const).filter((key) => input[key] !== undefined);
  if (given.length !== 1 || given[0] === undefined) {
    const count = given.length === 0 ? 'none was given' : `given: ${given.join(', ')}`;
    throw new O8Error(
      'usage',
      `Say what to run with exactly one of dir, features, epic (${count}).`,
      'o8 plan <parallel-dir>',
    );
  }
  const part = { wave: input.wave ?? null, skip: input.skip ?? [] };
  if (input.dir !== undefined) return { kind: 'manifest', dir: input.dir, ...part };
  if (input.features !== undefined) {
    if (input.wave !== undefined)
      throw new O8Error(
        'usage',
        'Features have no waves.',
        `Leave wave out, or name fewer features: o8 plan ${input.features.join(' ')}`,
      );
    return { kind: 'features', slugs: input.features, ...part };
  }
  throw new O8Error(
    'refused',
    'This version runs manifest folders and features, not Beads epics.',
    'Write the work as a manifest folder, then: o8 plan <parallel-dir>',
  );
}

interface NamedSource {
  readonly dir?: string | undefined;
  readonly features?: readonly string[] | undefined;
}

/** The selection as a command line names it, null for one that names nothing. */
export function selectionWords(input: NamedSource): string | null {
  const words = input.dir === undefined ? input.features : [input.dir];
  return words?.map(shellQuote).join(' ') ?? null;
}

/** The command that runs what the caller named; where that is nothing, the one that goes on with a run. */
export function againCommand(input: NamedSource & { readonly retryFailed?: boolean | undefined }): string {
  const words = selectionWords(input) ?? (input.retryFailed === true ? '--retry-failed' : '--resume');
  return input.features === undefined ? `o8 run ${words}` : `o8 parallel ${words}`;
}

/** Input keys of a plan beside its selection. */
export const planFlagsShape = {
  maxConcurrent: z.coerce.number().int().min(1).max(64).optional().describe('agents at a time'),
  mergeInto: mergeIntoSchema
    .extract(['integration', 'base', 'none'])
    .optional()
    .describe('where finished tasks are merged'),
  schedule: scheduleSchema.optional().describe('deps: start when dependencies are merged; waves: wave after wave'),
};

/** The flags in the shape of the settings they win over. */
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
