import type { DeclaredTask } from '../../core/plan/dependencies.js';
import type { Scope } from '../../core/plan/plan.js';
import type { TaskKeys } from './task-keys.js';

/** A task as a manifest of either shape describes it: not yet held against the other tasks, without its prompt. */
export interface TaskDraft extends DeclaredTask {
  readonly keys: TaskKeys;
  readonly scope: Scope;
  /** `prompt_file`, as written; null where the prompt is looked up. */
  readonly promptFile: string | null;
  /** The task file below its frontmatter; null where there is no task file. */
  readonly body: string | null;
  /** Task files that are there and belong to no task, for messages. */
  readonly unusedFiles?: readonly string[];
}

/** The tasks of a manifest that could be read; `complete` when that is all of them. */
export interface TaskDrafts {
  readonly drafts: readonly TaskDraft[];
  readonly complete: boolean;
}

export const NO_DRAFTS: TaskDrafts = { drafts: [], complete: false };
