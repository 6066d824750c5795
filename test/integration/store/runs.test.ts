import { mkdir, readdir, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { attemptPaths, homePaths, runHome, runPaths } from '../../../src/store/files/paths.js';
import { createRun, listRuns, newRunId, readPlan, removeOldRuns, removeRun } from '../../../src/store/runs/runs.js';
import { homeOf, planFor, temporaryRoot } from '../../support/runs/store-fixture.js';

const ids = (count: number): string[] => Array.from({ length: count }, (_, n) => `20261121-0805${10 + n}-a1b2`);

describe('a run id', () => {
  it('says the time in UTC, differs within a second, and sorts after every run there is', async () => {
    const root = await temporaryRoot();
    const now = new Date('2026-11-21T08:05:12.345Z');
    const several = await Promise.all(Array.from({ length: 20 }, async () => newRunId(homeOf(root), now)));
    for (const id of several) expect(id).toMatch(/^20261121-080512-[0-9a-f]{4}$/);
    expect(new Set(several).size).toBeGreaterThan(15);
    await createRun(homeOf(root), planFor(root, '20261121-080512-ffff'));
    const next = await newRunId(homeOf(root), now);
    await createRun(homeOf(root), planFor(root, next));
    expect((await listRuns(homeOf(root)))[0]).toBe(next);
  });
});

describe('paths', () => {
  const repo = runHome({ commonDir: '/repo/.git', root: '/repo' });
  it.each(['', '.', '..', '../x', 'a/b', '-x', 'a\0b', '.hidden', 'a..b'])(
    'refuse %j as the name of a run or a task',
    (name) => {
      expect(() => runPaths(repo, name)).toThrow(expect.objectContaining({ code: 'no_run' }) as Error);
      expect(() => attemptPaths(repo, 'run-1', name, 1)).toThrow(
        expect.objectContaining({ code: 'unknown_task' }) as Error,
      );
    },
  );
});

describe('runs', () => {
  it('are made with their plan, private, and listed newest first', async () => {
    const root = await temporaryRoot();
    expect(await listRuns(homeOf(root))).toEqual([]);
    const [first = '', second = ''] = ids(2);
    await createRun(homeOf(root), planFor(root, first));
    await createRun(homeOf(root), planFor(root, second));
    expect(await listRuns(homeOf(root))).toEqual([second, first]);
    await mkdir(join(homePaths(homeOf(root)).runsDir, '20991231-000000-abcd')); // what is left of one, which is none
    expect(await listRuns(homeOf(root))).toEqual([second, first]);
    expect(await listRuns(homeOf(root))).toEqual([second, first]);
    expect(await readPlan(homeOf(root), first)).toEqual(planFor(root, first));
    const { dir, plan, requests, tasks } = runPaths(homeOf(root), first);
    for (const folder of [dir, requests, tasks]) expect((await stat(folder)).mode & 0o777).toBe(0o700);
    expect((await stat(plan)).mode & 0o777).toBe(0o600);
    expect((await readdir(dir)).sort()).toEqual(['plan.json', 'requests', 'tasks']);
  });

  it('are not made twice under one id', async () => {
    const root = await temporaryRoot();
    const [id = ''] = ids(1);
    await createRun(homeOf(root), planFor(root, id));
    await expect(createRun(homeOf(root), { ...planFor(root, id), wave: 2 })).rejects.toThrow();
    expect(await readPlan(homeOf(root), id)).toMatchObject({ wave: null });
    expect(await readdir(homePaths(homeOf(root)).runsDir)).toEqual([id]);
  });

  it('that do not exist are reported, and damaged plans are named', async () => {
    const root = await temporaryRoot();
    const [id = ''] = ids(1);
    await expect(readPlan(homeOf(root), id)).rejects.toMatchObject({ code: 'no_run' });
    await createRun(homeOf(root), planFor(root, id));
    await writeFile(runPaths(homeOf(root), id).plan, '{"version":2}');
    await expect(readPlan(homeOf(root), id)).rejects.toThrow(runPaths(homeOf(root), id).plan);
  });

  it('are removed whole, and removing what is gone is fine', async () => {
    const root = await temporaryRoot();
    const [id = ''] = ids(1);
    await createRun(homeOf(root), planFor(root, id));
    await removeRun(homeOf(root), id);
    await removeRun(homeOf(root), id);
    expect(await readdir(homePaths(homeOf(root)).runsDir)).toEqual([]);
  });

  it('beyond the newest are removed, except those that are named, and what killed processes left', async () => {
    const root = await temporaryRoot();
    const all = ids(6);
    for (const id of all) await createRun(homeOf(root), planFor(root, id));
    const { runsDir } = homePaths(homeOf(root));
    const longAgo = new Date(Date.now() - 7_200_000);
    for (const name of [
      '.new-20261121-080500-dead',
      '.old-20261121-080500-dead',
      '.new-20261121-080501-live',
      '.mine',
    ]) {
      await mkdir(join(runsDir, name));
      if (!name.endsWith('live')) await utimes(join(runsDir, name), longAgo, longAgo);
    }
    expect(await removeOldRuns(homeOf(root), 3, [all[0] ?? ''])).toEqual([all[2], all[1]]);
    expect(await listRuns(homeOf(root))).toEqual([all[5], all[4], all[3], all[0]]);
    expect((await readdir(runsDir)).filter((name) => name.startsWith('.'))).toEqual([
      '.mine',
      '.new-20261121-080501-live',
    ]);
  });

  it('are refused in a repository whose git folder leads somewhere else', async () => {
    const root = await temporaryRoot();
    const elsewhere = await temporaryRoot();
    await symlink(elsewhere, homeOf(root).folder);
    await expect(createRun(homeOf(root), planFor(root, 'run-1'))).rejects.toMatchObject({ code: 'refused' });
    expect(await readdir(elsewhere)).toEqual([]);
  });
});
