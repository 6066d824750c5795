import { git } from '../door/execute.js';
import { pinRef, resolveCommit } from '../refs/refs.js';
import type { Repository } from '../door/repository.js';

/**
 * Saves a commit under one of o8's refs, or as `<ref>-<start of its id>` if that ref already holds other work, so that
 * nothing saved is lost. Returns the ref. A commit with the same content and parents counts as already saved.
 */
export async function keepCommit(repo: Repository, ref: string, commit: string): Promise<string> {
  const existing = await resolveCommit(repo, ref);
  if (existing === null) {
    await pinRef(repo, ref, commit);
    return ref;
  }
  if (existing === commit || (await contentOf(repo, existing)) === (await contentOf(repo, commit))) return ref;
  const beside = `${ref}-${commit.slice(0, 12)}`;
  await pinRef(repo, beside, commit);
  return beside;
}

async function contentOf(repo: Repository, commit: string): Promise<string> {
  return git(['log', '-1', '--no-show-signature', '--format=%T %P', commit, '--'], { cwd: repo.root });
}
