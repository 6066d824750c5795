import { errorCode } from '../../core/base/error-code.js';
import { randomBytes } from 'node:crypto';
import { lstat, readlink, realpath, rename, rm, symlink } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { failpoint } from '../../core/base/failpoint.js';
import { makePrivateFolder } from '../files/atomic-file.js';
import { isInside } from '../files/inside-repository.js';
import { writeError } from '../files/system-error.js';

/** Targets of o8's own links (the second before run files moved to the git folder); only such links are replaced. */
const RUNS = [join('o8', 'runs'), join('.claude', 'parallel', 'runs')].map((path) => `${sep}${path}${sep}`);
const LOG = 'pipeline.log';

/**
 * Makes `linkPath`, in the checkout `root`, a link to an attempt's `pipeline.log`, replacing an earlier link of o8.
 * False, with nothing changed, if something else has that name or the folder leads out of the checkout.
 */
export async function linkLog(root: string, linkPath: string, target: string): Promise<boolean> {
  if (!isOwnTarget(target)) throw new Error(`${target} is not the log of an attempt`);
  const folder = dirname(linkPath);
  if (!(await isInside(root, folder))) return false;
  if (!(await makeFolder(folder))) return false;
  const way = relative(await realpath(folder), target);
  const existing = await lookAt(linkPath);
  switch (existing) {
    case 'something else':
      return false;
    case 'nothing':
    case 'own link': {
      failpoint('log.link.before');
      const linked = existing === 'nothing' ? await linkIfAbsent(way, linkPath) : await replaceLink(way, linkPath);
      failpoint('log.link.after');
      return linked;
    }
  }
}

/** False if something that is not a folder has its name. */
async function makeFolder(path: string): Promise<boolean> {
  try {
    await makePrivateFolder(path);
    return true;
  } catch (error) {
    if (['EEXIST', 'ENOTDIR'].includes(errorCode(error) ?? '')) return false;
    throw error;
  }
}

async function lookAt(linkPath: string): Promise<'nothing' | 'own link' | 'something else'> {
  try {
    if (!(await lstat(linkPath)).isSymbolicLink()) return 'something else';
    return isOwnTarget(resolve(dirname(linkPath), await readlink(linkPath))) ? 'own link' : 'something else';
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return 'nothing';
    throw error;
  }
}

async function linkIfAbsent(way: string, linkPath: string): Promise<boolean> {
  try {
    await symlink(way, linkPath);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw writeError(error, linkPath);
  }
}

async function replaceLink(way: string, linkPath: string): Promise<true> {
  const temporary = join(dirname(linkPath), `.${basename(linkPath)}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    await symlink(way, temporary);
    await rename(temporary, linkPath);
    return true;
  } catch (error) {
    await rm(temporary, { force: true });
    throw writeError(error, linkPath);
  }
}

function isOwnTarget(path: string): boolean {
  return RUNS.some((runs) => path.includes(runs)) && basename(path) === LOG;
}
