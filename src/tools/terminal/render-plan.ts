import { join, relative, sep } from 'node:path';
import { generatedOutcome, isAsGenerated, type GeneratedOutcome } from '../../core/text/generated-text.js';
import { planFindings, type PlanFinding } from '../../core/preflight/plan-findings.js';
import { renderedPrompt } from '../../core/plan/rendered-prompt.js';
import { taskGraphDocument } from '../../core/plan/task-graph-document.js';
import { readDocument, writeGenerated } from '../../sources/files/document.js';
import { composeTaskPrompts } from '../../sources/manifest/task-prompts.js';
import type { ToolContext } from '../context/define-tool.js';
import { planForChecks, readPlanParts } from '../plan/prepare-plan.js';
import { refuseNested } from '../context/refuse-nested.js';
import { folderKey, sourceOf } from '../../core/plan/sources.js';

export interface RenderedFile {
  /** Relative to the repository. */
  readonly path: string;
  readonly outcome: GeneratedOutcome;
}

export interface RenderResult {
  /** No finding fails, and with `check` all files are up to date. */
  readonly ok: boolean;
  readonly files: readonly RenderedFile[];
  readonly findings: readonly PlanFinding[];
}

interface Rendering {
  /** Absolute. */
  readonly path: string;
  readonly text: string;
}

/**
 * Writes `task-graph.md` and `prompts/` from a plan folder's manifest and task files, and returns what is wrong with the
 * plan itself. Files that a person wrote or changed are kept. `check` writes nothing.
 */
export async function renderPlan(dir: string, mode: 'write' | 'check', context: ToolContext): Promise<RenderResult> {
  refuseNested('render', context);
  const parts = await readPlanParts({ ...folderKey(dir), wave: null, skip: [] }, {}, context);
  const plan = planForChecks(parts);
  const { root } = parts;
  const folder = sourceOf(plan.source).documents;
  const prompts = await composeTaskPrompts(root, folder);
  const renderings = [
    { path: join(folder, 'task-graph.md'), text: taskGraphDocument(plan) },
    ...prompts.flatMap(({ path, text, from }) => (text === null ? [] : [{ path, text: renderedPrompt(text, from) }])),
  ];
  const files: RenderedFile[] = [];
  for (const rendering of renderings) {
    const outcome =
      mode === 'check' ? await outlook(root, rendering) : await writeGenerated(root, rendering.path, rendering.text);
    files.push({ path: relative(root, rendering.path).split(sep).join('/'), outcome });
  }
  const written = plan.tasks.filter(({ promptFile, prompt }) => promptFile !== null && !isAsGenerated(prompt));
  const findings = planFindings(plan, new Set(written.map(({ id }) => id)));
  const stale = files.some(({ outcome }) => outcome === 'created' || outcome === 'updated');
  const failed = findings.some(({ level }) => level === 'fail');
  return { ok: !failed && (mode === 'write' || !stale), files, findings };
}

/** The outcome that writing would have. */
async function outlook(root: string, { path, text }: Rendering): Promise<GeneratedOutcome> {
  return generatedOutcome(await readDocument(root, path), text);
}
