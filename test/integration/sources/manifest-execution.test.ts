import { chmod, readdir, readFile, rm, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { CriticalSection } from '../../../src/core/base/lease.js';
import { executionBlock } from '../../../src/core/report/manifest-execution.js';
import { writeExecution } from '../../../src/sources/manifest/write-execution.js';
import { executionListener } from '../../../src/sources/manifest/execution-listener.js';
import { attemptEnded, RunHistory, taskDone } from '../../support/runs/run-history.js';
import { planOf, seedTasks } from '../../support/runs/plan-fixture.js';
import { temporaryFolder, writeFiles } from '../../support/runs/plan-folder.js';
import { MANIFEST_DRAFT } from '../../../src/core/plan/manifest-source.js';

const BLOCK = executionBlock(planOf(seedTasks()), new Map());
const alone: CriticalSection = async (work) => work();

describe('the listener of a manifest', () => {
  it('writes the block when it changes, retries after a failure, and leaves that of a finished run unchanged', async () => {
    const root = await temporaryFolder();
    const path = join(root, 'manifest.json');
    await writeFiles(root, { 'manifest.json': '{}' });
    const run = new RunHistory(planOf([{ id: 'a' }]));
    const status = async () =>
      z.object({ execution: z.object({ status: z.string() }) }).parse(JSON.parse(await readFile(path, 'utf8')))
        .execution.status;
    const listener = executionListener(run.plan, path, { state: run.state, guard: alone });
    await listener.tell(run.state);
    expect(await status()).toBe('pending');
    run.lead('a', 'running');
    await rm(path);
    await expect(listener.tell(run.state)).rejects.toMatchObject({ code: 'refused' });
    await writeFiles(root, { 'manifest.json': '{}' });
    await listener.tell(run.state);
    expect(await status()).toBe('running');
    run.record(attemptEnded('a'), taskDone('a'), { type: 'task_merged', task: 'a', landed: 'l' });
    run.record({ type: 'run_finished', state: 'completed' });
    await writeFiles(root, { 'manifest.json': '{"restored":true}' });
    const next = executionListener(run.plan, path, { state: run.state, guard: alone });
    await next.tell(run.state);
    expect(await readFile(path, 'utf8')).toBe('{"restored":true}');
  });
});

describe('writing the execution block', () => {
  it('changes nothing else in the manifest, its mode included, and leaves no other file', async () => {
    const root = await temporaryFolder();
    const before = '{\n\t"z": [1, 2.0],\n\t"execution": "old",\n\t"a": "é"\n}';
    await writeFiles(root, { 'manifest.json': before, [MANIFEST_DRAFT]: 'left behind by a killed writer' });
    await chmod(join(root, 'manifest.json'), 0o664);
    await writeExecution(join(root, 'manifest.json'), BLOCK, alone);
    const after = await readFile(join(root, 'manifest.json'), 'utf8');
    expect(JSON.parse(after)).toEqual({ z: [1, 2], a: 'é', execution: BLOCK });
    expect(after.startsWith('{\n\t"z": [1, 2.0],\n\t"execution": {\n\t\t"status": "pending"')).toBe(true);
    expect(after.endsWith('\n\t},\n\t"a": "é"\n}')).toBe(true);
    expect((await stat(join(root, 'manifest.json'))).mode & 0o777).toBe(0o664);
    expect(await readdir(root)).toEqual(['manifest.json']);
  });

  it('does not write a manifest that is already up to date', async () => {
    const root = await temporaryFolder();
    const path = join(root, 'manifest.json');
    await writeFiles(root, { 'manifest.json': {} });
    await writeExecution(path, BLOCK, alone);
    const { ino } = await stat(path);
    await writeExecution(path, BLOCK, alone);
    expect((await stat(path)).ino).toBe(ino);
  });

  it('happens inside the guard', async () => {
    const root = await temporaryFolder();
    await writeFiles(root, { 'manifest.json': '{}' });
    const refuses: CriticalSection = async () => Promise.reject(new Error('held by another'));
    await expect(writeExecution(join(root, 'manifest.json'), BLOCK, refuses)).rejects.toThrow('held by another');
    expect(await readFile(join(root, 'manifest.json'), 'utf8')).toBe('{}');
  });

  it('refuses a manifest that is gone, broken or a link', async () => {
    const root = await temporaryFolder();
    await writeFiles(root, { 'broken.json': '{', 'real.json': '{}' });
    await symlink('real.json', join(root, 'link.json'));
    for (const [name, why] of [
      ['gone.json', 'it no longer exists'],
      ['broken.json', 'not a JSON object'],
      ['link.json', 'not a regular file'],
    ] as const) {
      await expect(writeExecution(join(root, name), BLOCK, alone)).rejects.toMatchObject({
        code: 'refused',
        message: expect.stringContaining(why) as string,
      });
    }
    expect(await readFile(join(root, 'real.json'), 'utf8')).toBe('{}');
  });
});
