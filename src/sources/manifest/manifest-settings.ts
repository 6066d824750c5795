import { resolve } from 'node:path';
import { manifestSettingsSchema, type ManifestSettings } from '../../core/settings/settings.js';
import type { PlanFolder } from './plan-folder.js';
import { resolvePlannedInside } from '../files/safe-file.js';
import { schemaFaults } from '../files/schema-faults.js';
import { modelName, shellCommand, TASK_KEY_FIXES } from './task-keys.js';

const FIXES = {
  ...TASK_KEY_FIXES,
  unknown: `Remove it. A manifest may set ${Object.keys(manifestSettingsSchema.shape).join(', ')}; everything else is set in .claude/parallel-config.json.`,
};

/**
 * The manifest's `o8` block: unknown keys are refused, its paths stay inside the repository, its commands have no
 * hidden characters.
 */
export async function readManifestSettings(
  folder: PlanFolder,
  file: string,
  block: unknown,
): Promise<ManifestSettings> {
  if (block === undefined) return {};
  const parsed = manifestSettingsSchema.safeParse(block);
  if (!parsed.success) {
    folder.faults.addAll(
      schemaFaults(file, ['o8'], { schema: manifestSettingsSchema, input: block, error: parsed.error }, FIXES),
    );
    return {};
  }
  const settings = parsed.data;
  for (const key of ['workspaceRoot', 'worktreeDir'] as const) {
    const path = settings[key];
    if (path === undefined) continue;
    const place = await resolvePlannedInside(folder.root, resolve(folder.root, path));
    if (place.kind !== 'refused') continue;
    const fix = `Use a folder inside the repository, or set ${key} in .claude/parallel-config.json.`;
    folder.faults.add(file, `o8.${key} ${place.problem}`, fix);
  }
  for (const [key, schema] of [
    ['setup', shellCommand],
    ['verify', shellCommand],
    ['model', modelName],
  ] as const) {
    const input = settings[key];
    const { error } = schema.optional().safeParse(input);
    if (error !== undefined) folder.faults.addAll(schemaFaults(file, ['o8', key], { schema, input, error }, FIXES));
  }
  return settings;
}
