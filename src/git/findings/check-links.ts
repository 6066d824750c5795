import type { Finding } from '../../core/held/finding.js';
import { broughtLinks, keyOf, type Links } from '../../core/held/links.js';
import type { PlannedTask } from '../../core/plan/plan.js';
import { printable } from '../../core/text/untrusted-text.js';
import { readSmallBlobs } from '../held/blobs.js';
import { LINK_MODE, specialEntries } from '../held/tree-entries.js';
import type { Brought, HeldRun } from './brought-work.js';
import { takeBackCommands } from './mending.js';

const MOST_BYTES = 64 * 1024; // longer than any link target; a larger file is identified by its size alone

/** Symbolic links that would not work in a clone: absolute, leading out of the repository, or into a git folder. */
export async function linkFindings(run: HeldRun, task: PlannedTask, brought: Brought): Promise<Finding[]> {
  const { onto, commit, differences } = brought;
  // An added or removed link can change where other links lead.
  if (!differences.some(({ oldMode, newMode }) => oldMode === LINK_MODE || newMode === LINK_MODE)) return [];
  const [before, after] = await Promise.all([linksOf(run, onto), linksOf(run, commit)]);
  return broughtLinks(before, after).map((link) => ({
    key: keyOf(link),
    what: `${printable(link.path)} ${link.why}`,
    path: link.path,
    commands: takeBackCommands(task, link.path, before.has(link.path) ? onto : null),
  }));
}

async function linksOf({ repo }: HeldRun, commit: string): Promise<Links> {
  const links = (await specialEntries(repo, commit)).filter(({ mode }) => mode === LINK_MODE);
  const texts = await readSmallBlobs(
    repo,
    links.map(({ id }) => id),
    MOST_BYTES,
  );
  const tooLong = 'x'.repeat(MOST_BYTES);
  return new Map(links.map(({ path, id }) => [path, texts.get(id) ?? tooLong]));
}
