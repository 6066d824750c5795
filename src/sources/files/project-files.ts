import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import type { ProjectFiles } from '../../core/commands/technology.js';
import { readTextInside } from './safe-file.js';
import { parseJson } from './safe-json.js';

const packageSchema = z.looseObject({ scripts: z.record(z.string(), z.unknown()).default({}) });

/** The names in the top folder of a repository or worktree (absolute path), and the scripts of its `package.json`. */
export async function readProjectFiles(root: string): Promise<ProjectFiles> {
  const names = new Set(await readdir(root));
  const manifest = names.has('package.json') ? await readTextInside(root, join(root, 'package.json')) : null;
  return { names, scripts: new Set(manifest?.kind === 'text' ? scriptsOf(manifest.text) : []) };
}

/** None if the package.json does not have npm's format; npm reports that. */
function scriptsOf(text: string): string[] {
  const json = parseJson(text);
  const parsed = packageSchema.safeParse(json.kind === 'fault' ? null : json.value);
  return parsed.success ? Object.keys(parsed.data.scripts) : [];
}
