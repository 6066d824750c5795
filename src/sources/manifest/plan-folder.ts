import { errorCode } from '../../core/base/error-code.js';
import { o8 } from '../../core/base/text.js';
import { readdir, realpath, stat } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve } from 'node:path';
import { O8Error } from '../../core/base/errors.js';
import { printable, quote } from '../../core/text/untrusted-text.js';
import type { FaultCollector } from '../files/fault-collector.js';
import { isWithin, readTextInside, resolveInside } from '../files/safe-file.js';

export interface PlanFile {
  /** Absolute and real. */
  readonly path: string;
  /** Relative to the repository, for messages. */
  readonly name: string;
  readonly text: string;
}

/** The place in a file that names another file, for messages. */
export interface Reference {
  readonly file: string;
  readonly key: string;
}

/** A plan folder inside a repository; all its files are read through this class. */
export class PlanFolder {
  private constructor(
    /** Absolute and real, as is `dir`. */
    readonly root: string,
    readonly dir: string,
    /** The name of the folder in messages. */
    readonly shownDir: string,
    readonly faults: FaultCollector,
  ) {}

  /** Throws O8Error `invalid_plan` if `dir` (absolute or relative to `root`) is not a folder inside `root`. */
  static async open(root: string, dir: string, faults: FaultCollector): Promise<PlanFolder> {
    const realRoot = await realpath(root);
    const place = await resolveInside(realRoot, resolve(realRoot, dir));
    const shownDir = printable(isAbsolute(dir) && isWithin(realRoot, dir) ? relative(realRoot, dir) || '.' : dir);
    const invalid = (missing: string) =>
      new O8Error('invalid_plan', `Invalid parallel directory '${shownDir}'\n${missing}`, o8('decompose'));
    if (place.kind === 'missing') throw invalid('Missing: manifest.json (there is no such folder)');
    if (place.kind === 'refused') throw invalid('It is not a folder inside the repository.');
    if (!(await stat(place.path)).isDirectory()) throw invalid('Missing: manifest.json (it is not a folder)');
    return new PlanFolder(realRoot, place.path, shownDir, faults);
  }

  /** The name of a path in messages: relative to the repository, with `/`. */
  nameOf(path: string): string {
    return printable(relative(this.root, path));
  }

  /** The names in one of its folders, sorted; none if that folder is missing or leads out of the repository. */
  async list(name: string): Promise<string[]> {
    const path = join(this.dir, name);
    const place = await resolveInside(this.root, path);
    if (place.kind === 'refused') this.faults.add(this.nameOf(path), place.problem, place.fix);
    if (place.kind !== 'inside') return [];
    try {
      return (await readdir(place.path)).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
    } catch (error) {
      if (errorCode(error) === 'ENOTDIR') return [];
      throw error;
    }
  }

  /** Whether a path relative to the folder exists inside the repository. */
  async has(path: string): Promise<boolean> {
    return (await resolveInside(this.root, join(this.dir, path))).kind === 'inside';
  }

  /** Reads a file that is named in another one; missing, or outside the repository, is a fault. Null after a fault. */
  async readReferenced(reference: Reference, path: string): Promise<PlanFile | null> {
    if (isAbsolute(path)) {
      return this.faults.add(
        reference.file,
        `${reference.key} has an absolute path, ${quote(path)}`,
        `Write it relative to ${this.nameOf(this.dir) || 'the repository'}.`,
      );
    }
    const read = await this.readOptional(path, reference);
    if (read !== 'missing') return read;
    return this.faults.add(
      reference.file,
      `${reference.key} names ${quote(path)}, which does not exist`,
      'Create the file, or correct the path.',
    );
  }

  /** A file (relative to the folder) that may be missing. Null after a fault. */
  async readOptional(path: string, reference: Reference | null = null): Promise<PlanFile | 'missing' | null> {
    const absolute = join(this.dir, path);
    const outcome = await readTextInside(this.root, absolute);
    switch (outcome.kind) {
      case 'text':
        return { path: outcome.path, name: this.nameOf(absolute), text: outcome.text };
      case 'missing':
        return 'missing';
      case 'refused':
        if (reference === null || isWithin(this.root, absolute)) {
          return this.faults.add(this.nameOf(absolute), outcome.problem, outcome.fix);
        }
        return this.faults.add(reference.file, `${reference.key}: ${quote(path)} ${outcome.problem}`, outcome.fix);
    }
  }
}
