import { basename } from 'node:path';
import { shellQuote } from '../base/shell-quote.js';
import { printable } from '../text/untrusted-text.js';
import type { ChangeText } from './change-text.js';

/** Git hooks: absolute path to an identifier of the content. */
export type Hooks = Readonly<Record<string, string>>;

/** `before` and `after` are null if there was no hook. */
export interface HookChange {
  readonly path: string;
  readonly before: string | null;
  readonly after: string | null;
}

/** Hooks from before agents ran, and the hooks when the run's supervisor stopped; null while a run may be active. */
export interface HookMemory {
  readonly before: Hooks;
  readonly left: Hooks | null;
}

/** Changes by agents that were not restored: after the run, later changes are the user's. */
export function changedHooks({ before, left }: HookMemory, now: Hooks): HookChange[] {
  const paths = [...new Set([...Object.keys(before), ...Object.keys(now)])].sort();
  return paths.flatMap((path) => {
    const change = { path, before: before[path] ?? null, after: now[path] ?? null };
    const isAgents = left === null || (left[path] ?? null) === change.after;
    return change.before !== change.after && isAgents ? [change] : [];
  });
}

/** The hooks to use as the earlier state when another run starts. */
export function hooksToRemember(memory: HookMemory | null, now: Hooks): Hooks {
  const open = new Map((memory === null ? [] : changedHooks(memory, now)).map((change) => [change.path, change]));
  const others = Object.entries(now).filter(([path]) => !open.has(path));
  const kept = [...open.values()].flatMap(({ path, before }): [string, string][] =>
    before === null ? [] : [[path, before]],
  );
  return Object.fromEntries([...others, ...kept]);
}

/** For people. `saved`: a copy of the earlier hook, null if there is none. */
export function hookText({ path, before, after }: HookChange, saved: string | null): ChangeText {
  const name = printable(basename(path));
  const said = "the repository's git hooks changed";
  if (before === null) {
    return { what: `${said}: ${name} was added (${shortly(after)})`, putBack: `rm ${shellQuote(path)}` };
  }
  const what =
    after === null
      ? `${said}: ${name} was removed (it was ${shortly(before)})`
      : `${said}: ${name} changed from ${shortly(before)} to ${shortly(after)}`;
  return { what, putBack: putBackHook(path, before, after, saved) };
}

/** Removes the file first, because a link would be followed. */
function putBackHook(path: string, before: string, after: string | null, saved: string | null): string {
  const remove = after === null ? '' : `rm -r ${shellQuote(path)} && `;
  const link = / link to (.+)$/s.exec(before)?.[1];
  if (link !== undefined && printable(link) === link) return `${remove}ln -s ${shellQuote(link)} ${shellQuote(path)}`;
  const mode = before.includes('not executable') ? '644' : '755';
  if (saved !== null) return `${remove}install -m ${mode} ${shellQuote(saved)} ${shellQuote(path)}`;
  return `ls -l ${shellQuote(path)}   (no copy of it was kept)`;
}

function shortly(content: string | null): string {
  return printable((content ?? '').replace(/^[0-9a-f]{64}/, (digest) => `sha256 ${digest.slice(0, 12)}`)).slice(0, 200);
}
