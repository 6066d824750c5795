import { GUARD_MARK } from '../../scope/write-guard.js';
import type { ClaudeEvent } from './claude-events.js';

/*
 * Whether the hooks of `--settings` run at all is seen in the stream (`--include-hook-events`): before the result of
 * each Write, Edit or Bash there is an event of the hook that o8 put in front of it. A Claude Code that skips hooks
 * (`--bare`, or a file of settings it dropped) has no guard against writes outside the worktree. Events name a tool and
 * not the call, so they are counted for each tool; calls of subagents only add events.
 */

export const GUARDED_TOOLS: readonly string[] = ['Write', 'Edit', 'MultiEdit', 'NotebookEdit', 'Bash'];

/** Calls without an answer are few; the agent decides how many there are. */
const MOST_OPEN = 200;

export interface GuardSight {
  /** Guarded calls of the session itself without a result yet, by id. */
  readonly open: ReadonlyMap<string, string>;
  /** How often a tool was carried out, and how often a hook was seen to start, to answer, and to be o8's. */
  readonly tools: ReadonlyMap<string, ToolSight>;
  /** The first tool that was carried out without the guard, null as long as there was none. */
  readonly unguarded: string | null;
}

interface ToolSight {
  readonly ran: number;
  readonly started: number;
  readonly answered: number;
  readonly ours: number;
}

const NOTHING: ToolSight = { ran: 0, started: 0, answered: 0, ours: 0 };
export const NO_SIGHT: GuardSight = { open: new Map(), tools: new Map(), unguarded: null };

export function foldGuardSight(sight: GuardSight, event: ClaudeEvent): GuardSight {
  if (sight.unguarded !== null) return sight;
  switch (event.type) {
    case 'assistant': {
      if (event.error !== null || event.parent_tool_use_id !== null) return sight;
      const calls = event.message.content.flatMap((block) =>
        block.type === 'tool_use' && GUARDED_TOOLS.includes(block.name) ? [[block.id, block.name] as const] : [],
      );
      return calls.length === 0 || sight.open.size >= MOST_OPEN
        ? sight
        : { ...sight, open: new Map([...sight.open, ...calls]) };
    }
    case 'user':
      return event.message.content.reduce(
        (seen, block) => (block.type === 'tool_result' ? answered(seen, block.tool_use_id, block.is_error) : seen),
        sight,
      );
    case 'system':
      if (event.subtype !== 'hook_started' && event.subtype !== 'hook_response') return sight;
      return event.hook_event === 'PreToolUse' ? hooked(sight, event) : sight;
    case 'result': {
      const [left] = sight.open.values();
      const silent = [...sight.tools.values()].every(({ started, answered: answers }) => started + answers === 0);
      return left !== undefined && silent && !event.is_error ? { ...sight, unguarded: left } : sight;
    }
    case 'rate_limit_event':
      return sight;
  }
}

/** A call that ended with an error may never have come as far as the hooks. */
function answered(sight: GuardSight, id: string, isError: boolean): GuardSight {
  const tool = sight.open.get(id);
  if (tool === undefined) return sight;
  const open = new Map(sight.open);
  open.delete(id);
  if (isError) return { ...sight, open };
  const before = sight.tools.get(tool) ?? NOTHING;
  const now = { ...before, ran: before.ran + 1 };
  // Who answers says what it wrote; a start alone says only that there is a hook.
  const guarded = now.answered > 0 ? now.ours : now.started;
  return {
    open,
    tools: new Map(sight.tools).set(tool, now),
    unguarded: now.ran > guarded ? tool : null,
  };
}

type HookEvent = Extract<ClaudeEvent, { subtype: 'hook_started' | 'hook_response' }>;

function hooked(sight: GuardSight, event: HookEvent): GuardSight {
  const tool = event.hook_name.slice(event.hook_name.indexOf(':') + 1);
  if (!GUARDED_TOOLS.includes(tool)) return sight;
  const before = sight.tools.get(tool) ?? NOTHING;
  if (event.subtype === 'hook_started') {
    return { ...sight, tools: new Map(sight.tools).set(tool, { ...before, started: before.started + 1 }) };
  }
  const isOurs = event.stderr === null || event.stderr.includes(GUARD_MARK);
  const now = { ...before, answered: before.answered + 1, ours: before.ours + (isOurs ? 1 : 0) };
  return { ...sight, tools: new Map(sight.tools).set(tool, now) };
}
