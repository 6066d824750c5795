import type { DeclaredTask } from '../../core/plan/dependencies.js';
import type { Scope } from '../../core/plan/plan.js';
import type { TaskKeys } from './task-keys.js';

/**
 * A task as described in a manifest of either version: without its prompt, and not yet checked against the other tasks.
 */
export interface TaskDraft extends DeclaredTask {
  readonly keys: TaskKeys;
  readonly scope: Scope;
  /** `prompt_file`, as written; null if the prompt is looked up by name. */
  readonly promptFile: string | null;
  /** The task file without its frontmatter; null if there is no task file. */
  readonly body: string | null;
  /** Existing task files that belong to no task, for messages. */
  readonly unusedFiles?: readonly string[];
}

/** The readable tasks of a manifest; `complete` if these are all of them. */
export interface TaskDrafts {
  readonly drafts: readonly TaskDraft[];
  readonly complete: boolean;
}

export const NO_DRAFTS: TaskDrafts = { drafts: [], complete: false };
