import { relative, sep } from 'node:path';
import type { Plan } from '../plan/plan.js';
import { taskOf, type RunState } from '../run/run-state.js';

/** Below the folder of Beads; kept out of git. */
export const MIRROR = '.beads/orchestrator/state.json';

interface MirrorEntry {
  /** The agent's, which `kill` ends; absent while none runs. */
  readonly pid?: string;
  readonly worktree: string;
  /** Absent before there is one. */
  readonly pr_number?: string;
}

/** What people and scripts read of a run: the tasks in progress, by id. A newline at the end. */
export function mirrorText(plan: Plan, state: RunState): string {
  const entries = plan.tasks.flatMap((task): [string, MirrorEntry][] => {
    const record = taskOf(state, task.id);
    const { state: now, worktree, pull } = record;
    const pid = now.state === 'running' && now.process.kind === 'started' ? now.process.pid : null;
    const opened = now.state === 'complete' ? null : (pull?.opened ?? null);
    if (worktree !== 'present' && opened === null) return [];
    return [
      [
        task.id,
        {
          ...(pid === null ? {} : { pid: String(pid) }),
          worktree: relative(plan.root, task.worktree).split(sep).join('/'),
          ...(opened === null ? {} : { pr_number: String(opened.number) }),
        },
      ],
    ];
  });
  return `${JSON.stringify(Object.fromEntries(entries), null, 2)}\n`;
}
