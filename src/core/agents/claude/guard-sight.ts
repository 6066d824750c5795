import { GUARD_MARK } from '../../scope/write-guard.js';
import type { ClaudeEvent } from './claude-events.js';

/*
 * The stream shows whether the hooks of `--settings` run (`--include-hook-events`): before the result of each Write, Edit
 * or Bash there is an event of o8's hook for it. If Claude Code skips hooks (`--bare`, or rejected settings), there is no
 * guard against writes outside the worktree. Events name a tool, not the call, so they are counted for each tool; calls
 * of subagents only add events.
 */

export const GUARDED_TOOLS: readonly string[] = ['Write', 'Edit', 'MultiEdit', 'NotebookEdit', 'Bash'];

/** Few calls are open at a time; limited because the output is untrusted. */
const MOST_OPEN = 200;

export interface GuardSight {
  /** Guarded calls of the main conversation without a result yet: id to tool. */
  readonly open: ReadonlyMap<string, string>;
  /** For each tool: how often it ran, and how many hook starts, hook answers, and answers of o8's hook were seen. */
  readonly tools: ReadonlyMap<string, ToolSight>;
  /** The first tool that ran without the guard; null for none. */
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

/** A call that ended with an error may not have reached the hooks, so it is not counted. */
function answered(sight: GuardSight, id: string, isError: boolean): GuardSight {
  const tool = sight.open.get(id);
  if (tool === undefined) return sight;
  const open = new Map(sight.open);
  open.delete(id);
  if (isError) return { ...sight, open };
  const before = sight.tools.get(tool) ?? NOTHING;
  const now = { ...before, ran: before.ran + 1 };
  // An answer shows whose hook it is; a start only shows that some hook ran.
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
