import * as z from 'zod';
import { saysNothing } from '../../core/scope/empty-list.js';
import { hasHiddenCharacters, hasHiddenCharactersInLines } from '../../core/text/untrusted-text.js';

/** The keys a task may have in its frontmatter (v1) or its manifest entry (v2), and what to write if one is wrong. */

/** A value that is shown on one line of a terminal. */
const line = z
  .string()
  .min(1)
  .max(200)
  .refine((text) => !hasHiddenCharacters(text), 'contains hidden characters');

/** A shell command that the user has to confirm, so all of it must be visible. */
export const shellCommand = z
  .string()
  .min(1)
  .max(10_000)
  .refine((text) => !hasHiddenCharactersInLines(text), 'contains hidden characters');

/** Passed to the agent's program as an argument, so it must not look like an option. */
const argument = line.refine((text) => !text.startsWith('-'), 'begins with "-"');
export const modelName = argument;

const names = z.array(z.string()).max(500);

/** In YAML, `key:` without a value is null and means the same as a missing key. */
const optional = <T extends z.ZodType>(schema: T) => schema.nullish().transform((value) => value ?? null);
/** A list of names, or one of the ways to write an empty one. */
const optionalNames = z
  .preprocess((value) => (typeof value === 'string' && saysNothing(value) ? [] : value), names.nullish())
  .transform((value) => (value ?? []).filter((name) => !saysNothing(name)));
/** Dependency keys of other formats. They may mean something else, so no value is a fault. */
const otherNames = z
  .preprocess((value) => (typeof value === 'string' ? value.split(',').map((name) => name.trim()) : value), names)
  .catch([]);

export const waveNumber = z.number().int().min(1).max(1000);

export const taskKeysSchema = z.looseObject({
  deps: optionalNames,
  depends_on: otherNames,
  dependsOn: otherNames,
  dependencies: otherNames,
  blocks: optionalNames,
  agent: optional(argument),
  component: optional(line),
  setup: optional(shellCommand),
  verify: optional(shellCommand),
  timeout: optional(z.number().positive().max(10_080)), // minutes; a week, as in the settings
  budget_usd: optional(z.number().positive().max(100_000)),
  retries: optional(z.number().int().min(0).max(10)),
  model: optional(modelName),
});
export type TaskKeys = z.infer<typeof taskKeysSchema>;

/** A task's dependencies from the keys of other formats. */
export function mayNeed({ depends_on: a, dependsOn: b, dependencies: c }: TaskKeys): string[] {
  return [...a, ...b, ...c];
}

export const TASK_KEY_FIXES: Readonly<Record<string, string>> = {
  id: 'Write a name in quotes or with a letter, like id: task-001.',
  wave: 'Write a whole number from 1, like wave: 1.',
  number: 'Write a whole number from 1, like "number": 1.',
  deps: 'Write a list of task ids, like deps: [task-001], or [] for none.',
  blocks: 'Write a list of task ids, like blocks: [task-004], or [] for none.',
  agent: 'Write the name of an agent, like agent: worker.',
  component: 'Write a short name, like component: users.',
  setup: 'Write one shell command, in quotes where needed, like setup: "npm ci".',
  verify: 'Write one shell command, in quotes where needed, like verify: "npm test".',
  validation: 'Write one shell command, like "validation": "npm test".',
  timeout: 'Write minutes, more than 0 and at most 10080.',
  budget_usd: 'Write dollars, more than 0, like budget_usd: 2.5.',
  retries: 'Write a whole number from 0 to 10.',
  model: 'Write the name of a model, like model: sonnet.',
  prompt_file: 'Write a path relative to the folder, like "prompt_file": "prompts/task-001.txt".',
};
