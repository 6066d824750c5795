import { execFileSync } from 'node:child_process';
import { cp } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { scopeOverlaps } from '../../../src/core/scope/scope-overlap.js';
import { loadManifest } from '../../../src/sources/manifest/manifest.js';
import { temporaryFolder } from '../../support/runs/plan-folder.js';

const EXAMPLE = resolve(import.meta.dirname, '../../../examples/inventory');

it('the example plan loads: two waves, real dependencies, prompts of its own, scopes that do not overlap', async () => {
  const { tasks, waves, settings } = await loadManifest(EXAMPLE, 'parallel/TS-0042-inventory/');
  expect(tasks.map(({ id, stem, wave, deps }) => [id, stem, wave, deps])).toEqual([
    ['task-001', 'task-001-users', 1, []],
    ['task-002', 'task-002-products', 1, []],
    ['task-003', 'task-003-shared', 1, []],
    ['task-004', 'task-004-orders', 2, ['task-001', 'task-002']],
    ['task-005', 'task-005-api', 2, ['task-001', 'task-003']],
  ]);
  expect(settings).toEqual({ verify: 'node check.mjs' });
  for (const task of tasks) expect(task.promptFile).toContain(`prompts/${task.id}.txt`);
  expect(scopeOverlaps({ tasks, waves, settings: { schedule: 'deps' }, skip: [] })).toEqual([]);
});

it('the example repository passes its own check where it starts', async () => {
  const root = await temporaryFolder();
  await cp(join(EXAMPLE, 'repository'), root, { recursive: true });
  const output = execFileSync(process.execPath, ['check.mjs'], { cwd: root, encoding: 'utf8' });
  expect(output.trimEnd().split('\n').at(-1)).toBe('all checks pass');
});
