import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import * as z from 'zod';
import type { Consent } from '../../core/trust/trust.js';
import { readJson, writeFileAtomically } from '../files/atomic-file.js';
import { criticalSection } from '../files/critical-section.js';

/** One consent: the items (digests) of a repository (its common git folder) that were accepted together, and when. */
const consentSchema = z.strictObject({
  repository: z.string(),
  digest: z.string(),
  items: z.array(z.string()),
  /** The files, for people who read this file. */
  from: z.array(z.string()),
  at: z.string(),
});
export type StoredConsent = z.infer<typeof consentSchema>;

const trustedSchema = z.strictObject({ version: z.literal(1), accepted: z.array(consentSchema) });

type Environment = Readonly<Record<string, string | undefined>>;

/** In the user's own configuration, where no clone can write: `$XDG_CONFIG_HOME/o8/trusted.json`. */
export function trustedFile(env: Environment): string {
  const configured = env['XDG_CONFIG_HOME'];
  // A relative value is ignored, as the XDG specification requires: it would be a folder in the repository.
  const isUsable = configured !== undefined && isAbsolute(configured);
  return join(isUsable ? configured : join(homeOf(env), '.config'), 'o8', 'trusted.json');
}

/** The user's home, as programs started by o8 see it. */
export function homeOf(env: Environment): string {
  const home = env['HOME'];
  return home !== undefined && isAbsolute(home) ? home : homedir();
}

/** What was accepted for a repository. O8Error `journal_damaged` names a file that cannot be read. */
export async function readConsents(env: Environment, repository: string): Promise<Consent[]> {
  return (await read(env)).filter((consent) => consent.repository === repository);
}

/** Adds a consent and keeps others of the same repository, so that returning to older content needs no new consent. */
export async function addConsent(env: Environment, consent: StoredConsent): Promise<void> {
  await change(env, (accepted) => [
    ...accepted.filter(({ repository, digest }) => repository !== consent.repository || digest !== consent.digest),
    consent,
  ]);
}

/** Removes all consents of a repository and returns them. */
export async function removeConsents(env: Environment, repository: string): Promise<StoredConsent[]> {
  let removed: StoredConsent[] = [];
  await change(env, (accepted) => {
    removed = accepted.filter((consent) => consent.repository === repository);
    return accepted.filter((consent) => consent.repository !== repository);
  });
  return removed;
}

async function read(env: Environment): Promise<StoredConsent[]> {
  return (await readJson(trustedFile(env), trustedSchema))?.accepted ?? [];
}

async function change(env: Environment, next: (accepted: StoredConsent[]) => StoredConsent[]): Promise<void> {
  const file = trustedFile(env);
  await criticalSection(file)(async () => {
    const before = await read(env);
    const accepted = next(before);
    if (before.length === 0 && accepted.length === 0) return;
    await writeFileAtomically(file, `${JSON.stringify({ version: 1, accepted }, null, 2)}\n`);
  });
}
