import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { ProcessIdentity, ProcessProbe } from '../../../src/core/base/process-identity.js';
import { acquireLock, type Acquisition } from '../../../src/store/lock/lock.js';
import {
  generationFile,
  heartbeatFile,
  publishGeneration,
  type HeldGeneration,
} from '../../../src/store/lock/lock-generations.js';
import { readLock } from '../../../src/store/lock/lock-state.js';
import type { OwnedLease } from '../../../src/store/lock/owned-lease.js';
import { checkoutPaths, homePaths } from '../../../src/store/files/paths.js';
import { identityOf, procProbe } from '../../support/programs/proc-probe.js';
import { homeOf, temporaryRoot } from '../../support/runs/store-fixture.js';
import { waitFor } from '../../support/waiting/wait-for.js';

const REQUEST = {
  runId: 'run-1',
  features: ['user-auth', 'dashboard'],
  maxConcurrency: 3,
  force: false,
  killAfterMs: 5_000,
};
const FORCE = { ...REQUEST, runId: 'run-2', force: true };

afterEach(() => {
  vi.useRealTimers();
});

function won(acquisition: Acquisition): OwnedLease {
  if (acquisition.kind === 'lost') throw new Error(`lost to ${acquisition.holder.process.pid}`);
  return acquisition.lease;
}

/** A lock held, as the files say, by `process`. */
async function heldBy(root: string, process: ProcessIdentity): Promise<void> {
  won(await acquireLock(homeOf(root), { ...procProbe, self: async () => Promise.resolve(process) }, REQUEST));
}

async function mkfifo(path: string): Promise<void> {
  await promisify(execFile)('mkfifo', [path]);
}

async function sleepingProcess(): Promise<ProcessIdentity> {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  if (child.pid === undefined) throw new Error('no child');
  return identityOf(child.pid);
}

describe('the lock', () => {
  it('is free before the first run and looking at it creates nothing', async () => {
    const root = await temporaryRoot();
    expect(await readLock(homeOf(root), procProbe)).toEqual({ kind: 'free' });
    expect(await readdir(join(root, '.git'))).toEqual([]);
  });

  it('is mirrored for people with exactly the promised keys, and the mirror goes with the lock', async () => {
    const root = await temporaryRoot();
    const { lock } = checkoutPaths(root);
    const lease = won(await acquireLock(homeOf(root), procProbe, REQUEST));
    const self = await procProbe.self();
    const mirror: unknown = JSON.parse(await readFile(lock, 'utf8'));
    expect(mirror).toEqual({
      pid: process.pid,
      startedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string,
      features: ['user-auth', 'dashboard'],
      maxConcurrency: 3,
      runId: 'run-1',
      processStart: self.start,
    });
    await lease.release();
    expect(existsSync(lock)).toBe(false);
    await lease.release();
    expect(await readLock(homeOf(root), procProbe)).toEqual({ kind: 'free' });
  });

  it('makes folders and files only the user can read', async () => {
    const root = await temporaryRoot();
    const { lock } = checkoutPaths(root);
    const { lockDir } = homePaths(homeOf(root));
    won(await acquireLock(homeOf(root), procProbe, REQUEST));
    const files = [lock, ...(await readdir(lockDir)).map((name) => join(lockDir, name))];
    expect(files).toHaveLength(3);
    for (const file of files) expect((await stat(file)).mode & 0o777, file).toBe(0o600);
    for (const folder of [lockDir, homeOf(root).folder]) expect((await stat(folder)).mode & 0o777, folder).toBe(0o700);
  });

  it('is not given to the same process twice, not even by force', async () => {
    const root = await temporaryRoot();
    const lease = won(await acquireLock(homeOf(root), procProbe, REQUEST));
    expect(await acquireLock(homeOf(root), procProbe, REQUEST)).toMatchObject({ kind: 'lost', why: 'held' });
    expect(await acquireLock(homeOf(root), procProbe, FORCE)).toMatchObject({ kind: 'lost', why: 'held' });
    expect(() => lease.assertHeld()).not.toThrow();
  });

  it('is stale when another process has the pid of the holder', async () => {
    const root = await temporaryRoot();
    const sleeper = await sleepingProcess();
    await heldBy(root, { ...sleeper, start: '1' });
    expect((await readLock(homeOf(root), procProbe)).kind).toBe('stale');
    const acquisition = await acquireLock(homeOf(root), procProbe, { ...REQUEST, runId: 'run-2' });
    expect(acquisition).toMatchObject({ kind: 'won', replaced: { runId: 'run-1', generation: 1 } });
    expect(await procProbe.check(sleeper)).toBe('alive');
  });

  it('is stale when the machine was restarted since', async () => {
    const root = await temporaryRoot();
    await heldBy(root, { ...(await procProbe.self()), bootId: 'an earlier boot' });
    expect((await readLock(homeOf(root), procProbe)).kind).toBe('stale');
  });

  it.each([{ host: 'elsewhere' }, { pidNs: 'pid:[1]' }])(
    'is unknown with %o, and force replaces the holder only after a minute of silence',
    async (where) => {
      const root = await temporaryRoot();
      const { lockDir } = homePaths(homeOf(root));
      await heldBy(root, { ...(await procProbe.self()), ...where });
      expect((await readLock(homeOf(root), procProbe)).kind).toBe('unknown');
      expect(await acquireLock(homeOf(root), procProbe, REQUEST)).toMatchObject({ kind: 'lost', why: 'unknown' });
      expect(await acquireLock(homeOf(root), procProbe, FORCE)).toMatchObject({ kind: 'lost', why: 'unknown' });

      const longAgo = new Date(Date.now() - 61_000);
      await utimes(heartbeatFile(lockDir, 1), longAgo, longAgo);
      expect(await acquireLock(homeOf(root), procProbe, REQUEST)).toMatchObject({ kind: 'lost', why: 'unknown' });
      expect(await acquireLock(homeOf(root), procProbe, FORCE)).toMatchObject({
        kind: 'won',
        replaced: { runId: 'run-1' },
      });
    },
  );

  it('fences the old holder when it is taken over by force', async () => {
    const root = await temporaryRoot();
    const sleeper = await sleepingProcess();
    const old = won(
      await acquireLock(homeOf(root), { ...procProbe, self: async () => Promise.resolve(sleeper) }, REQUEST),
    );
    expect(() => old.assertHeld()).not.toThrow();

    const acquisition = await acquireLock(homeOf(root), procProbe, FORCE);
    expect(acquisition).toMatchObject({ kind: 'won', replaced: { process: sleeper } });
    expect(await procProbe.check(sleeper)).toBe('dead');
    expect(() => old.assertHeld()).toThrow(expect.objectContaining({ code: 'lease_lost' }) as Error);

    await old.release();
    expect(() => won(acquisition).assertHeld()).not.toThrow();
    expect(JSON.parse(await readFile(checkoutPaths(root).lock, 'utf8'))).toMatchObject({ runId: 'run-2' });
  });

  it('says so when the holder cannot be stopped', async () => {
    const root = await temporaryRoot();
    await heldBy(root, await sleepingProcess());
    const powerless: ProcessProbe = { ...procProbe, stop: async () => Promise.resolve() };
    await expect(acquireLock(homeOf(root), powerless, FORCE)).rejects.toMatchObject({ code: 'locked' });
  });

  it('is never taken by force from the one that won while the old holder was being stopped', async () => {
    const root = await temporaryRoot();
    await heldBy(root, await sleepingProcess());
    const winner = await sleepingProcess();
    const slow: ProcessProbe = {
      ...procProbe,
      stop: async (identity, killAfterMs) => {
        await procProbe.stop(identity, killAfterMs);
        await heldBy(root, winner);
      },
    };
    expect(await acquireLock(homeOf(root), slow, FORCE)).toMatchObject({ kind: 'lost', holder: { process: winner } });
    expect(await procProbe.check(winner)).toBe('alive');
  });

  it('is lost when somebody removes its folder, also after another process made it again', async () => {
    const root = await temporaryRoot();
    const old = won(await acquireLock(homeOf(root), procProbe, REQUEST));
    await rm(homePaths(homeOf(root)).lockDir, { recursive: true });
    expect(() => old.assertHeld()).toThrow(expect.objectContaining({ code: 'lease_lost' }) as Error);
    const next = won(await acquireLock(homeOf(root), procProbe, REQUEST));
    expect(next.generation).toBe(old.generation);
    expect(() => next.assertHeld()).not.toThrow();
    expect(() => old.assertHeld()).toThrow(expect.objectContaining({ code: 'lease_lost' }) as Error);
  });

  it('keeps a bounded number of old generations, and a late claim of a removed one does not win', async () => {
    const root = await temporaryRoot();
    const { lockDir } = homePaths(homeOf(root));
    for (let round = 0; round < 30; round += 1)
      await won(await acquireLock(homeOf(root), procProbe, REQUEST)).release();
    const lease = won(await acquireLock(homeOf(root), procProbe, REQUEST));
    expect((await readdir(lockDir)).length).toBeLessThan(40);
    expect(existsSync(generationFile(lockDir, 1))).toBe(false);

    const self = await procProbe.self();
    const late: HeldGeneration = {
      version: 1,
      kind: 'held',
      generation: 1,
      runId: 'late',
      startedAt: '',
      features: [],
      maxConcurrency: 1,
      process: self,
    };
    expect(await publishGeneration(lockDir, late)).toBe(false);
    expect(() => lease.assertHeld()).not.toThrow();
  });

  it('writes its mirror again when it was overwritten or removed', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const root = await temporaryRoot();
    const { lock } = checkoutPaths(root);
    const lease = won(await acquireLock(homeOf(root), procProbe, REQUEST));
    const text = await readFile(lock, 'utf8');
    await writeFile(lock, '{"pid": 1}');
    vi.advanceTimersByTime(10_000);
    await waitFor(async () => (await readFile(lock, 'utf8')) === text, { timeoutMs: 5_000, what: 'the mirror' });
    await lease.release();
    vi.advanceTimersByTime(60_000);
    expect(existsSync(lock)).toBe(false);
  });

  it('is refused in a repository whose .claude leads somewhere else', async () => {
    const root = await temporaryRoot();
    const elsewhere = await temporaryRoot();
    await symlink(elsewhere, join(root, '.claude'));
    await expect(acquireLock(homeOf(root), procProbe, REQUEST)).rejects.toMatchObject({ code: 'refused' });
    expect(await readdir(elsewhere)).toEqual([]);
  });

  it('names a generation file that an owner had and that cannot be read any more', async () => {
    const root = await temporaryRoot();
    const { lockDir } = homePaths(homeOf(root));
    await mkdir(lockDir, { recursive: true });
    await writeFile(generationFile(lockDir, 7), '{"version":1');
    await writeFile(heartbeatFile(lockDir, 7), '.');
    await expect(readLock(homeOf(root), procProbe)).rejects.toThrow(generationFile(lockDir, 7));
  });

  const strays: [string, (path: string, lockDir: string) => Promise<void>][] = [
    ['text', async (path) => writeFile(path, 'not JSON')],
    ['a copy of an earlier generation', async (path, lockDir) => copyFile(generationFile(lockDir, 1), path)],
    ['a folder', async (path) => mkdir(path)],
    ['a link that leads nowhere', async (path) => symlink('nowhere', path)],
    ['a link to itself', async (path) => symlink(path, path)],
    ['a link to the owner', async (path) => symlink('3.json', path)],
    ['a named pipe', mkfifo],
  ];

  it.each(strays)('is not confused by %s that has the name of a generation', async (_what, put) => {
    const root = await temporaryRoot();
    const home = homeOf(root);
    const { lockDir } = homePaths(home);
    await won(await acquireLock(home, procProbe, REQUEST)).release();
    const first = won(await acquireLock(home, procProbe, REQUEST));
    const names = ['4.json', '5.json', '8.json', '999999999999999.json'];
    for (const name of names) await put(join(lockDir, name), lockDir);

    expect(() => first.assertHeld()).not.toThrow();
    expect(await readLock(home, procProbe)).toMatchObject({ kind: 'held', holder: { generation: 3 } });
    expect(await acquireLock(home, procProbe, REQUEST)).toMatchObject({ kind: 'lost', why: 'held' });
    await first.release();
    expect(await readLock(home, procProbe)).toEqual({ kind: 'free' });
    for (let round = 0; round < 25; round += 1) await won(await acquireLock(home, procProbe, REQUEST)).release();

    const sleeper = await sleepingProcess();
    const old = won(await acquireLock(home, { ...procProbe, self: async () => Promise.resolve(sleeper) }, REQUEST));
    const next = won(await acquireLock(home, procProbe, FORCE));
    expect(() => old.assertHeld()).toThrow(expect.objectContaining({ code: 'lease_lost' }) as Error);
    expect(() => next.assertHeld()).not.toThrow();
    expect(await readdir(lockDir)).toEqual(expect.arrayContaining(names));
  });
});
