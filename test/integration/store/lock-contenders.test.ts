import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { readLock } from '../../../src/store/lock/lock-state.js';
import { checkoutPaths } from '../../../src/store/files/paths.js';
import { bundleProgram } from '../../support/programs/bundle-program.js';
import { Contender } from '../../support/faults/contender.js';
import type { ContenderReply } from '../../support/faults/lock-contender.js';
import { procProbe } from '../../support/programs/proc-probe.js';
import { homeOf, temporaryRoot } from '../../support/runs/store-fixture.js';

const CONTENDERS = 6;
/** proper-lockfile, asked to decide this, has more than one winner in a sixth of them. */
const STALE_ROUNDS = 100;
/** The lock's number before a test's first round. A round starts a process: a busy machine takes a second for it. */
const STALE_FROM = [1, 21, 41, 61, 81];
const FRESH_ROUNDS = 30;

let folder = '';
let program = '';
let started: Contender[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'o8-contender-'));
  program = await bundleProgram('lock-contender.ts', folder);
});
afterAll(async () => rm(folder, { recursive: true, force: true }));
afterEach(async () => {
  await Promise.all(started.map(async (contender) => contender.kill()));
  started = [];
});

async function startContender(): Promise<Contender> {
  const contender = await Contender.start(program);
  started.push(contender);
  return contender;
}

async function acquire(contender: Contender, root: string, force = false): Promise<ContenderReply> {
  await writeFile(join(root, 'go'), '');
  expect(await contender.ask(acquireCommand(contender, root, join(root, 'go'), force))).toEqual({ kind: 'waiting' });
  return contender.reply();
}

function acquireCommand(contender: Contender, root: string, go: string, force = false) {
  return { kind: 'acquire', root, runId: `run-${contender.pid}`, go, force } as const;
}

describe('the lock between processes', () => {
  it.each(STALE_FROM)(
    'has exactly one winner in every round of six contenders on a stale lock, from number %i on',
    async (first) => {
      const root = await temporaryRoot();
      const owner = await startContender();
      for (let number = 1; number < first; number += 2) {
        expect(await acquire(owner, root)).toMatchObject({ kind: 'won' });
        expect(await owner.ask({ kind: 'release' })).toEqual({ kind: 'released' }); // takes a number, too
      }
      expect(await acquire(owner, root)).toMatchObject({ kind: 'won', generation: first });
      await owner.kill();
      expect((await readLock(homeOf(root), procProbe)).kind).toBe('stale');

      const contenders = await Promise.all(Array.from({ length: CONTENDERS }, startContender));
      for (let round = 0; round < STALE_ROUNDS / STALE_FROM.length; round += 1) {
        const go = join(root, `go-${round}`);
        for (const contender of contenders) contender.send(acquireCommand(contender, root, go));
        for (const contender of contenders) expect(await contender.reply()).toEqual({ kind: 'waiting' });
        await writeFile(go, '');
        const replies = await Promise.all(contenders.map(async (contender) => contender.reply()));

        const winners = contenders.filter((_, index) => replies[index]?.kind === 'won');
        expect(winners, `round ${round}: ${JSON.stringify(replies)}`).toHaveLength(1);
        const [winner] = winners;
        if (winner === undefined) throw new Error('no winner');
        for (const reply of replies.filter(({ kind }) => kind !== 'won')) {
          expect(reply).toEqual({ kind: 'lost', pid: winner.pid, why: 'held' });
        }
        expect(await winner.ask({ kind: 'check' })).toEqual({ kind: 'held' });
        expect(JSON.parse(await readFile(checkoutPaths(root).lock, 'utf8'))).toMatchObject({ pid: winner.pid });

        // The winner dies with the lock: the next round begins with a stale one.
        await winner.kill();
        expect((await readLock(homeOf(root), procProbe)).kind).toBe('stale');
        contenders.splice(contenders.indexOf(winner), 1, await startContender());
      }
    },
  );

  it('has exactly one winner of six contenders in a repository where nothing has run before', async () => {
    const contenders = await Promise.all(Array.from({ length: CONTENDERS }, startContender));
    for (let round = 0; round < FRESH_ROUNDS; round += 1) {
      const root = await temporaryRoot();
      const go = join(root, 'go');
      for (const contender of contenders) contender.send(acquireCommand(contender, root, go));
      for (const contender of contenders) expect(await contender.reply()).toEqual({ kind: 'waiting' });
      await writeFile(go, '');
      const replies = await Promise.all(contenders.map(async (contender) => contender.reply()));
      expect(replies.map(({ kind }) => kind).sort(), JSON.stringify(replies)).toEqual([
        ...Array.from({ length: CONTENDERS - 1 }, () => 'lost'),
        'won',
      ]);
    }
  });

  it('is taken over at once after its holder was killed', async () => {
    const root = await temporaryRoot();
    const first = await startContender();
    expect(await acquire(first, root)).toEqual({ kind: 'won', generation: 1, replaced: null });
    await first.kill();
    const second = await startContender();
    expect(await acquire(second, root)).toEqual({ kind: 'won', generation: 2, replaced: first.pid });
  });

  it('stays with a holder that is suspended', async () => {
    const root = await temporaryRoot();
    const first = await startContender();
    await acquire(first, root);
    first.signal('SIGSTOP');
    const second = await startContender();
    expect(await acquire(second, root)).toEqual({ kind: 'lost', pid: first.pid, why: 'held' });
    first.signal('SIGCONT');
    expect(await first.ask({ kind: 'check' })).toEqual({ kind: 'held' });
  });

  it('is free again after its holder released it', async () => {
    const root = await temporaryRoot();
    const first = await startContender();
    await acquire(first, root);
    expect(await first.ask({ kind: 'release' })).toEqual({ kind: 'released' });
    expect(await readLock(homeOf(root), procProbe)).toEqual({ kind: 'free' });
    expect(await first.ask({ kind: 'check' })).toMatchObject({ kind: 'error', code: 'lease_lost' });
    const second = await startContender();
    expect(await acquire(second, root)).toMatchObject({ kind: 'won', replaced: null });
  });

  it('stops the holder before it takes over by force', async () => {
    const root = await temporaryRoot();
    const first = await startContender();
    await acquire(first, root);
    const second = await startContender();
    expect(await acquire(second, root, true)).toEqual({ kind: 'won', generation: 2, replaced: first.pid });
    await expect(first.ask({ kind: 'check' })).rejects.toThrow('ended without a reply');
  });
});
