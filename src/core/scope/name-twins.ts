import { globAlternatives, hasMagic } from './glob.js';
import type { Scope } from '../plan/plan.js';
import { foldName } from './folded-name.js';

/** One spelling of a name that also occurs with a different spelling. */
export interface Spelling {
  /** A file or folder, relative to the top. */
  readonly name: string;
  /** Ids of tasks whose scope contains it. */
  readonly tasks: readonly string[];
  readonly inRepository: boolean;
}

/** Names that are the same file or folder if case or accents are ignored; at least two spellings. */
export type NameTwins = readonly Spelling[];

interface Claimed {
  readonly id: string;
  readonly scope: Scope;
}

/**
 * Such names among the files of the repository and the names that tasks will create: exact paths, and the folders at
 * the start of globs. A folder with two spellings represents everything in it. `tracked`: paths from the top.
 */
export function nameTwins(tracked: readonly string[], tasks: readonly Claimed[]): NameTwins[] {
  const known = new Spellings();
  for (const path of tracked) known.addTracked(path);
  for (const { id, scope } of tasks) {
    for (const { glob } of [...scope.create, ...scope.modify]) for (const name of namesOf(glob)) known.addOf(id, name);
  }
  return known.twins();
}

type Origin = 'repository' | 'task';

class Spellings {
  /** Folded name to the repository's first spelling, which for nearly every name is the only one. */
  private readonly repository = new Map<string, string>();
  /** All spellings of names that have several, or that a task uses. */
  private readonly more = new Map<string, Map<string, Origin>>();

  private readonly byTask = new Map<string, Set<string>>();

  addTracked(path: string): void {
    for (const name of prefixes(path)) {
      const key = foldName(name);
      const first = this.repository.get(key);
      if (first === name) return; // the folders above it are known too
      if (first === undefined) this.repository.set(key, name);
      else this.spellingsOf(key).set(name, 'repository');
    }
  }

  addOf(task: string, path: string): void {
    for (const name of prefixes(path)) {
      const spellings = this.spellingsOf(foldName(name));
      this.byTask.set(name, (this.byTask.get(name) ?? new Set()).add(task));
      if (!spellings.has(name)) spellings.set(name, 'task');
    }
  }

  private spellingsOf(key: string): Map<string, Origin> {
    const found = this.more.get(key) ?? new Map<string, Origin>();
    const first = this.repository.get(key);
    if (first !== undefined && !found.has(first)) found.set(first, 'repository');
    this.more.set(key, found);
    return found;
  }

  twins(): NameTwins[] {
    const found = [...this.more].filter(([, spellings]) => spellings.size > 1);
    const keys = new Set(found.map(([key]) => key));
    return found
      .filter(([key]) => !hasTwinAbove(key, keys))
      .map(([, spellings]) =>
        [...spellings].map(([name, origin]) => ({
          name,
          tasks: [...(this.byTask.get(name) ?? [])],
          inRepository: origin === 'repository',
        })),
      );
  }
}

/** A path and the folders above it, the longest first. */
function* prefixes(path: string): Generator<string> {
  for (let at = path.length; at > 0; at = path.lastIndexOf('/', at - 1)) yield path.slice(0, at);
}

function hasTwinAbove(key: string, twins: ReadonlySet<string>): boolean {
  for (let at = key.lastIndexOf('/'); at > 0; at = key.lastIndexOf('/', at - 1)) {
    if (twins.has(key.slice(0, at))) return true;
  }
  return false;
}

/** The literal paths in a glob: all of it, or the folders before its first pattern. */
function namesOf(glob: string): string[] {
  return (globAlternatives(glob) ?? []).flatMap((path) => {
    if (!hasMagic(path)) return [path];
    const folder = path.slice(0, path.lastIndexOf('/', path.search(/[*?[]/)));
    return folder === '' || hasMagic(folder) ? [] : [folder];
  });
}
