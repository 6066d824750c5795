import { keyCommand, keyOf, keyWords, type NamedSource } from '../../core/plan/sources.js';
import { shellQuote } from '../../core/text/shell-quote.js';

/** What a caller asked for beside that. */
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

/** The selection as a command line names it, null for one that names nothing. */
export function selectionWords(input: NamedSource): string | null {
  const key = keyOf(input);
  return key === null ? null : keyWords(key).map(shellQuote).join(' ');
}

/** The flags that say again what was asked for, each word as a program gets it; all but `--force` and `--max-concurrent`. */
export function askedFlags(input: Asked): string[] {
  const value = (name: string, given: string | number | undefined): string[] =>
    given === undefined ? [] : [name, String(given)];
  const on = (name: string, given: boolean | undefined): string[] => (given === true ? [name] : []);
  return [
    ...value('--wave', input.wave),
    ...value('--skip', input.skip?.join(',')),
    ...value('--schedule', input.schedule),
    ...value('--merge-into', input.mergeInto),
    ...value('--budget-usd', input.budgetUsd),
    ...on('--retry-failed', input.retryFailed),
    ...on('--resume', input.resume),
    ...value('--run', input.runId),
    ...value('--task', input.task),
    ...on('--skip-preflight', input.skipPreflight),
  ];
}

/** The command that asks for the same again; where nothing was named, the one that goes on with a run. */
export function againCommand(input: Asked): string {
  const key = keyOf(input);
  const concurrent = input.maxConcurrent === undefined ? [] : ['--max-concurrent', String(input.maxConcurrent)];
  const flags = [...askedFlags(input), ...concurrent].map(shellQuote);
  const goesOn = key !== null || input.retryFailed === true || input.resume === true ? [] : ['--resume'];
  return [key === null ? 'o8 run' : keyCommand(key), ...goesOn, ...flags].join(' ');
}
