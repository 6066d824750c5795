import { git } from '../door/execute.js';
import { pinRef, resolveCommit } from '../refs/refs.js';
import type { Repository } from '../door/repository.js';

/**
 * Keeps a commit under a ref of o8's own, or beside it (`<ref>-<start of its id>`) where that keeps other work already:
 * nothing that was kept is let go. Gives the ref that has it; a commit with the same content and parents counts as it.
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
