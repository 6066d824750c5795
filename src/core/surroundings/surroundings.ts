import * as z from 'zod';
import { settingChangeText, unreadableText } from './change-text.js';
import { settingChangeSchema } from './git-settings.js';
import { hookText } from './hooks.js';
import type { Redactor } from '../text/redact.js';
import { shellQuote } from '../base/shell-quote.js';
import { printable } from '../text/untrusted-text.js';

/** What an agent must not change: everything git shares between worktrees, and the checkout the run started in. */
export const surroundingsSchema = z.object({
  /** Milliseconds since 1970. Absent in files of older versions, as are all optional keys here. */
  at: z.number().optional(),
  /** Git settings that differ from those at the start of the run; a text if git cannot read them. */
  settings: z.union([z.array(settingChangeSchema), z.string()]).optional(),
  /** Branches, tags and other refs that do not belong to this run, full name to commit. Includes remote branches. */
  refs: z.record(z.string(), z.string()),
  /** Commits of stash entries. */
  stashes: z.array(z.string()).optional(),
  /** What is checked out in the main checkout: the full name of a branch, or a commit. */
  head: z.string().optional(),
  /** Worktrees that o8 did not create, by path. */
  worktrees: z.array(z.string()).optional(),
  /** Files in the git folder that configure git: path to digest. */
  files: z.record(z.string(), z.string()).optional(),
  /** Uncommitted paths of the main checkout, each with its git status. */
  changes: z.record(z.string(), z.string()),
});
export type Surroundings = z.infer<typeof surroundingsSchema>;

type Kind = 'setting' | 'ref' | 'remote' | 'stash' | 'head' | 'worktree' | 'file' | 'change';

/** One difference: `before` and `after` are null if it did not exist. */
export interface SurroundingChange {
  readonly kind: Kind;
  readonly name: string;
  readonly before: string | null;
  readonly after: string | null;
}

/** The differences, limited to what was recorded both times. */
export function changedSurroundings(before: Surroundings, after: Surroundings): SurroundingChange[] {
  const [was, is] = [factsOf(before), factsOf(after)];
  const changes: SurroundingChange[] = [];
  for (const [kind, facts] of is) {
    const old = was.get(kind);
    if (old === undefined) continue;
    for (const name of new Set([...old.keys(), ...facts.keys()])) {
      const change = { kind, name, before: old.get(name) ?? null, after: facts.get(name) ?? null };
      // A setting that was changed back to its original value does no harm.
      if (change.before !== change.after && !(kind === 'setting' && change.after === null)) changes.push(change);
    }
  }
  return changes;
}

/**
 * Whether another task may have made a change: it did not exist when that task started, and existed when it ended
 * (`after`, null while it runs).
 */
export function mayHaveMade(
  change: SurroundingChange,
  looked: { before: Surroundings; after: Surroundings | null },
): boolean {
  const valueIn = (surroundings: Surroundings): string | null =>
    factsOf(surroundings).get(change.kind)?.get(change.name) ?? null;
  if (valueIn(looked.before) === change.after) return false;
  return looked.after === null || valueIn(looked.after) === change.after;
}

/** The task whose worktree contains the path of a change, null if there is none. */
export function ownerOf(
  { kind, name }: SurroundingChange,
  tasks: readonly { readonly id: string; readonly worktree: string }[],
): string | null {
  if (kind !== 'worktree') return null;
  return tasks.find(({ worktree }) => name.startsWith(`${worktree}/`))?.id ?? null;
}

function factsOf(surroundings: Surroundings): Map<Kind, Map<string, string>> {
  const { settings, refs, stashes, head, worktrees, files, changes } = surroundings;
  const facts = new Map<Kind, Map<string, string>>();
  const named = (names: readonly string[]): Map<string, string> => new Map(names.map((name) => [name, name]));
  if (typeof settings === 'string') facts.set('setting', new Map([[UNREADABLE, settings]]));
  if (Array.isArray(settings)) {
    facts.set('setting', new Map(settings.map((change) => [`${change.file}\0${change.key}`, JSON.stringify(change)])));
  }
  const all = Object.entries(refs);
  facts.set('ref', new Map(all.filter(([ref]) => !ref.startsWith(REMOTES))));
  facts.set('remote', new Map(all.filter(([ref]) => ref.startsWith(REMOTES))));
  if (stashes !== undefined) facts.set('stash', named(stashes));
  if (head !== undefined) facts.set('head', new Map([['HEAD', head]]));
  if (worktrees !== undefined) facts.set('worktree', named(worktrees));
  if (files !== undefined) facts.set('file', new Map(Object.entries(files)));
  facts.set('change', new Map(Object.entries(changes)));
  return facts;
}

const UNREADABLE = 'unreadable';
const REMOTES = 'refs/remotes/';
const HEADS = 'refs/heads/';
const MOST_NAMED = 5; // of each kind; enough for the user to investigate

export interface ChangeContext {
  readonly root: string;
  readonly commonDir: string;
  /** Path of the copy of an earlier settings file. */
  readonly saved: (file: string) => string;
  /** The same for a hook or file in the git folder with this identifier; null if there is none. */
  readonly savedAs: (path: string, digest: string) => string | null;
  readonly redact: Redactor;
  /** How this clone's remote branch moved. */
  readonly movedBy: (change: SurroundingChange) => 'push' | 'fetch' | 'unknown';
}

/** Changes for people, one line each, with the command that restores it if there is one; many of a kind are counted. */
export function surroundingTexts(changes: readonly SurroundingChange[], context: ChangeContext): Told[] {
  const told = new Map<Kind, number>();
  return changes.flatMap((change) => {
    // Branches that others pushed and the agent fetched are ignored.
    if (change.kind === 'remote' && context.movedBy(change) === 'fetch') return [];
    const count = (told.get(change.kind) ?? 0) + 1;
    told.set(change.kind, count);
    if (count > MOST_NAMED + 1) return [];
    if (count === MOST_NAMED + 1) {
      const rest = changes.filter(({ kind }) => kind === change.kind).length - MOST_NAMED;
      return [{ change, what: `${String(rest)} more: ${NAMES[change.kind]}`, putBack: null }];
    }
    return [{ change, ...textOf(change, context) }];
  });
}

export interface Told extends Text {
  readonly change: SurroundingChange;
}
interface Text {
  readonly what: string;
  readonly putBack: string | null;
}

const NAMES: Readonly<Record<Kind, string>> = {
  setting: 'git settings changed',
  ref: 'refs changed',
  remote: 'remote branches moved',
  stash: 'stash entries changed',
  head: 'checkouts changed',
  worktree: 'worktrees were added or removed',
  file: 'files of the git folder changed',
  change: 'files in the main checkout changed',
};

function textOf(change: SurroundingChange, context: ChangeContext): Text {
  const { kind, name, before, after } = change;
  const inRoot = `git -C ${shellQuote(context.root)}`;
  switch (kind) {
    case 'setting':
      return settingText(change, context);
    case 'ref':
      return refText(change, inRoot);
    case 'remote':
      return remoteText(change, inRoot, context.movedBy(change));
    case 'stash':
      return after === null
        ? {
            what: `a stash entry was dropped (all worktrees share git stash)`,
            putBack: `${inRoot} stash store ${name}`,
          }
        : {
            what: `git stash was used: ${name.slice(0, 12)} (all worktrees share it)`,
            putBack: `${inRoot} stash list`,
          };
    case 'head': {
      const what = `the main checkout was switched from ${shortRef(before)} to ${shortRef(after)}`;
      const to =
        before?.startsWith(HEADS) === true ? shellQuote(before.slice(HEADS.length)) : `--detach ${before ?? ''}`;
      return { what, putBack: `${inRoot} switch ${to}` };
    }
    case 'worktree':
      return after === null
        ? { what: `the worktree ${printable(name)} was removed`, putBack: null }
        : {
            what: `a worktree was added: ${printable(name)}`,
            putBack: `${inRoot} worktree remove ${shellQuote(name)}`,
          };
    case 'file':
      return fileText(change, context);
    case 'change':
      return { what: `files in the main checkout changed: ${printable(name)}`, putBack: null };
  }
}

function settingText({ name, after }: SurroundingChange, context: ChangeContext): Text {
  const config = `${context.commonDir}/config`;
  if (name === UNREADABLE) return unreadableText(after ?? '', config, context.saved);
  const change = settingChangeSchema.parse(JSON.parse(after ?? '{}'));
  return settingChangeText(change, context.saved(change.file), context.redact);
}

function refText({ name, before, after }: SurroundingChange, inRoot: string): Text {
  const what = `refs changed: ${printable(name)}`;
  const ref = shellQuote(name);
  if (before === null) {
    return { what: `${what} was created at ${short(after)}`, putBack: `${inRoot} update-ref -d ${ref} ${after ?? ''}` };
  }
  if (after === null) {
    return {
      what: `${what} was deleted (it was at ${short(before)})`,
      putBack: `${inRoot} update-ref ${ref} ${before}`,
    };
  }
  const moved = `${what} moved from ${short(before)} to ${short(after)}`;
  return { what: moved, putBack: `${inRoot} update-ref ${ref} ${before} ${after}` };
}

function remoteText(
  { name, before, after }: SurroundingChange,
  inRoot: string,
  by: 'push' | 'fetch' | 'unknown',
): Text {
  const path = name.slice(REMOTES.length);
  const [remote = '', ...rest] = path.split('/');
  const branch = rest.join('/');
  const how = by === 'push' ? 'by a push' : 'by a push or a fetch';
  const push = `${inRoot} push ${shellQuote(`--force-with-lease=${branch}:${after ?? ''}`)} ${shellQuote(remote)}`;
  const to = shellQuote(`${before ?? ''}:refs/heads/${branch}`);
  if (before === null) {
    return {
      what: `the remote branch ${printable(path)} was created at ${short(after)} ${how}`,
      putBack: `${push} --delete ${shellQuote(branch)}`,
    };
  }
  if (after === null) {
    const what = `the remote branch ${printable(path)} was deleted (it was at ${short(before)})`;
    return { what, putBack: `${inRoot} push ${shellQuote(remote)} ${to}` };
  }
  return {
    what: `the remote branch ${printable(path)} moved from ${short(before)} to ${short(after)} ${how}`,
    putBack: `${push} ${to}`,
  };
}

function fileText({ name, before, after }: SurroundingChange, { commonDir, savedAs }: ChangeContext): Text {
  const path = name.startsWith('/') ? name : `${commonDir}/${name}`;
  const saved = before === null ? null : savedAs(path, before);
  if (name.startsWith('/') || name.startsWith('hooks/')) return hookText({ path, before, after }, saved);
  const how = before === null ? 'was added' : after === null ? 'was removed' : 'changed';
  const what = `${printable(name)} in the git folder ${how}`;
  if (before === null) return { what, putBack: `rm ${shellQuote(path)}` };
  return { what, putBack: saved === null ? null : `cp ${shellQuote(saved)} ${shellQuote(path)}` };
}

function short(commit: string | null): string {
  return (commit ?? '').slice(0, 12);
}

function shortRef(head: string | null): string {
  return head?.startsWith(HEADS) === true ? printable(head.slice(HEADS.length)) : `no branch (${short(head)})`;
}

/** The note on a task: who may have made the change. `others` ran at the same time. */
export function surroundingNote(
  { what, putBack }: Pick<Told, 'what' | 'putBack'>,
  task: string,
  others: readonly string[],
): string {
  const who =
    others.length === 0
      ? 'by this task, or by somebody else'
      : `by one of ${[task, ...others].sort().join(', ')}, or by somebody else`;
  return `while it ran, ${what} (${who})${putBack === null ? '' : `; to restore it: ${putBack}`}`;
}
