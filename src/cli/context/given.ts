import type { ToolInput, ToolName } from '../../tools/catalogue.js';

/** A tool's input as command line flags give it. */
export type Given<N extends ToolName> = {
  readonly [Key in keyof ToolInput<N>]: ToolInput<N>[Key] extends string[] | undefined
    ? readonly string[] | undefined
    : ToolInput<N>[Key];
};

/** Removes flags that were not given: a tool refuses some inputs in combination. */
export function onlyGiven(input: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined));
}
