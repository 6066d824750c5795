import { o8, placeholder, flagName, type Command } from '../../core/base/text.js';
import { join, relative, sep } from 'node:path';
import { O8Error } from '../../core/base/errors.js';
import { excludePattern } from '../../core/base/exclude-pattern.js';
import { executionBlock } from '../../core/report/manifest-execution.js';
import type { Plan } from '../../core/plan/plan.js';
import {
  MONITOR_SCRIPT,
  RUN_SCRIPT,
  monitorScript,
  runScript,
  scriptsReport,
  type GeneratedScript,
} from '../../core/report/run-scripts.js';
import { guardFile } from '../../git/door/guard-file.js';
import { ensureExcluded } from '../../git/worktrees/worktrees.js';
import { bundledProgram } from '../../process/base/bundle.js';
import { makePrivateFolderInside, writeGenerated } from '../../sources/files/document.js';
import { writeExecution } from '../../sources/manifest/write-execution.js';
import { criticalSection } from '../../store/files/critical-section.js';
import type { ToolContext } from '../context/define-tool.js';
import { latestRunOf } from '../context/load-run.js';
import { planFrom, PREVIEW, readPlanParts, type PlanParts } from '../plan/prepare-plan.js';
import { askedFlags } from '../context/again-command.js';
import { planFlags, type Selection } from '../plan/selection.js';
import type { SpawnInput, SpawnResult } from './spawn-input.js';
import { sourceKey, sourceOf } from '../../core/plan/sources.js';
import { MANIFEST_DRAFT } from '../../core/plan/manifest-source.js';

/** Writes the scripts and `logs/` of the plan folder and starts nothing. Scripts that a person changed are kept. */
export async function generateScripts(
  selection: Selection,
  input: SpawnInput,
  context: ToolContext,
): Promise<SpawnResult> {
  if (input.resume === true) {
    throw new O8Error('usage', 'An interrupted run is resumed without a script.', o8('run', { resume: true }));
  }
  const parts = await readPlanParts(selection, planFlags(input), context);
  const plan = planFrom(parts, PREVIEW);
  const { planFolder } = sourceOf(plan.source);
  if (planFolder === null) {
    throw new O8Error(
      'usage',
      '--generate-only writes scripts into a plan folder; features have none.',
      o8('run', [placeholder('parallel-dir')], { generateOnly: true }),
    );
  }
  const { root } = parts;
  const { dir } = planFolder;
  const shown = relative(root, dir).split(sep).join('/');
  const place = shown === '' ? '' : `${shown}/`;
  await ensureExcluded(
    parts.repo,
    [RUN_SCRIPT, MONITOR_SCRIPT, 'logs/', MANIFEST_DRAFT].map((path) => excludePattern(`${place}${path}`)),
  );
  const program = bundledProgram('o8.js');
  const texts = [
    [RUN_SCRIPT, runScript({ program, flags: flagsOf(input), maxConcurrent: input.maxConcurrent ?? null })],
    [MONITOR_SCRIPT, monitorScript({ program })],
  ] as const;
  const scripts: GeneratedScript[] = [];
  for (const [path, text] of texts) {
    scripts.push({ path, outcome: await writeGenerated(root, join(dir, path), text, 'script') });
  }
  await makePrivateFolderInside(root, join(dir, 'logs')); // agents' output is private
  await announce(parts, plan, planFolder.manifest);
  return { message: 'Scripts generated; nothing was started.', tasks: [], text: scriptsReport(shown || '.', scripts) };
}

/** Writes the `execution` block of a plan that has not been run; one of an earlier run is kept. */
async function announce({ repo, home }: PlanParts, plan: Plan, manifest: string): Promise<void> {
  if ((await latestRunOf(home, sourceKey(plan.source))) !== null) return;
  await writeExecution(manifest, executionBlock(plan, new Map()), criticalSection(guardFile(repo)));
}

/** The flags with which the script calls `o8 run`, except the number of agents. */
function flagsOf(input: SpawnInput): string[] {
  const flags: Command['flags'] = { ...askedFlags(input), ...(input.force === true ? { force: true } : {}) };
  return Object.entries(flags).flatMap(([name, value]) => [
    flagName(name),
    ...(typeof value === 'string' || typeof value === 'number' ? [String(value)] : []),
  ]);
}
