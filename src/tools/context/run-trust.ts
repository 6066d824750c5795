import type { Plan } from '../../core/plan/plan.js';
import { itemOf } from '../../core/trust/files.js';
import { skillPaths } from '../../core/trust/skill-paths.js';
import { isAccepted } from '../../core/trust/trust.js';
import { refuseUntrusted, untrustedError } from '../../core/trust/trust-text.js';
import type { Repository } from '../../git/door/repository.js';
import { openRepository } from '../../git/door/repository.js';
import type { RunHome } from '../../store/files/paths.js';
import { readConsents } from '../../store/trust/trusted-file.js';
import { readSettingsText } from '../../store/runs/settings-file.js';
import { ownSettings, readTrust } from './read-trust.js';

/**
 * Throws O8Error `untrusted` when the files a run was started with are no longer accepted. A run of an older o8 did not
 * record them: then the files of the repository as they are now must be accepted.
 */
export async function refuseUntrustedRun(plan: Plan, home: RunHome, env: NodeJS.ProcessEnv): Promise<void> {
  const repo = await checkoutOf(plan, home);
  if (plan.consent !== undefined) {
    const { items } = plan.consent;
    const digests = items.map(({ digest }) => digest);
    if (isAccepted(digests, await readConsents(env, repo.commonDir))) return;
    throw untrustedError(items.map(({ from }) => from));
  }
  refuseUntrusted(await trustOfOlderRun(repo, plan, env));
}

/** Whether the settings file is not in git, is the one the run was started with, or was accepted since. */
export async function areSettingsAccepted(plan: Plan, home: RunHome, env: NodeJS.ProcessEnv): Promise<boolean> {
  const repo = await checkoutOf(plan, home);
  const file = await ownSettings({ repo, settings: await readSettingsText(repo.root) });
  if (file === null) return true;
  const { digest } = itemOf(null, file);
  return (
    plan.consent?.allowed.includes(digest) === true || isAccepted([digest], await readConsents(env, repo.commonDir))
  );
}

/**
 * O8Error `untrusted` where the settings file is in git and was not accepted: for what reading a plan would run, before
 * preflight asks.
 */
export async function refuseUnacceptedSettings(root: string, env: NodeJS.ProcessEnv): Promise<void> {
  const repo = await openRepository(root);
  const file = await ownSettings({ repo, settings: await readSettingsText(root) });
  if (file === null || isAccepted([itemOf(null, file).digest], await readConsents(env, repo.commonDir))) return;
  throw untrustedError([file.path]);
}

/** The checkout that started the run; the caller's checkout when that one no longer exists. */
async function checkoutOf({ root }: Plan, home: RunHome): Promise<Repository> {
  const here = await openRepository(home.root);
  if (root === here.root) return here;
  const there = await openRepository(root).catch(() => null); // removed, or no longer a repository
  return there?.commonDir === here.commonDir ? there : here;
}

async function trustOfOlderRun(repo: Repository, plan: Plan, env: NodeJS.ProcessEnv): ReturnType<typeof readTrust> {
  const callsCommand = plan.tasks.some(({ promptKind }) => promptKind === 'skill');
  const skill = callsCommand ? skillPaths(plan.settings.skill) : [];
  const settings = await readSettingsText(repo.root);
  return readTrust({ repo, commit: plan.base.commit, settings, skill }, env);
}
