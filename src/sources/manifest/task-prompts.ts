import { join } from 'node:path';
import { composePrompt } from '../../core/agents/base/worker-prompt.js';
import { loadDrafts } from './manifest.js';
import { promptNames } from './prompt.js';

/** A task's prompt as composed from its files, whatever an existing prompt file contains. */
export interface TaskPrompt {
  readonly id: string;
  /** The files it is composed of, for messages. */
  readonly from: string;
  /** Absolute: where the task's prompt is, or would be. */
  readonly path: string;
  /** Null if there is no task file to compose it from. */
  readonly text: string | null;
}

/** The prompts of a plan folder that `loadManifest` accepts, in the manifest's order. */
export async function composeTaskPrompts(root: string, dir: string): Promise<readonly TaskPrompt[]> {
  const { folder, drafts, verify } = await loadDrafts(root, dir);
  const context = await folder.readOptional('context.md');
  const prompts = new Set(await folder.list('prompts'));
  return drafts.map((draft) => {
    const { id, body, scope, keys } = draft;
    const named = promptNames(draft).find((name) => prompts.has(name)) ?? `${id}.txt`;
    const parts = {
      id,
      context: context === 'missing' || context === null ? null : context.text,
      scope,
      verify: keys.verify ?? verify,
    };
    return {
      id,
      from: draft.file,
      path: join(folder.dir, draft.promptFile ?? join('prompts', named)),
      text: body === null || body.trim() === '' ? null : composePrompt({ ...parts, task: body }),
    };
  });
}
