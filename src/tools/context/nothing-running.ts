/** What an abort that finds nothing to stop; not an error. */
export const NOTHING_RUNNING = 'No parallel pipelines are currently running.';
