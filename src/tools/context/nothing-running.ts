/** The answer of an abort or pause that finds nothing running; not an error. */
export const NOTHING_RUNNING = 'No parallel pipelines are currently running.';
