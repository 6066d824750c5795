import type { PullResult } from '../request-results.js';
import { isOpenPull, type TaskRecord } from '../run-state.js';

/**
 * What is said of a task whose pull request is open on the forge and shows older work, so that nothing there counts yet. Null
 * for any other task.
 */
export function pullAside(record: TaskRecord): PullResult | null {
  const { id, state, pull } = record;
  const opened = pull?.opened ?? null;
  if (opened === null || isOpenPull(record)) return null;
  const said = (action: PullResult['action'], why: string): PullResult => ({
    task: id,
    number: opened.number,
    url: opened.url,
    action,
    why,
  });
  const last = pull?.seen ?? null;
  switch (state.state) {
    case 'queued':
    case 'worktree_created':
    case 'running': {
      const isWhy = last !== null && ['checks_failed', 'changes_requested'].includes(last.kind);
      return said('wait', `${isWhy ? `${last.message}; ` : ''}the agent works on it again`);
    }
    case 'merge_pending':
      return state.hold === null
        ? said('wait', 'its new commit is verified and pushed first')
        : said('refuse', state.hold.reason);
    case 'failed':
      return said('refuse', `the task failed: ${state.message}`);
    case 'aborted':
      return said('refuse', 'the task was aborted');
    case 'blocked':
      return said('refuse', 'the task is blocked');
    case 'merge_conflict':
    case 'complete':
    case 'skipped':
      return null;
  }
}
