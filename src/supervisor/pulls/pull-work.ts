import type { Forge } from '../../core/forge/forge.js';
import type { Run } from '../run/run.js';

/** `review`: a reading agent looks at it first. */
export interface MergeWish {
  readonly review: boolean;
}

export interface PullWork {
  readonly run: Run;
  readonly forge: Forge;
  readonly remote: string;
  /** Fetches the base branch; false where that is not possible now. */
  readonly refresh: () => Promise<boolean>;
}
