import type { Chain } from './definition-chain.js';
import { declaredNames, definitionTitle } from './definition-name.js';
import { globMatcher } from './glob.js';
import type { Scope } from '../plan/plan.js';

/** A changed path as git reports it; `oldPath` is the earlier path of a renamed file. */
export interface ChangedPath {
  readonly path: string;
  readonly status: 'added' | 'modified' | 'deleted' | 'renamed' | 'copied' | 'type_changed';
  readonly oldPath: string | null;
}

/** A changed line with content: its number (from 1) in its version, and the definitions around it. */
export interface ChangedLine {
  readonly version: 'old' | 'new';
  readonly line: number;
  readonly enclosing: Chain;
}

/** The parts of a modified file: `definitions` are those of both versions, each within its own. */
export type FileParts =
  | { readonly kind: 'known'; readonly definitions: readonly Chain[]; readonly changed: readonly ChangedLine[] }
  /** git finds no definitions in it: unknown language, binary, or only the mode changed. */
  | { readonly kind: 'unknown' };

/** A change that the task should not have made, and the broken rule for people. */
export interface ScopeViolation {
  readonly path: string;
  /** The first changed line if parts of the file are allowed; null: the file as a whole. */
  readonly line: number | null;
  /** `inside BOUNDARY src/shared/**`, `in neither CREATE nor MODIFY` or `outside Order.total (in def refund)`. */
  readonly rule: string;
}

type PartsOf = (path: string) => FileParts;

const BY_FILE: PartsOf = () => ({ kind: 'unknown' });

/**
 * The changes that a task's scope does not allow, in their order: each path once, or each part once in a file of which
 * MODIFY names parts (`path::Symbol`). BOUNDARY takes precedence over CREATE and MODIFY, a whole file over its parts. A
 * task without CREATE and MODIFY may change everything outside its BOUNDARY. `partsOf` is called only for the paths of
 * `partlyAllowed`; without it, parts count as whole files.
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

/** The modified files of which the scope allows only parts. */
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

/** A rename removes the file from its old path; a copy does not change the original. */
function touchedPaths(change: ChangedPath): string[] {
  return change.status === 'renamed' && change.oldPath !== null ? [change.oldPath, change.path] : [change.path];
}

/**
 * The first changed line of each part that is not allowed. The whole file is allowed if git knows none of the symbols.
 */
function outsideParts(path: string, symbols: readonly string[], parts: FileParts): ScopeViolation[] {
  if (parts.kind === 'unknown') return [];
  const known = symbols.map((symbol) => knownPart(symbol, parts.definitions));
  if (known.some((names) => names.length === 0)) return [];
  const wanted = symbols.join(', ');
  const first = new Map<string, ScopeViolation>();
  // Lines of one definition share their chain, and a file may have a hundred thousand changed lines.
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
  // Reports a line of the new version, where the user can find it; a line of the old version only if everything was
  // deleted.
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
 * The part of a symbol's name that is a definition in either version: git does not recognize every variable or method,
 * so for those the definition around them is checked.
 */
function knownPart(symbol: string, definitions: readonly Chain[]): string[] {
  const names = symbol.normalize('NFC').split('.');
  while (names.length > 0 && !definitions.some((chain) => isInside(names, chain))) names.pop();
  return names;
}

/** `Order.total`: a definition of `total` inside one of `Order`, or one with both names. */
function isInside(names: readonly string[], chain: Chain): boolean {
  let found = 0;
  for (const definition of chain.toReversed()) {
    const declared = declaredNames(definition);
    for (let name = names[found]; name !== undefined && declared.has(name); name = names[found]) found += 1;
  }
  return found === names.length;
}
