import { isAccepted } from '../../core/trust/trust.js';
import { readConsents } from '../../store/trust/trusted-file.js';
import type { Run } from './run.js';

/** Whether the repository's settings with which the run was started are still accepted; the user may revoke that. */
export async function isStillAccepted({ plan, repo, env }: Run): Promise<boolean> {
  if (plan.consent === undefined) return true; // started by an older version; the user was asked when continuing it
  const digests = plan.consent.items.map(({ digest }) => digest);
  return isAccepted(digests, await readConsents(env, repo.commonDir));
}
