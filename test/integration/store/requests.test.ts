import { o8 } from '../../../src/core/base/text.js';
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Request } from '../../../src/core/run/requests.js';
import { runPaths } from '../../../src/store/files/paths.js';
import { answerRequest, awaitAnswer, pendingRequests, submitRequest } from '../../../src/store/runs/request-files.js';
import { createRun } from '../../../src/store/runs/runs.js';
import { homeOf, planFor, temporaryRoot } from '../../support/runs/store-fixture.js';

const RUN = '20261121-080512-a1b2';
const DONE = { kind: 'done', result: { stopped: ['task-001'] } } as const;
const alive = { timeoutMs: 5_000, stillAlive: async () => Promise.resolve(true) };

let root = '';
beforeEach(async () => {
  root = await temporaryRoot();
  await createRun(homeOf(root), planFor(root, RUN));
});

function abort(id: string = randomUUID()): Request {
  return { kind: 'abort', id, task: null, cleanup: false };
}

describe('requests', () => {
  it('are pending oldest first until they are answered', async () => {
    const requests = Array.from({ length: 12 }, (_, index) => abort(`request-${String((index * 5 + 3) % 12)}`));
    for (const [second, request] of requests.entries()) {
      await submitRequest(homeOf(root), RUN, request);
      // Files written within one tick of the kernel's clock are of one age.
      await utimes(join(runPaths(homeOf(root), RUN).requests, `${request.id}.request.json`), second, second);
    }
    expect(await pendingRequests(homeOf(root), RUN)).toEqual(requests);
    await answerRequest(homeOf(root), RUN, requests[0]?.id ?? '', DONE);
    expect(await pendingRequests(homeOf(root), RUN)).toEqual(requests.slice(1));
  });

  it('reach the one who waits with their answer, and the first answer stays', async () => {
    const request = abort();
    await submitRequest(homeOf(root), RUN, request);
    await submitRequest(homeOf(root), RUN, request);
    const answer = awaitAnswer(homeOf(root), RUN, request.id, alive);
    await answerRequest(homeOf(root), RUN, request.id, DONE);
    await answerRequest(homeOf(root), RUN, request.id, { kind: 'refused', code: 'refused', message: 'x', hint: 'y' });
    expect(await answer).toEqual(DONE);
    expect(await awaitAnswer(homeOf(root), RUN, request.id, alive)).toEqual(DONE);
  });

  it('time out with the command that shows the run', async () => {
    const request = abort();
    await submitRequest(homeOf(root), RUN, request);
    const waiting = awaitAnswer(homeOf(root), RUN, request.id, { ...alive, timeoutMs: 30 });
    await expect(waiting).rejects.toMatchObject({ code: 'timed_out', hint: o8('status', { run: RUN }) });
    expect(await pendingRequests(homeOf(root), RUN)).toEqual([request]);
  });

  it('fail when the supervisor is not running, unless it has answered before', async () => {
    const dead = { timeoutMs: 5_000, stillAlive: async () => Promise.resolve(false) };
    const request = abort();
    await submitRequest(homeOf(root), RUN, request);
    await expect(awaitAnswer(homeOf(root), RUN, request.id, dead)).rejects.toMatchObject({ code: 'supervisor_failed' });
    await answerRequest(homeOf(root), RUN, request.id, DONE);
    expect(await awaitAnswer(homeOf(root), RUN, request.id, dead)).toEqual(DONE);
  });

  it('that cannot be read are moved aside and answered as refused', async () => {
    const folder = runPaths(homeOf(root), RUN).requests;
    await writeFile(join(folder, 'broken.request.json'), '{"kind":"abort"');
    await writeFile(join(folder, 'strange.request.json'), JSON.stringify({ kind: 'dance', id: 'strange' }));
    await writeFile(join(folder, 'liar.request.json'), JSON.stringify(abort('somebody-else')));
    const request = abort();
    await submitRequest(homeOf(root), RUN, request);
    expect(await pendingRequests(homeOf(root), RUN)).toEqual([request]);
    for (const id of ['broken', 'strange', 'liar']) {
      expect(await awaitAnswer(homeOf(root), RUN, id, alive)).toMatchObject({ kind: 'refused', code: 'usage' });
      expect(await readdir(folder)).toContain(`${id}.request.json.damaged`);
    }
    expect(await pendingRequests(homeOf(root), RUN)).toEqual([request]);
  });

  it('share their folder with other files: these are moved away, and a waiting process is told', async () => {
    const request = abort();
    await submitRequest(homeOf(root), RUN, request);
    const folder = runPaths(homeOf(root), RUN).requests;
    const named = (id: string): string => join(folder, `${id}.request.json`);
    await symlink('nowhere', named('dangling'));
    await symlink(`loop.request.json`, named('loop'));
    await symlink('/dev/zero', named('device'));
    await mkdir(named('folder'));
    await promisify(execFile)('mkfifo', [named('pipe')]);
    await writeFile(named('huge'), Buffer.alloc(2 * 1024 * 1024, 32));
    await writeFile(named('not a name'), '{}');
    expect(await pendingRequests(homeOf(root), RUN)).toEqual([request]);
    for (const id of ['dangling', 'loop', 'device', 'folder', 'pipe', 'huge'])
      expect(await awaitAnswer(homeOf(root), RUN, id, alive), id).toMatchObject({ kind: 'refused', code: 'usage' });
    expect(await pendingRequests(homeOf(root), RUN)).toEqual([request]);
    await mkdir(join(folder, 'late.request.json.damaged', 'full'), { recursive: true });
    await mkdir(named('late'));
    expect(await pendingRequests(homeOf(root), RUN)).toEqual([request]);
    expect(await pendingRequests(homeOf(root), RUN)).toEqual([request]);
  });

  it('of a run that is not there are refused, and nothing is created', async () => {
    await expect(submitRequest(homeOf(root), '20261121-080512-ffff', abort())).rejects.toMatchObject({
      code: 'no_run',
    });
    await expect(submitRequest(homeOf(root), '../../x', abort())).rejects.toMatchObject({ code: 'no_run' });
    await rm(runPaths(homeOf(root), RUN).dir, { recursive: true });
    expect(await pendingRequests(homeOf(root), RUN)).toEqual([]);
  });

  it('never leave their folder and are readable by the user alone', async () => {
    await expect(submitRequest(homeOf(root), RUN, abort('../escape'))).rejects.toThrow('cannot be the id of a request');
    const request = abort();
    await submitRequest(homeOf(root), RUN, request);
    await answerRequest(homeOf(root), RUN, request.id, DONE);
    const folder = runPaths(homeOf(root), RUN).requests;
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    const names = await readdir(folder);
    expect(names).toHaveLength(2);
    for (const name of names) expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
  });
});
