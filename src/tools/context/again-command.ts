import { givenFlags, o8, withFlags, type Command } from '../../core/base/text.js';
import { keyCommand, keyOf, keyWords, type NamedSource } from '../../core/plan/sources.js';
import { shellQuote } from '../../core/base/shell-quote.js';

/** The input of a command, as far as it can be repeated. */
export interface Asked extends NamedSource {
  readonly wave?: number | undefined;
  readonly skip?: readonly string[] | undefined;
  readonly maxConcurrent?: number | undefined;
  readonly schedule?: string | undefined;
  readonly mergeInto?: string | undefined;
  readonly budgetUsd?: number | undefined;
  readonly retryFailed?: boolean | undefined;
  readonly task?: string | undefined;
  readonly resume?: boolean | undefined;
  readonly runId?: string | undefined;
  readonly skipPreflight?: boolean | undefined;
}

/** The selection as arguments of a command line; null when none is named. */
export function selectionWords(input: NamedSource): string | null {
  const key = keyOf(input);
  return key === null ? null : keyWords(key).map(shellQuote).join(' ');
}

/** The flags that repeat the input, except `force` and `maxConcurrent`. */
export function askedFlags(input: Asked): Command['flags'] {
  const { wave, skip, schedule, mergeInto, budgetUsd, retryFailed, resume, runId, task, skipPreflight } = input;
  return givenFlags({
    ...{ wave, skip: skip?.join(','), schedule, mergeInto, budgetUsd },
    ...{ retryFailed, resume, run: runId, task, skipPreflight },
  });
}

/** The command that repeats the input; `o8 run --resume` when nothing was named. */
export function againCommand(input: Asked): Command {
  const key = keyOf(input);
  const goesOn = key !== null || input.retryFailed === true || input.resume === true;
  const flags = { ...(goesOn ? {} : { resume: true as const }), ...askedFlags(input) };
  const command = key === null ? o8('run') : keyCommand(key);
  return withFlags(command, { ...flags, ...givenFlags({ maxConcurrent: input.maxConcurrent }) });
}
