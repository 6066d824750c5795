import { O8Error } from '../../core/base/errors.js';
import { inTerminal } from '../../core/base/text.js';
import type { Plan } from '../../core/plan/plan.js';
import { pullRemote, targetOf } from '../../core/plan/target.js';
import type { PullFacts } from '../../core/preflight/preflight-pulls.js';
import { redactor, secretValues } from '../../core/text/redact.js';
import type { Repository } from '../../git/door/repository.js';
import { countCommits } from '../../git/diff/changes.js';
import { resolveCommit } from '../../git/refs/refs.js';
import type { ToolContext } from '../context/define-tool.js';
import { pullForge } from '../context/pull-forge.js';

/** Null for a run that opens no pull requests. Asks the forge once, and changes nothing there or here. */
export async function readPullFacts(
  repo: Repository,
  plan: Plan,
  remoteThere: string | null,
  { env }: Pick<ToolContext, 'env'>,
): Promise<PullFacts | null> {
  const target = targetOf(plan);
  const remote = pullRemote(target);
  if (remote === null) return null;
  if (remoteThere === null) return { kind: 'no_remote', remote };
  const redact = redactor(secretValues(env));
  try {
    const forge = await pullForge(repo, remote, { env, redact });
    const { branch, commit } = plan.base;
    const there = await resolveCommit(repo, target.ref);
    const ahead = there === null || commit === '' ? null : await countCommits(repo, there, commit);
    return { kind: 'asked', remote, base: branch, forge: await forge.preflight(branch), ahead };
  } catch (error) {
    if (!(error instanceof O8Error)) throw error;
    return { kind: 'no_forge', why: inTerminal(error.said), hint: error.hint };
  }
}
