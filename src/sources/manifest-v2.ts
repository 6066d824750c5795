import { join } from 'node:path';
import * as z from 'zod';
import { EMPTY_SCOPE } from '../core/scope.js';
import { quote } from '../core/untrusted-text.js';
import type { PlanFolder } from './plan-folder.js';
import { schemaFaults } from './schema-faults.js';
import { NO_DRAFTS, type TaskDraft, type TaskDrafts } from './task-draft.js';
import { parseTaskFile, stemOf, type TaskFile } from './task-file.js';
import { TASK_KEY_FIXES, taskKeysSchema, waveNumber, type TaskKeys } from './task-keys.js';
import { withinTaskLimit } from './task-limit.js';

/** Manifest of the second shape: it lists waves with their tasks; task files may add dependencies and scope. */
const taskSchema = taskKeysSchema.extend({ id: z.string(), prompt_file: z.string().min(1).nullish() });
const waveSchema = z.looseObject({ number: waveNumber, tasks: z.array(taskSchema) });
const manifestV2Schema = z.looseObject({ waves: z.array(waveSchema) });
type ManifestTask = z.infer<typeof taskSchema>;

const FIXES = {
  ...TASK_KEY_FIXES,
  tasks: 'Write a list of tasks, like "tasks": [{"id": "task-001", "prompt_file": "prompts/task-001.txt"}].',
  unknown: 'Remove it.',
};

export function isManifestV2(manifest: object): boolean {
  return 'waves' in manifest && Array.isArray(manifest.waves);
}

/** The tasks of the manifest, in its order. */
export async function readTasksV2(folder: PlanFolder, file: string, manifest: object): Promise<TaskDrafts> {
  const parsed = manifestV2Schema.safeParse(manifest);
  if (!parsed.success) {
    folder.faults.addAll(schemaFaults(file, [], parsed.error.issues, FIXES));
    return NO_DRAFTS;
  }
  const { waves } = parsed.data;
  const numbers = waves.map((wave) => wave.number);
  for (const [index, wave] of waves.entries()) {
    if (numbers.indexOf(wave.number) !== index) {
      folder.faults.add(file, `wave ${wave.number} is there twice`, 'Give every wave a number of its own.');
    }
    if (wave.tasks.length === 0) folder.faults.add(file, `wave ${wave.number} has no tasks`, 'Remove the wave.');
  }
  const count = waves.reduce((sum, wave) => sum + wave.tasks.length, 0);
  if (!withinTaskLimit(folder.faults, file, count)) return NO_DRAFTS;
  const names = (await folder.list('tasks')).filter((name) => name.toLowerCase().endsWith('.md'));
  const drafts: TaskDraft[] = [];
  for (const wave of waves) {
    for (const task of wave.tasks) {
      const found = await findTaskFile(folder, names, task.id);
      drafts.push(draftOf(folder, file, wave.number, task, found));
    }
  }
  return { drafts, complete: true };
}

function draftOf(
  folder: PlanFolder,
  manifest: string,
  wave: number,
  task: ManifestTask,
  file: TaskFile | null,
): TaskDraft {
  if (file !== null && file.wave !== null && file.wave !== wave) {
    const problem = `${task.id} is in wave ${file.wave} here and in wave ${wave} in ${manifest}`;
    folder.faults.add(file.name, problem, `Write wave: ${wave}, or remove the line.`);
  }
  const keys = file === null ? task : mergeKeys(task, file.keys);
  return {
    id: task.id,
    stem: file?.stem ?? task.id,
    file: file?.name ?? manifest,
    wave,
    deps: keys.deps,
    blocks: keys.blocks,
    keys,
    scope: file?.scope ?? EMPTY_SCOPE,
    promptFile: task.prompt_file ?? null,
    body: file?.body ?? null,
  };
}

/** The manifest's word counts before the task file's; dependencies of both add up. */
function mergeKeys(task: TaskKeys, file: TaskKeys): TaskKeys {
  return {
    deps: [...task.deps, ...file.deps],
    blocks: [...task.blocks, ...file.blocks],
    agent: task.agent ?? file.agent,
    component: task.component ?? file.component,
    setup: task.setup ?? file.setup,
    verify: task.verify ?? file.verify,
    timeout: task.timeout ?? file.timeout,
    budget_usd: task.budget_usd ?? file.budget_usd,
    retries: task.retries ?? file.retries,
    model: task.model ?? file.model,
  };
}

/** `tasks/<id>.md`, else the one `tasks/<id>-….md` whose frontmatter has this id or none. */
async function findTaskFile(folder: PlanFolder, names: readonly string[], id: string): Promise<TaskFile | null> {
  const candidates = names.filter((name) => stemOf(name) === id || name.startsWith(`${id}-`));
  const found: TaskFile[] = [];
  for (const name of candidates) {
    const text = await folder.readOptional(join('tasks', name));
    if (text === null || text === 'missing') continue;
    const task = parseTaskFile(text, folder.faults);
    if (task !== null && (task.id ?? id) === id) found.push(task);
  }
  const exact = found.find((task) => task.stem === id);
  if (exact !== undefined) return exact;
  const named = found.filter((task) => task.id !== null);
  const matching = named.length > 0 ? named : found;
  const [first = null, second] = matching;
  if (second !== undefined) {
    folder.faults.add(second.name, `${quote(id)} has another task file too`, 'Keep one file for each task.');
  }
  return first;
}
