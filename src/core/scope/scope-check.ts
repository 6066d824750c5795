import type { Chain } from './definition-chain.js';
import { declaredNames, definitionTitle } from './definition-name.js';
import { globMatcher } from './glob.js';
import type { Scope } from '../plan/plan.js';

/** A changed path as git reports it; `oldPath` is where a renamed file was. */
export interface ChangedPath {
  readonly path: string;
  readonly status: 'added' | 'modified' | 'deleted' | 'renamed' | 'copied' | 'type_changed';
  readonly oldPath: string | null;
}

/** A changed line that says something: its number (from 1) in the version it is in, and the definitions around it. */
export interface ChangedLine {
  readonly version: 'old' | 'new';
  readonly line: number;
  readonly enclosing: Chain;
}

/** What is known of the parts of a modified file: `definitions` are those of both versions, each within its own. */
export type FileParts =
  | { readonly kind: 'known'; readonly definitions: readonly Chain[]; readonly changed: readonly ChangedLine[] }
  /** git cannot tell definitions in it: another language, binary, only the mode changed. */
  | { readonly kind: 'unknown' };

/** What a task should not have changed and, for people, the rule it breaks. */
export interface ScopeViolation {
  readonly path: string;
  /** The first line of it where the rest of the file is allowed; null: the file as a whole. */
  readonly line: number | null;
  /** `inside BOUNDARY src/shared/**`, `in neither CREATE nor MODIFY` or `outside Order.total (in def refund)`. */
  readonly rule: string;
}

type PartsOf = (path: string) => FileParts;

const BY_FILE: PartsOf = () => ({ kind: 'unknown' });

/**
 * What of a task's changes its scope does not allow, in the order of the changes: a path once, or in a file of which
 * MODIFY names parts (`path::Symbol`) each other part once. BOUNDARY wins over CREATE and MODIFY, the whole file over
 * its parts. A task that declares neither CREATE nor MODIFY may change everything outside its BOUNDARY. `partsOf` is
 * asked about the paths of `partlyAllowed` only; without it parts count as whole files.
 */
export function scopeViolations(
  scope: Scope,
  changes: readonly ChangedPath[],
  partsOf: PartsOf = BY_FILE,
): ScopeViolation[] {
  const rules = fileRules(scope);
  const touched = new Map(changes.flatMap((change) => touchedPaths(change).map((path) => [path, change] as const)));
  return [...touched].flatMap(([path, change]) => {
    const permission = rules(path);
    switch (permission.kind) {
      case 'allowed':
        return [];
      case 'refused':
        return [{ path, line: null, rule: permission.rule }];
      case 'parts':
        return change.status === 'modified' ? outsideParts(path, permission.symbols, partsOf(path)) : [];
    }
  });
}

/** The modified files of which the scope allows parts only. */
export function partlyAllowed(scope: Scope, changes: readonly ChangedPath[]): string[] {
  const rules = fileRules(scope);
  return changes
    .filter(({ status, path }) => status === 'modified' && rules(path).kind === 'parts')
    .map(({ path }) => path);
}

/** `src/a.py:12: outside Order.total (in def refund)` */
export function describeViolation({ path, line, rule }: ScopeViolation): string {
  return `${path}${line === null ? '' : `:${line}`}: ${rule}`;
}

type Permission =
  | { readonly kind: 'allowed' }
  | { readonly kind: 'parts'; readonly symbols: readonly string[] }
  | { readonly kind: 'refused'; readonly rule: string };

function fileRules(scope: Scope): (path: string) => Permission {
  const entries = [...scope.create, ...scope.modify].map(({ glob, symbol }) => ({
    symbol,
    matches: globMatcher(glob),
  }));
  const boundary = scope.boundary.map((glob) => ({ glob, matches: globMatcher(glob) }));
  return (path) => {
    const crossed = boundary.find((rule) => rule.matches(path));
    if (crossed !== undefined) return { kind: 'refused', rule: `inside BOUNDARY ${crossed.glob}` };
    if (entries.length === 0) return { kind: 'allowed' };
    const meant = entries.filter((entry) => entry.matches(path)).map(({ symbol }) => symbol);
    if (meant.length === 0) return { kind: 'refused', rule: 'in neither CREATE nor MODIFY' };
    const symbols = meant.filter((symbol) => symbol !== null);
    return symbols.length < meant.length ? { kind: 'allowed' } : { kind: 'parts', symbols };
  };
}

/** A rename removes the file from its old place; a copy leaves the original alone. */
function touchedPaths(change: ChangedPath): string[] {
  return change.status === 'renamed' && change.oldPath !== null ? [change.oldPath, change.path] : [change.path];
}

/** The first changed line of each other part. The whole file is allowed where git knows none of the symbols. */
function outsideParts(path: string, symbols: readonly string[], parts: FileParts): ScopeViolation[] {
  if (parts.kind === 'unknown') return [];
  const known = symbols.map((symbol) => knownPart(symbol, parts.definitions));
  if (known.some((names) => names.length === 0)) return [];
  const wanted = symbols.join(', ');
  const first = new Map<string, ScopeViolation>();
  // Lines of one definition share their chain, and a file may have changed in a hundred thousand of them.
  const places = new Map<Chain, string | null>();
  const otherPlace = (chain: Chain): string | null => {
    const told = places.get(chain);
    if (told !== undefined) return told;
    const [innermost] = chain;
    const where = innermost === undefined ? 'in no definition' : `in ${definitionTitle(innermost)}`;
    const place = known.some((names) => isInside(names, chain)) ? null : where;
    places.set(chain, place);
    return place;
  };
  // A line of the new version is where a person finds it; the old one counts where everything was deleted.
  for (const version of ['new', 'old'] as const) {
    for (const { line, enclosing } of parts.changed.filter((change) => change.version === version)) {
      const where = otherPlace(enclosing);
      if (where === null || first.has(where)) continue;
      const rule = `outside ${wanted} (${where}${version === 'old' ? ', deleted' : ''})`;
      first.set(where, { path, line, rule });
    }
  }
  return [...first.values()];
}

/**
 * The names of a symbol as far as a definition in either version has them: git does not see each variable or method
 * as a definition, and what it does not see can only be checked as the part around it.
 */
function knownPart(symbol: string, definitions: readonly Chain[]): string[] {
  const names = symbol.normalize('NFC').split('.');
  while (names.length > 0 && !definitions.some((chain) => isInside(names, chain))) names.pop();
  return names;
}

/** `Order.total`: in a definition of `total` inside one of `Order`, or in one that names both. */
function isInside(names: readonly string[], chain: Chain): boolean {
  let found = 0;
  for (const definition of chain.toReversed()) {
    const declared = declaredNames(definition);
    for (let name = names[found]; name !== undefined && declared.has(name); name = names[found]) found += 1;
  }
  return found === names.length;
}
