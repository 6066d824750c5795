import { randomUUID } from 'node:crypto';
import { utimes } from 'node:fs/promises';
import { beforeEach, expect, it, vi } from 'vitest';
import type { Request } from '../../../src/core/run/requests.js';
import { runPaths } from '../../../src/store/files/paths.js';
import { answerRequest, submitRequest } from '../../../src/store/runs/request-files.js';
import { RequestFolder } from '../../../src/store/runs/request-folder.js';
import { createRun } from '../../../src/store/runs/runs.js';
import { forgetReads, scansOf } from '../../support/files/counted-reads.js';
import { homeOf, planFor, temporaryRoot } from '../../support/runs/store-fixture.js';
import { waitFor } from '../../support/waiting/wait-for.js';

vi.mock('node:fs/promises', async (original) => {
  const { countedPromises } = await import('../../support/files/counted-reads.js');
  return countedPromises(await original());
});

const RUN = '20261121-080512-a1b2';

let root = '';
let path = '';
beforeEach(async () => {
  root = await temporaryRoot();
  await createRun(homeOf(root), planFor(root, RUN));
  path = runPaths(homeOf(root), RUN).requests;
});

const abort = (id: string = randomUUID()): Request => ({ kind: 'abort', id, task: null, cleanup: false });
const old = async (): Promise<void> => utimes(path, 1_000, 1_000);

it('is listed once while nothing changes, and again for a request', async () => {
  await old();
  const folder = new RequestFolder(homeOf(root), RUN);
  forgetReads();
  for (let look = 0; look < 5; look += 1) expect(await folder.pending()).toEqual([]);
  expect(scansOf(path)).toBe(1);
  const request = abort();
  await submitRequest(homeOf(root), RUN, request);
  expect(await folder.pending()).toEqual([request]);
  expect(await folder.pending()).toEqual([request]); // until it is answered
  await answerRequest(homeOf(root), RUN, request.id, { kind: 'done', result: {} });
  expect(await folder.pending()).toEqual([]);
});

it('that changed just now is listed again, because times may be too coarse to show the next change', async () => {
  const folder = new RequestFolder(homeOf(root), RUN);
  forgetReads();
  for (let look = 0; look < 3; look += 1) expect(await folder.pending()).toEqual([]);
  expect(scansOf(path)).toBe(3);
});

it('gives up a request also if its time of change does not tell', async () => {
  await old();
  const folder = new RequestFolder(homeOf(root), RUN);
  expect(await folder.pending()).toEqual([]);
  const request = abort();
  await submitRequest(homeOf(root), RUN, request);
  await old();
  const found = await waitFor(async () => (await folder.pending())[0] ?? null, {
    timeoutMs: 10_000,
    what: 'the folder to be listed anyway',
  });
  expect(found).toEqual(request);
});
