import type { RunFlag } from './run-flag.js';
import { o8, text, type Text } from '../base/text.js';
import type { RunState } from './run-state.js';

/** A wave whose `validation` failed, with the command, how it ended and its last lines. */
export interface FailedValidation {
  readonly wave: number;
  readonly message: string;
}

export function failedValidations({ validations }: RunState): FailedValidation[] {
  return [...validations].flatMap(([wave, validation]) =>
    validation.kind === 'failed' ? [{ wave, message: validation.message }] : [],
  );
}

/**
 * The failure as lines of a report or a status, with the command that shows the complete output; `flag` names the run.
 */
export function validationLines({ wave, message }: FailedValidation, flag: RunFlag): Text[] {
  const [what = '', ...output] = message.split('\n');
  return [
    `Validation of wave ${String(wave)} failed: ${what}`,
    ...output.map((line) => `    ${line}`),
    text`    full output: ${o8('logs', { wave, ...flag })}`,
  ];
}
