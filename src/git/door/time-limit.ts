import type { GitOptions } from './execute.js';

/** Gives what git may still take, and throws when the time is over. */
export type TimeLimit = () => Pick<GitOptions, 'timeoutMs'>;
