import { buildPlan } from '../../../src/core/plan/build-plan.js';
import type { ManifestSource } from '../../../src/core/plan/manifest-source.js';
import type { Plan, SourcePlan, SourceTask } from '../../../src/core/plan/plan.js';
import { resolveSettings, type ManifestSettings, type SettingsFile } from '../../../src/core/settings/settings.js';
import { sourceFacts } from '../../../src/core/plan/sources.js';

export const ROOT = '/home/ada/shop';

export interface TaskFixture extends Partial<SourceTask> {
  readonly id: string;
}

/** A source plan of the named tasks; `deps` are taken as given, the wave rule is not applied. */
export function sourcePlan(
  tasks: readonly TaskFixture[],
  more: Partial<SourcePlan<ManifestSource>> = {},
): SourcePlan<ManifestSource> {
  const complete = tasks.map(sourceTask);
  const numbers = [...new Set(complete.map(({ wave }) => wave))].sort((a, b) => a - b);
  return {
    source: {
      kind: 'manifest',
      dir: `${ROOT}/parallel/TS-0042-inventory-system`,
      manifest: `${ROOT}/parallel/TS-0042-inventory-system/manifest.json`,
      name: 'TS-0042-inventory-system',
      techSpec: 'TS-0042',
      technology: null,
    },
    settings: {},
    tasks: complete,
    waves: numbers.map((number) => ({ number, validation: null })),
    ...more,
  };
}

export interface PlanFixture {
  readonly source?: Partial<SourcePlan<ManifestSource>>;
  readonly settings?: SettingsFile;
  readonly manifest?: ManifestSettings;
  readonly skip?: readonly string[];
  readonly wave?: number | null;
  readonly base?: string;
}

export function planOf(tasks: readonly TaskFixture[], fixture: PlanFixture = {}): Plan {
  const source = sourcePlan(tasks, fixture.source);
  return buildPlan({
    runId: '20261121-080512-a1b2',
    createdAt: '2026-11-21T08:05:12.000Z',
    root: ROOT,
    source,
    settings: resolveSettings(sourceFacts('manifest').defaults, fixture.settings ?? {}, fixture.manifest ?? {}, {}),
    base: { branch: fixture.base ?? 'main', commit: 'a'.repeat(40) },
    skip: fixture.skip ?? [],
    wave: fixture.wave ?? null,
  });
}

/** The example plan: three tasks, then two that wait for all of them. */
export function seedTasks(): TaskFixture[] {
  const first = ['task-001', 'task-002', 'task-003'];
  return [
    { id: 'task-001', stem: 'task-001-users', wave: 1 },
    { id: 'task-002', stem: 'task-002-products', wave: 1 },
    { id: 'task-003', stem: 'task-003-shared', wave: 1 },
    { id: 'task-004', stem: 'task-004-orders', wave: 2, deps: first },
    { id: 'task-005', stem: 'task-005-api', wave: 2, deps: first },
  ];
}

function sourceTask(task: TaskFixture): SourceTask {
  return {
    stem: task.id,
    wave: 1,
    deps: [],
    agent: null,
    component: null,
    prompt: `Do ${task.id}.`,
    promptKind: 'text',
    promptFile: null,
    scope: { create: [], modify: [], boundary: [] },
    setup: null,
    verify: null,
    timeoutMinutes: null,
    budgetUsd: null,
    retries: null,
    model: null,
    ...task,
  };
}
