import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rmdir, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type lockfile from 'proper-lockfile';
import { describe, expect, it, vi } from 'vitest';
import { criticalSection } from '../../../src/store/files/critical-section.js';
import { bundleProgram } from '../../support/programs/bundle-program.js';
import { temporaryRoot } from '../../support/runs/store-fixture.js';
import { waitFor } from '../../support/waiting/wait-for.js';

const compromised = vi.hoisted(() => new Set<string>());

// The real one, which tells us in addition when it finds a lock compromised.
vi.mock('proper-lockfile', async (importOriginal) => {
  const original = await importOriginal<typeof lockfile>();
  const lock: typeof original.lock = async (file, options) =>
    original.lock(file, {
      ...options,
      onCompromised: (error) => {
        options?.onCompromised?.(error);
        compromised.add(file);
      },
    });
  return { ...original, lock };
});

describe('a critical section', () => {
  it('loses no update of several processes', async () => {
    const root = await temporaryRoot();
    const file = join(root, 'count');
    await writeFile(file, '0');
    const program = await bundleProgram('section-counter.ts', root);
    const run = async () => promisify(execFile)(process.execPath, [program, file, '50']);
    await Promise.all([run(), run(), run()]);
    expect(await readFile(file, 'utf8')).toBe('150');
    expect(existsSync(`${file}.lock`)).toBe(false);
  });

  it('lets the callers of one process in one after the other, in the order they came', async () => {
    const file = join(await temporaryRoot(), 'made', 'on', 'demand', 'guard');
    const order: string[] = [];
    const enter = async (name: string) =>
      criticalSection(file)(async () => {
        order.push(`${name} in`);
        await new Promise((resolve) => setImmediate(resolve));
        order.push(`${name} out`);
        return name;
      });
    expect(await Promise.all([enter('a'), enter('b'), enter('c')])).toEqual(['a', 'b', 'c']);
    expect(order).toEqual(['a in', 'a out', 'b in', 'b out', 'c in', 'c out']);
  });

  it('waits for another process and goes in when that leaves', async () => {
    const file = join(await temporaryRoot(), 'guard');
    await mkdir(`${file}.lock`);
    let inside = false;
    const entered = criticalSection(file)(async () => {
      inside = true;
      return Promise.resolve();
    });
    await new Promise((resolve) => setTimeout(resolve, 50)); // a look, not a race: it must not be inside at any time
    expect(inside).toBe(false);
    await rmdir(`${file}.lock`);
    await entered;
    expect(inside).toBe(true);
  });

  it('can be entered after a process was killed inside', async () => {
    const file = join(await temporaryRoot(), 'guard');
    await mkdir(`${file}.lock`);
    const before = new Date(Date.now() - 4_000);
    await utimes(`${file}.lock`, before, before);
    await criticalSection(file)(async () => Promise.resolve());
    expect(existsSync(`${file}.lock`)).toBe(false);
  });

  it('is left when the work fails, and the next one gets in', async () => {
    const section = criticalSection(join(await temporaryRoot(), 'guard'));
    await expect(section(async () => Promise.reject(new Error('the work failed')))).rejects.toThrow('the work failed');
    expect(await section(async () => Promise.resolve(7))).toBe(7);
  });

  it('refuses to be entered from inside, which would wait for ever', async () => {
    const section = criticalSection(join(await temporaryRoot(), 'guard'));
    await expect(section(async () => section(async () => Promise.resolve()))).rejects.toThrow(
      'nested critical section',
    );
  });

  it('tells the one that was suspended inside so long that another went in', async () => {
    const file = join(await temporaryRoot(), 'guard');
    const section = criticalSection(file)(async () => {
      const mine = await stat(`${file}.lock`);
      await utimes(`${file}.lock`, mine.atime, new Date(mine.mtimeMs + 500)); // as another one that went in would
      await waitFor(() => compromised.has(file), { timeoutMs: 10_000, what: 'the next heartbeat to notice' });
    });
    await expect(section).rejects.toMatchObject({ code: 'timed_out' });
    expect(existsSync(`${file}.lock`)).toBe(true);
  });
});
