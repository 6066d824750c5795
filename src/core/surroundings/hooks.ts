import { basename } from 'node:path';
import { shellQuote } from '../text/shell-quote.js';
import { printable } from '../text/untrusted-text.js';
import type { ChangeText } from './change-text.js';

/** Git hooks by absolute path, to what identifies the content of each. */
export type Hooks = Readonly<Record<string, string>>;

/** `before` and `after` are null where there was none. */
export interface HookChange {
  readonly path: string;
  readonly before: string | null;
  readonly after: string | null;
}

/** Hooks from before agents worked, and how these left them when nobody ran the run any more; null while one may run. */
export interface HookMemory {
  readonly before: Hooks;
  readonly left: Hooks | null;
}

/** What agents changed and nobody put back: once their run is over, what is other than they left it is a person's. */
export function changedHooks({ before, left }: HookMemory, now: Hooks): HookChange[] {
  const paths = [...new Set([...Object.keys(before), ...Object.keys(now)])].sort();
  return paths.flatMap((path) => {
    const change = { path, before: before[path] ?? null, after: now[path] ?? null };
    const isAgents = left === null || (left[path] ?? null) === change.after;
    return change.before !== change.after && isAgents ? [change] : [];
  });
}

/** What counts as the hooks from before when another run starts. */
export function hooksToRemember(memory: HookMemory | null, now: Hooks): Hooks {
  const open = new Map((memory === null ? [] : changedHooks(memory, now)).map((change) => [change.path, change]));
  const others = Object.entries(now).filter(([path]) => !open.has(path));
  const kept = [...open.values()].flatMap(({ path, before }): [string, string][] =>
    before === null ? [] : [[path, before]],
  );
  return Object.fromEntries([...others, ...kept]);
}

/** For people. `saved`: a copy of the hook as it was, null where there is none. */
export function hookText({ path, before, after }: HookChange, saved: string | null): ChangeText {
  const name = printable(basename(path));
  const said = "the repository's git hooks changed";
  if (before === null) {
    return { what: `${said}: ${name} was added (${shortly(after)})`, putBack: `rm ${shellQuote(path)}` };
  }
  const what =
    after === null
      ? `${said}: ${name} was removed, it was ${shortly(before)}`
      : `${said}: ${name} changed from ${shortly(before)} to ${shortly(after)}`;
  return { what, putBack: putBackHook(path, before, after, saved) };
}

/** Removed first: a link that stands there would be followed. */
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
