import { relative, sep } from 'node:path';
import type { Plan } from '../plan/plan.js';
import { sourceOf } from '../plan/sources.js';
import { fail, pass, someOf, type Check } from '../base/check.js';
import type { PreflightFacts } from './preflight-facts.js';
import { shellQuote } from '../base/shell-quote.js';
import { printable } from '../text/untrusted-text.js';

type Change = PreflightFacts['changes'][number];

/** Files and folders that tools create and that are not usually committed. */
const GENERATED = new Set(
  '.venv venv node_modules __pycache__ .pytest_cache .mypy_cache .ruff_cache .tox dist build target .next .nuxt .turbo .cache .parcel-cache .gradle .terraform .idea coverage .nyc_output htmlcov .DS_Store Thumbs.db'.split(
    ' ',
  ),
);
/** More untracked files than a user creates by hand. */
const MANY = 50;
/** More names would make the suggested command unreadable. */
const MOST_NAMED = 5;
const MOST_GROUPS = 3;

/** Checks that the checkout has no uncommitted changes. */
export function cleanTreeCheck(plan: Plan, facts: PreflightFacts): Check {
  const changes = facts.changes.filter((change) => !(change.untracked && isOwnFile(change.path)));
  if (changes.length === 0) return pass('clean-tree', 'No uncommitted changes');
  const dir = relative(plan.root, sourceOf(plan.source).documents).split(sep).join('/');
  const groups = groupsOf(changes.filter((change) => change.untracked && !isOfPlan(dir, change.path)));
  const grouped = new Set(groups.flatMap(({ paths }) => paths));
  const rest = changes.filter(({ path }) => !grouped.has(path));
  const named = someOf(
    changes.map(({ path }) => printable(path)),
    MOST_NAMED,
  );
  const counts = groups
    .slice(0, MOST_GROUPS)
    .map(({ shown, paths }) => `${String(paths.length)} untracked files in ${shown}`);
  const message = `Uncommitted changes in working directory: ${[named, ...counts].join('; ')}`;
  const hints = [
    ...(groups.length === 0 ? [] : [ignoreHint(groups)]),
    ...(rest.length === 0 ? [] : [commitHint(dir, rest)]),
  ];
  return fail('clean-tree', message, hints.join('\n'));
}

/** The files of o8 in `.claude/`, and its settings file. */
function isOwnFile(path: string): boolean {
  return /^\.claude\/(parallel(\.lock|-queue\.json|-config\.json)$|parallel\/|worktrees\/)/.test(path);
}

function isOfPlan(dir: string, path: string): boolean {
  return path.startsWith(`${dir}/`) || `${dir}/`.startsWith(path);
}

/** Untracked files that one line of .gitignore would cover. */
interface Group {
  readonly pattern: string;
  readonly shown: string;
  readonly paths: readonly string[];
  readonly generated: boolean;
}

/** Folders with many untracked files, and folders of known tools with any number; the largest first. */
function groupsOf(untracked: readonly Change[]): Group[] {
  const byPattern = new Map<string, { paths: string[]; generated: boolean }>();
  const others = new Map<string, string[]>();
  for (const { path } of untracked) {
    const generated = path.split('/').find((part) => GENERATED.has(part)) ?? null;
    if (generated !== null) {
      const pattern = path.endsWith(generated) ? generated : `${generated}/`;
      const group = byPattern.get(pattern) ?? { paths: [], generated: true };
      group.paths.push(path);
      byPattern.set(pattern, group);
    } else {
      const top = path.includes('/') ? path.slice(0, path.indexOf('/') + 1) : `*${/\.[^./]+$/.exec(path)?.[0] ?? ''}`;
      others.set(top, [...(others.get(top) ?? []), path]);
    }
  }
  for (const [top, paths] of others) {
    if (paths.length >= MANY && top !== '*') byPattern.set(`/${commonFolder(top, paths)}`, { paths, generated: false });
  }
  return [...byPattern]
    .map(([pattern, { paths, generated }]) => ({ pattern, paths, generated, shown: shownFolder(pattern, paths) }))
    .filter(({ paths, generated }) => paths.length >= MANY || (generated && paths.length > 1))
    .sort((a, b) => b.paths.length - a.paths.length);
}

function commonFolder(top: string, paths: readonly string[]): string {
  if (!top.endsWith('/')) return top;
  let common = paths[0]?.slice(0, paths[0].lastIndexOf('/') + 1) ?? top;
  for (const path of paths)
    while (!path.startsWith(common)) common = common.slice(0, common.lastIndexOf('/', common.length - 2) + 1);
  return common;
}

/** The common name of several folders, or the path of a single one. */
function shownFolder(pattern: string, paths: readonly string[]): string {
  const name = pattern.replace(/^\//, '');
  const first = paths[0] ?? '';
  const at = first.indexOf(name);
  const whole = at > 0 ? first.slice(0, at + name.length) : name;
  return printable(paths.every((path) => path.startsWith(whole)) ? whole : name);
}

function ignoreHint(groups: readonly Group[]): string {
  const some = groups.slice(0, MOST_GROUPS);
  const lines = some.map(({ pattern }) => shellQuote(pattern)).join(' ');
  const command = `printf '%s\\n' ${lines} >> .gitignore && git add .gitignore && git commit -m "Ignore generated files" -- .gitignore`;
  const sure = some.every(({ generated }) => generated);
  return sure
    ? `Run: ${command}`
    : `If ${some.map(({ shown }) => shown).join(', ')} ${some.length === 1 ? 'is' : 'are'} not part of the work, run: ${command}`;
}

function commitHint(dir: string, changes: readonly Change[]): string {
  const ofPlan = changes.filter(({ path }) => isOfPlan(dir, path));
  // A stash would take the plan itself away.
  if (ofPlan.length === changes.length)
    return `Run 'git add ${shellQuote(dir)} && git commit -m "Add the plan"' before parallel execution.`;
  const words = stashWords(changes);
  if (words === null || ofPlan.some(({ untracked }) => untracked))
    return "Run 'git add -A && git commit' before parallel execution.";
  return `Run '${words}' or commit changes before parallel execution.`;
}

/** Stashes untracked files by name only, because `.claude/` may contain untracked settings that must stay. */
function stashWords(changes: readonly Change[]): string | null {
  if (!changes.some(({ untracked }) => untracked)) return 'git stash';
  const paths = changes.map(({ path }) => path);
  const tops = paths.map((path) => (path.startsWith('.claude/') ? path : (path.split('/')[0] ?? path)));
  const names = paths.length <= MOST_NAMED ? paths : [...new Set(tops)];
  if (names.length > MOST_NAMED) return null;
  return `git stash push --include-untracked -- ${names.map(shellQuote).join(' ')}`;
}
