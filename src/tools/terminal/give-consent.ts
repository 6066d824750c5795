import { o8 } from '../../core/base/text.js';
import { O8Error } from '../../core/base/errors.js';
import { skillPaths } from '../../core/trust/skill-paths.js';
import type { TrustItem } from '../../core/trust/files.js';
import { DEFAULT_SKILL } from '../../core/settings/settings.js';
import { resolveCommit } from '../../git/refs/refs.js';
import type { Repository } from '../../git/door/repository.js';
import { readSettingsFile, readSettingsText } from '../../store/runs/settings-file.js';
import { addConsent, readConsents, removeConsents, trustedFile } from '../../store/trust/trusted-file.js';
import type { ToolContext } from '../context/define-tool.js';
import { refuseNested } from '../context/refuse-nested.js';
import { openContext } from '../context/repository-context.js';
import { readTrust, type ReadTrust } from '../context/read-trust.js';

/** All files of the repository that need consent. O8Error `nested_run` for an agent of a run. */
export async function trustOfRepository(
  context: ToolContext,
): Promise<ReadTrust & { readonly acceptedAt: string | null }> {
  refuseNested('trust', context);
  const { repo, root } = await openContext(context);
  const trust = await readTrust({ ...(await inputs(repo, root)), skill: await skillOf(root) }, context.env);
  const consents = await readConsents(context.env, repo.commonDir);
  const digests = trust.items.map(({ digest }) => digest);
  const consent = consents.find(({ items }) => digests.every((digest) => items.includes(digest)));
  return { ...trust, acceptedAt: trust.items.length === 0 ? null : (consent?.at ?? null) };
}

/**
 * Records that the user accepts the files with this digest: all that need consent, or those that a plan showed. Returns
 * the files. O8Error `untrusted` when no files have this digest because they changed.
 */
export async function acceptDigest(digest: string, context: ToolContext): Promise<readonly string[]> {
  refuseNested('trust', context);
  const { repo, root } = await openContext(context);
  const input = await inputs(repo, root);
  const withSkill = await readTrust({ ...input, skill: await skillOf(root) }, context.env);
  const tasksOnly = await readTrust({ ...input, skill: [] }, context.env);
  const found = [withSkill, tasksOnly].find((trust) => trust.items.length > 0 && trust.digest === digest);
  if (found === undefined) {
    const message =
      withSkill.items.length === 0
        ? 'This repository has no files that need to be accepted.'
        : `The files to accept have the digest ${withSkill.digest}. They changed since ${digest.slice(0, 80)} was shown.`;
    throw new O8Error('untrusted', message, o8('trust'));
  }
  await accept(repo, found.items, found.digest, context);
  return found.items.map(({ from }) => from);
}

/** Records that the user accepts these items, which were shown before. */
export async function accept(
  repo: Repository,
  items: readonly TrustItem[],
  digest: string,
  { env, now }: Pick<ToolContext, 'env' | 'now'>,
): Promise<void> {
  await addConsent(env, {
    repository: repo.commonDir,
    digest,
    items: items.map((item) => item.digest),
    from: items.map(({ from }) => from),
    at: now().toISOString(),
  });
}

/** Revokes everything accepted for this repository. Returns the files. */
export async function revoke(context: ToolContext): Promise<readonly string[]> {
  refuseNested('trust', context);
  const { repo } = await openContext(context);
  const removed = await removeConsents(context.env, repo.commonDir);
  return [...new Set(removed.flatMap(({ from }) => from))].sort();
}

/** The file in which consent is recorded. */
export function consentPlace({ env }: ToolContext): string {
  return trustedFile(env);
}

async function inputs(
  repo: Repository,
  root: string,
): Promise<{ readonly repo: Repository; readonly commit: string | null; readonly settings: string | null }> {
  return { repo, commit: repo.bare ? null : await resolveCommit(repo, 'HEAD'), settings: await readSettingsText(root) };
}

/** The slash command that features call; the default one when the settings file cannot be read. */
async function skillOf(root: string): Promise<string[]> {
  try {
    const { skill } = await readSettingsFile(root);
    return skillPaths(skill ?? DEFAULT_SKILL);
  } catch (error) {
    if (error instanceof O8Error) return skillPaths(DEFAULT_SKILL);
    throw error;
  }
}
