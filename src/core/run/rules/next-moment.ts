import type { RunState } from '../run-state.js';

/** The next moment at which time alone changes what is to be done; null if there is none. */
export function nextMoment({ phase, tasks }: RunState, now: Date): Date | null {
  const waits = [...tasks.values()].map(({ state }) =>
    state.state === 'queued' || state.state === 'worktree_created' ? state.notBefore : null,
  );
  const moments = [phase.kind === 'paused' ? phase.until : null, ...waits]
    .flatMap((at) => (at === null ? [] : [new Date(at)]))
    .filter((at) => at > now);
  return moments.reduce<Date | null>((first, at) => (first === null || at < first ? at : first), null);
}
