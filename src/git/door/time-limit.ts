import type { GitOptions } from './execute.js';

/** Returns the time that git may still take; throws if none is left. */
export type TimeLimit = () => Pick<GitOptions, 'timeoutMs'>;
