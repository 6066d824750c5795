import { isAbsolute, join, relative } from 'node:path';
import * as z from 'zod';
import { quote } from '../../core/text/untrusted-text.js';
import type { PlanFolder } from './plan-folder.js';
import { schemaFaults } from '../files/schema-faults.js';
import { NO_DRAFTS, type TaskDraft, type TaskDrafts } from './task-draft.js';
import { parseTaskFile } from './task-file.js';
import { mayNeed } from './task-keys.js';
import { withinTaskLimit } from './task-limit.js';

/** Manifest version 1: it lists task files, and each file's frontmatter describes the task. */
const manifestV1Schema = z.looseObject({ tasks: z.looseObject({ files: z.array(z.string().min(1)) }) });

const FIXES = { files: 'Write a list of paths, like "files": ["tasks/task-001-users.md"].' };

export function isManifestV1(manifest: object): boolean {
  const tasks = 'tasks' in manifest ? manifest.tasks : null;
  return typeof tasks === 'object' && tasks !== null && 'files' in tasks;
}

/** The tasks of the manifest, in its order. */
export async function readTasksV1(folder: PlanFolder, file: string, manifest: object): Promise<TaskDrafts> {
  const parsed = manifestV1Schema.safeParse(manifest);
  if (!parsed.success) {
    folder.faults.addAll(
      schemaFaults(file, [], { schema: manifestV1Schema, input: manifest, error: parsed.error }, FIXES),
    );
    return NO_DRAFTS;
  }
  const { files } = parsed.data.tasks;
  if (!withinTaskLimit(folder.faults, file, files.length)) return NO_DRAFTS;
  const drafts: TaskDraft[] = [];
  for (const path of files) {
    const draft = await readTask(folder, file, path);
    if (draft !== null) drafts.push(draft);
  }
  return { drafts, complete: drafts.length === files.length };
}

/** Where a listed file is: relative to the plan's folder, else to the top of the repository, else in `tasks/`. */
async function placeOf(folder: PlanFolder, path: string): Promise<string> {
  if (isAbsolute(path) || (await folder.has(path))) return path;
  const others = [relative(folder.dir, join(folder.root, path)), join('tasks', path)];
  for (const other of others) if (!path.split('/').includes('..') && (await folder.has(other))) return other;
  return path;
}

async function readTask(folder: PlanFolder, manifest: string, path: string): Promise<TaskDraft | null> {
  if (!path.toLowerCase().endsWith('.md')) {
    return folder.faults.add(manifest, `tasks.files names ${quote(path)}, which is not a .md file`, FIXES.files);
  }
  const text = await folder.readReferenced({ file: manifest, key: 'tasks.files' }, await placeOf(folder, path));
  const task = text === null ? null : parseTaskFile(text, folder.faults);
  if (task === null) return null;
  const missing = [...(task.id === null ? ['id'] : []), ...(task.wave === null ? ['wave'] : [])];
  if (task.id === null || task.wave === null) {
    const fix =
      'Begin the file with a frontmatter: ---, then id: task-001, wave: 1 and deps: [] on lines of their own, then ---.';
    return folder.faults.add(task.name, `the frontmatter has no ${missing.join(' and no ')}`, fix);
  }
  return {
    id: task.id,
    stem: task.stem,
    file: task.name,
    wave: task.wave,
    deps: task.keys.deps,
    blocks: task.keys.blocks,
    mayNeed: mayNeed(task.keys),
    keys: task.keys,
    scope: task.scope,
    promptFile: null,
    body: task.body,
  };
}
