import type { RunEvent } from '../run/events.js';

/** Whether the event ends a waiting `status` call, because the user or the session may have to act on it. */
export function isNewsworthy(event: RunEvent): boolean {
  switch (event.type) {
    case 'task_merged':
    case 'task_failed':
    case 'task_conflicted':
    case 'task_blocked':
    case 'task_aborted':
    case 'task_rate_limited':
    case 'merge_held':
    case 'wave_validation_failed':
    case 'run_paused':
    case 'run_finished':
    case 'landed':
    case 'found_landed':
    case 'landing_undone':
    case 'pull_opened':
      return true;
    case 'run_created':
    case 'owner_changed':
    case 'run_stopped':
    case 'room_made':
    case 'target_created':
    case 'run_resumed':
    case 'run_aborting':
    case 'task_added':
    case 'task_skipped':
    case 'task_requeued':
    case 'task_released':
    case 'worktree_intended':
    case 'worktree_created':
    case 'worktree_removed':
    case 'branch_removed':
    case 'attempt_intended':
    case 'attempt_started':
    case 'attempt_void':
    case 'attempt_ended':
    case 'task_retrying':
    case 'task_done':
    case 'merge_intended':
    case 'push_intended':
    case 'branch_pushed':
    case 'pull_seen':
    case 'pull_reviewed':
    case 'pull_returned':
    case 'held_accepted':
    case 'wave_validated':
    case 'wave_validation_reset':
    case 'landing_intended':
    case 'strategy_chosen':
    case 'task_noted':
    case 'verify_ran':
    case 'undo_intended':
    case 'request_done':
      return false;
  }
}
