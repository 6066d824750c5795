import { expect, it } from 'vitest';
import { processProbe } from '../../../src/process/trees/identify-process.js';
import { acquireLock } from '../../../src/store/lock/lock.js';
import { readSettledLock } from '../../../src/tools/context/settled-lock.js';
import { homeOf, temporaryRoot } from '../../support/runs/store-fixture.js';

it('a lock whose run files are missing names its holder instead of failing', async () => {
  const root = await temporaryRoot();
  const request = { runId: 'run-1', features: [], maxConcurrency: 3, force: false, killAfterMs: 1000 };
  expect((await acquireLock(homeOf(root), processProbe, request)).kind).toBe('won');
  expect(await readSettledLock(homeOf(root))).toMatchObject({ kind: 'held', holder: { runId: 'run-1' } });
});
