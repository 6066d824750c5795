import { isAccepted } from '../../core/trust/trust.js';
import { readConsents } from '../../store/trust/trusted-file.js';
import type { Run } from './run.js';

/** Whether what the run was started with is still accepted: the user may take that back while it goes on. */
export async function isStillAccepted({ plan, repo, env }: Run): Promise<boolean> {
  if (plan.consent === undefined) return true; // begun by an older o8; whoever continues it was asked
  const digests = plan.consent.items.map(({ digest }) => digest);
  return isAccepted(digests, await readConsents(env, repo.commonDir));
}
