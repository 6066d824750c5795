/**
 * Vitest global set-up of all projects: their temporary folders are in memory where the machine has a file system for
 * that, because a third of a run on a disk is the making and removing of small files. `TEST_DISK` is where they would be
 * otherwise, for tests that need two file systems.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, statfsSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MEMORY = '/dev/shm';
/** The tests use up to 0.3 GB of it at once, and their programs need memory too; containers often have 64 MB there. */
const ROOM_BYTES = 2 * 1024 ** 3;
/** With the pid of the test run. Short, because a socket's path has at most 103 bytes. */
const NAME = /^o8-t-(\d+)-/;
/** In another container that shares the memory, pids are others; no run of the tests takes that long. */
const SURELY_DEAD_MS = 3_600_000;

/** One run of Vitest calls it once for each project. */
export function setup() {
  process.env['TEST_DISK'] ??= tmpdir();
  // Whoever chose a folder gets it, as do the projects after the first.
  if (!['/tmp', undefined].includes(process.env['TMPDIR']) || !hasRoom()) return undefined;
  removeThoseOfDeadRuns();
  const folder = mkdtempSync(join(MEMORY, `o8-t-${String(process.pid)}-`));
  chmodSync(folder, 0o711); // as /tmp: a test starts a program as another user
  const remove = () => rmSync(folder, { recursive: true, force: true });
  if (!runsPrograms(folder)) {
    remove();
    return undefined;
  }
  process.env['TMPDIR'] = folder;
  return remove;
}

function hasRoom() {
  if (!existsSync(MEMORY)) return false;
  const { bavail, bsize } = statfsSync(MEMORY);
  return Math.min(bavail * bsize, process.availableMemory()) >= ROOM_BYTES;
}

/**
 * Containers often forbid it there.
 * @param {string} folder
 */
function runsPrograms(folder) {
  const program = join(folder, 'program');
  writeFileSync(program, '#!/bin/sh\n');
  chmodSync(program, 0o755);
  try {
    execFileSync(program);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(program);
  }
}

/** A test run that is killed leaves its folder. */
function removeThoseOfDeadRuns() {
  for (const name of readdirSync(MEMORY)) {
    const [, pid] = NAME.exec(name) ?? [];
    const folder = join(MEMORY, name);
    if (pid === undefined || isAlive(Number(pid)) || Date.now() - statSync(folder).mtimeMs < SURELY_DEAD_MS) continue;
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
