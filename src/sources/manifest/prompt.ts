import { o8 } from '../../core/base/text.js';
import { isAbsolute } from 'node:path';
import { quote } from '../../core/text/untrusted-text.js';
import { composePrompt } from '../../core/agents/base/worker-prompt.js';
import type { PlanFile, PlanFolder } from './plan-folder.js';
import type { TaskDraft } from './task-draft.js';

const MOST_NAMED = 5;

export interface Prompt {
  readonly text: string;
  /** Absolute path; null if the prompt was composed. */
  readonly file: string | null;
}

/** Common data for all prompts of a plan: the names in `prompts/`, and parts of a composed prompt. */
export interface CommonParts {
  readonly prompts: ReadonlySet<string>;
  readonly context: string | null;
  readonly verify: string | null;
}

/**
 * A task's prompt: its `prompt_file`; else `prompts/<id>.txt|.md`; else `prompts/<stem>.txt|.md`; else composed of the
 * plan's context, the task file, its scope and the completion rules. Null after a fault.
 */
export async function readPrompt(folder: PlanFolder, draft: TaskDraft, common: CommonParts): Promise<Prompt | null> {
  if (draft.promptFile !== null) {
    const named = await readNamed(folder, draft, draft.promptFile);
    if (named !== 'missing') return named;
  }
  const found = promptNames(draft).find((name) => common.prompts.has(name));
  if (found !== undefined) {
    const file = await folder.readReferenced({ file: draft.file, key: 'prompts' }, `prompts/${found}`);
    return file === null ? null : promptOf(folder, file);
  }
  const { id, body, scope, keys } = draft;
  if (body === null || body.trim() === '') {
    const unused = (draft.unusedFiles ?? []).slice(0, MOST_NAMED).map((name) => quote(name));
    const other = unused.length === 0 ? '' : ` Unused task files: ${unused.join(', ')}.`;
    const fix = `Write its prompt into prompts/${id}.txt, or describe it in tasks/${id}.md.${other}`;
    return folder.faults.add(draft.file, `${id} has neither a prompt nor a description`, fix);
  }
  const verify = keys.verify ?? common.verify;
  return { text: composePrompt({ id, context: common.context, task: body, scope, verify }), file: null };
}

/**
 * Reads `prompt_file`. If it is missing but the task file describes the task, that is no fault: `o8 render` creates it.
 */
async function readNamed(folder: PlanFolder, draft: TaskDraft, path: string): Promise<Prompt | 'missing' | null> {
  const reference = { file: draft.file, key: 'prompt_file' };
  const described = draft.body !== null && draft.body.trim() !== '';
  const file =
    described && !isAbsolute(path)
      ? await folder.readOptional(path, reference)
      : await folder.readReferenced(reference, path);
  if (file !== 'missing') return file === null ? null : promptOf(folder, file);
  const dir = folder.nameOf(folder.dir);
  folder.faults.warn(
    `${draft.id}: its prompt_file ${quote(path)} does not exist; ${draft.file} is used instead`,
    o8('render', [dir === '' ? '.' : dir]),
    [draft.id],
  );
  return 'missing';
}

/** The names in `prompts/` that a task's prompt may have; the first existing one is used. */
export function promptNames({ id, stem }: Pick<TaskDraft, 'id' | 'stem'>): string[] {
  return [id, stem].flatMap((name) => [`${name}.txt`, `${name}.md`]);
}

function promptOf(folder: PlanFolder, file: PlanFile): Prompt | null {
  if (file.text.trim() !== '') return { text: file.text, file: file.path };
  return folder.faults.add(file.name, 'the prompt is empty', 'Write what the agent has to do, or remove the file.');
}
