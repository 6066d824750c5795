import { join } from 'node:path';
import * as z from 'zod';
import { EMPTY_SCOPE } from '../../core/scope/parse-scope.js';
import { matchTaskFiles, type MatchableFile } from '../../core/plan/match-task-files.js';
import { shellQuote } from '../../core/base/shell-quote.js';
import { quote } from '../../core/text/untrusted-text.js';
import { FaultCollector } from '../files/fault-collector.js';
import type { PlanFolder } from './plan-folder.js';
import { schemaFaults } from '../files/schema-faults.js';
import { NO_DRAFTS, type TaskDraft, type TaskDrafts } from './task-draft.js';
import { parseTaskFile, stemOf, type TaskFile } from './task-file.js';
import { mayNeed, TASK_KEY_FIXES, taskKeysSchema, waveNumber, type TaskKeys } from './task-keys.js';
import { withinTaskLimit } from './task-limit.js';
import { withNumber } from './wave-validation.js';

/** Twice the maximum number of tasks in a plan; further files belong to no task. */
const MOST_FILES = 1000;
const MOST_STRAYS = 5;

/** Manifest version 2: it lists waves with their tasks; task files may add dependencies and scope. */
const taskSchema = z.preprocess(
  (value) => (typeof value === 'string' ? { id: value } : value),
  taskKeysSchema.extend({ id: z.string(), prompt_file: z.string().min(1).nullish() }),
);
const waveSchema = z.preprocess(withNumber, z.looseObject({ number: waveNumber, tasks: z.array(taskSchema) }));
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
    folder.faults.addAll(
      schemaFaults(file, [], { schema: manifestV2Schema, input: manifest, error: parsed.error }, FIXES),
    );
    return NO_DRAFTS;
  }
  const { waves } = parsed.data;
  const numbers = waves.map((wave) => wave.number);
  for (const [index, wave] of waves.entries()) {
    if (numbers.indexOf(wave.number) !== index) {
      folder.faults.add(file, `wave ${wave.number} is listed twice`, 'Give every wave a number of its own.');
    }
    if (wave.tasks.length === 0) folder.faults.add(file, `wave ${wave.number} has no tasks`, 'Remove the wave.');
  }
  const count = waves.reduce((sum, wave) => sum + wave.tasks.length, 0);
  if (!withinTaskLimit(folder.faults, file, count)) return NO_DRAFTS;
  const { byId, unused } = await findTaskFiles(
    folder,
    file,
    waves.flatMap((wave) => wave.tasks.map(({ id }) => id)),
  );
  const drafts = waves.flatMap((wave) =>
    wave.tasks.map((task) => ({
      ...draftOf(folder, file, wave.number, task, byId.get(task.id) ?? null),
      unusedFiles: unused,
    })),
  );
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
    mayNeed: mayNeed(keys),
    aliases: [file?.id ?? task.id].filter((id) => id !== task.id),
    keys,
    scope: file?.scope ?? EMPTY_SCOPE,
    promptFile: task.prompt_file ?? null,
    body: file?.body ?? null,
  };
}

/** The manifest takes precedence over the task file; their dependencies are combined. */
function mergeKeys(task: TaskKeys, file: TaskKeys): TaskKeys {
  return {
    deps: [...task.deps, ...file.deps],
    depends_on: [...mayNeed(task), ...mayNeed(file)],
    dependsOn: [],
    dependencies: [],
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

/** The task file of each id, and the names of files that belong to no task, each of which is a warning. */
async function findTaskFiles(
  folder: PlanFolder,
  manifest: string,
  ids: readonly string[],
): Promise<{ readonly byId: ReadonlyMap<string, TaskFile>; readonly unused: readonly string[] }> {
  const names = (await folder.list('tasks')).filter((name) => name.toLowerCase().endsWith('.md'));
  const files: Candidate[] = [];
  for (const name of names.slice(0, MOST_FILES)) {
    const text = await folder.readOptional(join('tasks', name));
    if (text === null || text === 'missing') continue;
    const faults = new FaultCollector();
    const task = parseTaskFile(text, faults);
    files.push({ stem: stemOf(name), id: task?.id ?? null, name: text.name, task, faults });
  }
  const { byId: matches, unused } = matchTaskFiles(ids, files);
  const byId = new Map<string, TaskFile>();
  for (const [id, match] of matches) {
    if (match.kind === 'none') continue;
    const matched = match.kind === 'one' ? [match.file] : match.files;
    for (const { faults } of matched) folder.faults.addAll(faults.all);
    const [first, ...others] = matched;
    if (first !== undefined && first.task !== null) byId.set(id, first.task);
    for (const { name } of others) {
      const fix = `Keep this one or ${first?.name ?? ''}, or add a task of its own for it to ${manifest}.`;
      folder.faults.add(name, `${quote(id)} has another task file too`, fix);
    }
  }
  const strays = unused.filter(({ stem, id }) => id !== null || !isAboutTasks(stem));
  for (const { name } of strays.slice(0, MOST_STRAYS)) folder.faults.warn(...strayWarning(manifest, name));
  if (strays.length > MOST_STRAYS) {
    const rest = strays.length - MOST_STRAYS;
    folder.faults.warn(
      `${String(rest)} more task files belong to no task of ${manifest}`,
      `ls ${shellQuote(folder.nameOf(join(folder.dir, 'tasks')))}`,
    );
  }
  return { byId, unused: strays.map(({ name }) => name) };
}

interface Candidate extends MatchableFile {
  readonly name: string;
  readonly task: TaskFile | null;
  /** Faults of this file: they matter only if a task uses it. */
  readonly faults: FaultCollector;
}

/** A file next to the task files that describes them. */
function isAboutTasks(stem: string): boolean {
  return /^(?:readme|index|overview|summary|template|[_.].*)$/i.test(stem);
}

function strayWarning(manifest: string, name: string): [string, string] {
  return [
    `${name} belongs to no task of ${manifest}: its text, scope and dependencies are not used`,
    `Name it like a task's id, or add a task with its id to ${manifest}`,
  ];
}
