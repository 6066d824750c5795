import { o8 } from '../../core/base/text.js';
import { basename } from 'node:path';
import * as z from 'zod';
import { resolveDependencies } from '../../core/plan/dependencies.js';
import { O8Error } from '../../core/base/errors.js';
import { nameFaults, nameProblem } from '../../core/plan/names.js';
import { MANIFEST, type ManifestSource } from '../../core/plan/manifest-source.js';
import type { SourcePlan, SourceTask, SourceWave } from '../../core/plan/plan.js';
import { hasHiddenCharacters } from '../../core/text/untrusted-text.js';
import { FaultCollector } from '../files/fault-collector.js';
import { readManifestSettings } from './manifest-settings.js';
import { isManifestV1, readTasksV1 } from './manifest-v1.js';
import { isManifestV2, readTasksV2 } from './manifest-v2.js';
import { PlanFolder, type PlanFile } from './plan-folder.js';
import { readPrompt } from './prompt.js';
import { parseJson } from '../files/safe-json.js';
import { NO_DRAFTS, type TaskDrafts } from './task-draft.js';
import { readValidations } from './wave-validation.js';

/** Keys that only describe the plan: values of another shape are ignored. */
const words = z
  .string()
  .min(1)
  .max(200)
  .refine((text) => !hasHiddenCharacters(text))
  .nullable()
  .catch(null);
const descriptionSchema = z.looseObject({
  name: words,
  tech_spec_id: words,
  tech_spec: z.looseObject({ id: words, title: words }).nullable().catch(null),
  technology: z.preprocess((value) => (Array.isArray(value) ? value.join(', ') : value), words),
});
/**
 * Reads and validates a plan folder of either version (v1 lists task files, v2 lists waves); writes nothing. `dir` is
 * absolute or relative to `root`. Throws O8Error `invalid_plan` with every fault of the folder.
 */
export async function loadManifest(root: string, dir: string): Promise<SourcePlan<ManifestSource>> {
  const faults = new FaultCollector();
  const folder = await PlanFolder.open(root, dir, faults);
  const file = await folder.readOptional(MANIFEST);
  if (file === 'missing') {
    throw new O8Error('invalid_plan', `${MANIFEST} not found in '${folder.shownDir}'`, o8('decompose'));
  }
  const plan = file === null ? null : await readPlan(folder, file);
  if (plan === null || !faults.empty) throw faults.toError(folder.shownDir);
  return plan;
}

/** The parts that a plan folder's tasks are made of; throws O8Error `invalid_plan` like `loadManifest`. */
export async function loadDrafts(
  root: string,
  dir: string,
): Promise<{ readonly folder: PlanFolder; readonly drafts: TaskDrafts['drafts']; readonly verify: string | null }> {
  const faults = new FaultCollector();
  const folder = await PlanFolder.open(root, dir, faults);
  const file = await folder.readOptional(MANIFEST);
  const manifest = file === null || file === 'missing' ? null : parseManifest(folder, file);
  if (file === null || file === 'missing' || manifest === null) throw faults.toError(folder.shownDir);
  const settings = await readManifestSettings(folder, file.name, 'o8' in manifest ? manifest.o8 : undefined);
  const { drafts } = await readDrafts(folder, file.name, manifest);
  if (!faults.empty) throw faults.toError(folder.shownDir);
  return { folder, drafts, verify: settings.verify ?? null };
}

/** Null after a fault that leaves nothing to check. */
async function readPlan(folder: PlanFolder, file: PlanFile): Promise<SourcePlan<ManifestSource> | null> {
  const manifest = parseManifest(folder, file);
  if (manifest === null) return null;
  const settings = await readManifestSettings(folder, file.name, 'o8' in manifest ? manifest.o8 : undefined);
  const validations = readValidations(folder.faults, file.name, manifest);
  const drafts = await readDrafts(folder, file.name, manifest);
  const tasks = await completeTasks(folder, drafts, settings.verify ?? null);
  const { warnings } = folder.faults;
  return { source: sourceOf(folder, file, manifest), settings, tasks, waves: wavesOf(tasks, validations), warnings };
}

function parseManifest(folder: PlanFolder, file: PlanFile): object | null {
  const parsed = parseJson(file.text);
  if (parsed.kind === 'fault') return folder.faults.add(file.name, parsed.problem, parsed.fix);
  const { value } = parsed;
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  return folder.faults.add(file.name, 'is not a JSON object', 'Write { "tasks": { "files": [ … ] } }.');
}

async function readDrafts(folder: PlanFolder, file: string, manifest: object): Promise<TaskDrafts> {
  if (isManifestV1(manifest)) return readTasksV1(folder, file, manifest);
  if (isManifestV2(manifest)) return readTasksV2(folder, file, manifest);
  folder.faults.add(
    file,
    'lists no tasks: there is neither tasks.files nor waves',
    'Write "tasks": {"files": ["tasks/task-001.md"]}, or "waves": [{"number": 1, "tasks": [{"id": "task-001"}]}].',
  );
  return NO_DRAFTS;
}

/** Checks the tasks against each other and adds their prompts. */
async function completeTasks(
  folder: PlanFolder,
  { drafts, complete }: TaskDrafts,
  verify: string | null,
): Promise<SourceTask[]> {
  folder.faults.addAll(nameFaults(drafts));
  const byId = new Map(drafts.map((draft) => [draft.id, draft]));
  const unique = [...byId.values()];
  const dependencies = resolveDependencies(unique);
  folder.faults.addAll(dependencies.faults);
  if (complete) folder.faults.addAll(dependencies.unknown);
  const context = await folder.readOptional('context.md');
  const prompts = new Set(await folder.list('prompts'));
  const common = { prompts, context: context === 'missing' || context === null ? null : context.text, verify };
  const tasks: SourceTask[] = [];
  for (const draft of unique) {
    // An invalid name is never used as a path.
    if (nameProblem(draft.id) !== null || nameProblem(draft.stem) !== null) continue;
    const prompt = await readPrompt(folder, draft, common);
    if (prompt === null) continue;
    tasks.push({
      id: draft.id,
      stem: draft.stem,
      wave: draft.wave,
      deps: dependencies.deps.get(draft.id) ?? [],
      agent: draft.keys.agent,
      component: draft.keys.component,
      prompt: prompt.text,
      promptKind: 'text',
      promptFile: prompt.file,
      scope: draft.scope,
      setup: draft.keys.setup,
      verify: draft.keys.verify,
      timeoutMinutes: draft.keys.timeout,
      budgetUsd: draft.keys.budget_usd,
      retries: draft.keys.retries,
      model: draft.keys.model,
    });
  }
  return tasks;
}

function wavesOf(tasks: readonly SourceTask[], validations: ReadonlyMap<number, string>): SourceWave[] {
  const numbers = [...new Set(tasks.map((task) => task.wave))].sort((a, b) => a - b);
  return numbers.map((number) => ({ number, validation: validations.get(number) ?? null }));
}

function sourceOf(folder: PlanFolder, file: PlanFile, manifest: object): ManifestSource {
  const { name, tech_spec_id: specId, tech_spec: spec, technology } = descriptionSchema.parse(manifest);
  return {
    kind: 'manifest',
    dir: folder.dir,
    manifest: file.path,
    name: name ?? spec?.title ?? basename(folder.dir),
    techSpec: specId ?? spec?.id ?? null,
    technology,
  };
}
