import { execFileSync } from 'node:child_process';
import { lstat, mkdir, readdir, readFile, readlink, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { O8Error } from '../../../src/core/base/errors.js';
import { inTerminal } from '../../../src/core/base/text.js';
import type { QueueSnapshot } from '../../../src/core/report/queue-snapshot.js';
import { publishOnce, readJson, writeFileAtomically } from '../../../src/store/files/atomic-file.js';
import { linkLog } from '../../../src/store/logs/log-links.js';
import { attemptPaths, checkoutPaths } from '../../../src/store/files/paths.js';
import { readQueueFile, writeQueueFile } from '../../../src/store/runs/queue-file.js';
import { readSettingsFile, writeSettingsFile } from '../../../src/store/runs/settings-file.js';
import { homeOf, temporaryRoot } from '../../support/runs/store-fixture.js';

describe('an atomic file', () => {
  it('is replaced whole, private, without leftovers, also by many at once', async () => {
    const path = join(await temporaryRoot(), 'a', 'state.json');
    const texts = Array.from({ length: 20 }, (_, n) => String(n).repeat(10_000 + n));
    await Promise.all(texts.map(async (text) => writeFileAtomically(path, text)));
    expect(texts).toContain(await readFile(path, 'utf8'));
    expect(await readdir(dirname(path))).toEqual(['state.json']);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(dirname(path))).mode & 0o777).toBe(0o700);
  });

  it('replaces a symbolic link and does not write to where it leads', async () => {
    const root = await temporaryRoot();
    await writeFile(join(root, 'precious'), 'precious');
    await symlink('precious', join(root, 'state.json'));
    await writeFileAtomically(join(root, 'state.json'), 'state');
    expect(await readFile(join(root, 'precious'), 'utf8')).toBe('precious');
    expect((await lstat(join(root, 'state.json'))).isSymbolicLink()).toBe(false);
  });

  it('that is damaged is set aside by the command of the hint, whatever its folder is called', async () => {
    const path = join(await temporaryRoot(), "it's $(here)", 'state.json');
    await writeFileAtomically(path, 'no JSON');
    const error = await readJson(path, z.strictObject({})).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'journal_damaged', message: `${path} is damaged: not JSON.` });
    execFileSync('sh', ['-c', inTerminal((error as O8Error).hint)]);
    expect(await readdir(dirname(path))).toEqual(['state.json.damaged']);
  });

  it('is published by exactly one of many', async () => {
    const path = join(await temporaryRoot(), '1.json');
    const outcomes = await Promise.all(Array.from({ length: 20 }, async (_, n) => publishOnce(path, `winner ${n}`)));
    expect(outcomes.filter(Boolean)).toHaveLength(1);
    expect(await readFile(path, 'utf8')).toBe(`winner ${outcomes.indexOf(true)}`);
    expect(await readdir(dirname(path))).toEqual(['1.json']);
  });

  it('reads as null only when there is none', async () => {
    const root = await temporaryRoot();
    const schema = z.strictObject({ version: z.literal(1) });
    expect(await readJson(join(root, 'none.json'), schema)).toBeNull();
    for (const text of ['', '{"version":1', '{"version":2}', 'null', '{"version":1,"x":1}']) {
      await writeFile(join(root, 'bad.json'), text);
      await expect(readJson(join(root, 'bad.json'), schema)).rejects.toThrow(join(root, 'bad.json'));
    }
    await expect(readJson(root, schema)).rejects.toMatchObject({ code: 'refused' });
    await symlink('/dev/zero', join(root, 'endless.json'));
    await expect(readJson(join(root, 'endless.json'), schema)).rejects.toMatchObject({ code: 'refused' });
  });
});

describe('the queue file', () => {
  it('gives back the snapshot, and null when somebody deleted it', async () => {
    const root = await temporaryRoot();
    expect(await readQueueFile(root)).toBeNull();
    const snapshot: QueueSnapshot = {
      version: 1,
      runId: 'run-1',
      state: 'running',
      base: 'main',
      target: 'o8/run-1',
      supervisor: { pid: 1, alive: true },
      counts: { queued: 1 },
      cursor: 3,
      updatedAt: '2026-11-21T08:05:12.000Z',
      holdBack: null,
      tasks: [],
      live: {},
    };
    await writeQueueFile(root, snapshot);
    expect(await readQueueFile(root)).toEqual(snapshot);
  });
});

describe('the settings file', () => {
  const settingsOf = async (text: string): Promise<string> => {
    const root = await temporaryRoot();
    const { config } = checkoutPaths(root);
    await mkdir(dirname(config));
    await writeFile(config, text);
    return root;
  };

  it('is empty when there is none, and gives back what was written', async () => {
    const root = await temporaryRoot();
    expect(await readSettingsFile(root)).toEqual({});
    const settings = {
      maxConcurrency: 5,
      merge: { into: 'base' as const },
      agent: { command: ['my-agent', '{prompt}'] },
    };
    await writeSettingsFile(root, settings);
    expect(await readSettingsFile(root)).toEqual(settings);
    expect((await stat(checkoutPaths(root).config)).mode & 0o777).toBe(0o600);
  });

  it('names every wrong key and the file at once', async () => {
    const root = await settingsOf(
      '{"maxConcurency": 3, "retries": -1, "merge": {"into": "basement", "x": 1}, "__proto__": {}}',
    );
    const error = await readSettingsFile(root).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'usage' });
    for (const part of [
      '.claude/parallel-config.json',
      '"maxConcurency"',
      'retries',
      'merge.into',
      '"merge.x"',
      '"__proto__"',
    ]) {
      expect(String(error)).toContain(part);
    }
  });

  it.each([
    ['broken JSON', '{"maxConcurrency": 3,'],
    ['something else', '[]'],
    ['too much', `{"skill": "${'x'.repeat(1_048_576)}"}`],
  ])('is refused with %s, by name', async (_, text) => {
    const root = await settingsOf(text);
    await expect(readSettingsFile(root)).rejects.toThrow('.claude/parallel-config.json');
  });

  it('is not replaced when it is a link of the user', async () => {
    const root = await settingsOf('{}');
    const linked = await temporaryRoot();
    await mkdir(join(linked, '.claude'));
    await writeFile(join(linked, 'mine.json'), '{"retries": 2}');
    await symlink('../mine.json', checkoutPaths(linked).config);
    expect(await readSettingsFile(linked)).toEqual({ retries: 2 });
    await expect(writeSettingsFile(linked, { retries: 3 })).rejects.toMatchObject({ code: 'refused' });
    await writeSettingsFile(root, { retries: 3 });
  });
});

describe('a link to a log', () => {
  it('follows the current attempt', async () => {
    const root = await temporaryRoot();
    const link = join(root, 'parallel', 'TS-1', 'logs', 'task-001.log');
    for (const attempt of [1, 2]) {
      const { log } = attemptPaths(homeOf(root), 'run-1', 'task-001', attempt);
      await mkdir(dirname(log), { recursive: true });
      await writeFile(log, `attempt ${attempt}`);
      expect(await linkLog(root, link, log)).toBe(true);
      expect(await readFile(link, 'utf8')).toBe(`attempt ${attempt}`);
    }
    expect(await readlink(link)).toBe('../../../.git/o8/runs/run-1/tasks/task-001/2/pipeline.log');
    expect(await readdir(dirname(link))).toEqual(['task-001.log']);
  });

  it('may lead to a log that is not written yet', async () => {
    const root = await temporaryRoot();
    const link = join(root, 'logs', 'task-001.log');
    expect(await linkLog(root, link, attemptPaths(homeOf(root), 'run-1', 'task-001', 1).log)).toBe(true);
    expect(await linkLog(root, link, attemptPaths(homeOf(root), 'run-2', 'task-001', 1).log)).toBe(true);
    expect(await readlink(link)).toContain('run-2');
  });

  it('never replaces a file, a folder or a link of the user', async () => {
    const root = await temporaryRoot();
    const { log } = attemptPaths(homeOf(root), 'run-1', 'task-001', 1);
    await writeFile(join(root, 'file.log'), 'mine');
    await mkdir(join(root, 'folder.log'));
    await symlink('file.log', join(root, 'link.log'));
    await symlink('nowhere', join(root, 'dangling.log'));
    for (const name of ['file', 'folder', 'link', 'dangling'])
      expect(await linkLog(root, join(root, `${name}.log`), log)).toBe(false);
    expect(await readFile(join(root, 'file.log'), 'utf8')).toBe('mine');
    expect(await readlink(join(root, 'link.log'))).toBe('file.log');
    expect(await readlink(join(root, 'dangling.log'))).toBe('nowhere');
    await writeFile(join(root, 'logs'), 'a file where the folder would be');
    expect(await linkLog(root, join(root, 'logs', 'a.log'), log)).toBe(false);
  });

  it('is not made through a folder that leads out of the repository', async () => {
    const root = await temporaryRoot();
    const elsewhere = await temporaryRoot();
    await symlink(elsewhere, join(root, 'logs'));
    expect(
      await linkLog(root, join(root, 'logs', 'deep', 'x.log'), attemptPaths(homeOf(root), 'run-1', 'task-001', 1).log),
    ).toBe(false);
    expect(await readdir(elsewhere)).toEqual([]);
  });
});
