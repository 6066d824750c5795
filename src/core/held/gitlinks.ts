import { moduleFault, type Module, type ModuleFault } from './gitmodules.js';

/** Submodules of a commit: `links` from path to commit; `modules` is null if `.gitmodules` cannot be read. */
export interface Submodules {
  readonly links: ReadonlyMap<string, string>;
  readonly modules: readonly Module[] | null;
}

/** A doubt about a submodule that a branch brings. */
export type Doubt =
  | { readonly kind: 'unreadable' }
  | { readonly kind: 'entry'; readonly module: Module; readonly fault: ModuleFault }
  /** `wasListed`: the branch removed its entry from `.gitmodules` but kept the submodule. */
  | { readonly kind: 'unlisted'; readonly path: string; readonly commit: string; readonly wasListed: boolean }
  /** Whether the remote has the commit. */
  | {
      readonly kind: 'ask';
      readonly path: string;
      readonly commit: string;
      readonly module: Module;
      readonly url: string;
    };

/** Only differences: a changed link or entry, or that `.gitmodules` became unreadable. */
export function submoduleDoubts(before: Submodules, after: Submodules): Doubt[] {
  if (after.modules === null) return before.modules === null ? [] : [{ kind: 'unreadable' }];
  const had = new Map((before.modules ?? []).map((module) => [module.name, JSON.stringify(module)]));
  const isNew = (module: Module): boolean => had.get(module.name) !== JSON.stringify(module);
  const doubts: Doubt[] = [];
  const unusable = new Set<string>();
  for (const module of after.modules.filter(isNew)) {
    const fault = moduleFault(module);
    if (fault === null) continue;
    unusable.add(module.name);
    doubts.push({ kind: 'entry', module, fault });
  }
  for (const [path, commit] of after.links) {
    const module = after.modules.findLast((candidate) => candidate.path === path);
    if (module === undefined) {
      const wasLink = before.links.has(path);
      const wasListed = wasLink && (before.modules ?? []).some((candidate) => candidate.path === path);
      if (!wasLink || wasListed) doubts.push({ kind: 'unlisted', path, commit, wasListed });
      continue;
    }
    if (unusable.has(module.name) || module.url === null) continue;
    if (before.links.get(path) !== commit || isNew(module)) {
      doubts.push({ kind: 'ask', path, commit, module, url: module.url });
    }
  }
  return doubts;
}
