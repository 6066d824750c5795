import { composePrompt } from '../core/worker-prompt.js';
import type { PlanFile, PlanFolder } from './plan-folder.js';
import type { TaskDraft } from './task-draft.js';

export interface Prompt {
  readonly text: string;
  /** Absolute path; null when the prompt was composed. */
  readonly file: string | null;
}

/** What all prompts of a plan share: the names in `prompts/`, and parts of a composed prompt. */
export interface CommonParts {
  readonly prompts: ReadonlySet<string>;
  readonly context: string | null;
  readonly verify: string | null;
}

/**
 * A task's prompt: its `prompt_file`; else `prompts/<id>.txt|.md`; else `prompts/<stem>.txt|.md`; else composed of the
 * plan's context, the task file, its scope and the rules of completion. Null after a fault.
 */
export async function readPrompt(folder: PlanFolder, draft: TaskDraft, common: CommonParts): Promise<Prompt | null> {
  if (draft.promptFile !== null) {
    const file = await folder.readReferenced({ file: draft.file, key: 'prompt_file' }, draft.promptFile);
    return file === null ? null : promptOf(folder, file);
  }
  const found = promptNames(draft).find((name) => common.prompts.has(name));
  if (found !== undefined) {
    const file = await folder.readReferenced({ file: draft.file, key: 'prompts' }, `prompts/${found}`);
    return file === null ? null : promptOf(folder, file);
  }
  const { id, body, scope, keys } = draft;
  if (body === null || body.trim() === '') {
    const fix = `Write its prompt into prompts/${id}.txt, or describe it in tasks/${id}.md.`;
    return folder.faults.add(draft.file, `${id} has neither a prompt nor a description`, fix);
  }
  const verify = keys.verify ?? common.verify;
  return { text: composePrompt({ id, context: common.context, task: body, scope, verify }), file: null };
}

/** The names in `prompts/` that a task's prompt may have, the first that is there counts. */
export function promptNames({ id, stem }: Pick<TaskDraft, 'id' | 'stem'>): string[] {
  return [id, stem].flatMap((name) => [`${name}.txt`, `${name}.md`]);
}

function promptOf(folder: PlanFolder, file: PlanFile): Prompt | null {
  if (file.text.trim() !== '') return { text: file.text, file: file.path };
  return folder.faults.add(file.name, 'the prompt is empty', 'Write what the agent has to do, or remove the file.');
}
