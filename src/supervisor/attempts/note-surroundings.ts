import { join, relative, sep } from 'node:path';
import { pullRemote, targetOf } from '../../core/plan/target.js';
import { sourceOf } from '../../core/plan/sources.js';
import {
  changedSurroundings,
  mayHaveMade,
  ownerOf,
  surroundingNote,
  surroundingsSchema,
  surroundingTexts,
  type SurroundingChange,
  type Surroundings,
} from '../../core/surroundings/surroundings.js';
import { savedFile } from '../../git/settings/pin.js';
import { savedAs } from '../../git/surroundings/hook-memory.js';
import { movedBy, movedInCheckout, readSurroundings } from '../../git/surroundings/read-surroundings.js';
import { readJson, writeFileAtomically } from '../../store/files/atomic-file.js';
import { attemptOf, recordOf, type Run } from '../run/run.js';

const BEFORE = 'surroundings.json';
const AFTER = 'surroundings-after.json';
const MOST_NOTES = 12; // enough for the user to investigate

/** Saves the state of everything an agent must not change in the attempt's folder, just before the agent starts. */
export async function rememberSurroundings(run: Run, task: string, attempt: number): Promise<void> {
  await writeFileAtomically(fileOf(run, task, attempt, BEFORE), JSON.stringify(await look(run)), 'cached');
}

/** Notes on what changed in it while the agent ran and how to restore it. They do not prove who made a change. */
export async function surroundingsNotes(run: Run, task: string, attempt: number): Promise<string[]> {
  const before = await readJson(fileOf(run, task, attempt, BEFORE), surroundingsSchema);
  if (before === null) return [];
  const after = await look(run);
  await writeFileAtomically(fileOf(run, task, attempt, AFTER), JSON.stringify(after), 'cached');
  const own = ownMoves(run);
  const seen = changedSurroundings(before, after).filter((change) => !own.has(`${change.name} ${change.after ?? ''}`));
  if (seen.length === 0) return [];
  const others = await othersMeanwhile(run, task, before.at ?? 0);
  const changes: SurroundingChange[] = [];
  for (const change of seen) {
    const owner = ownerOf(change, run.plan.tasks);
    if (owner !== null && owner !== task && others.some((other) => other.task === owner)) continue; // reported with that task
    if (change.name === `refs/heads/${run.plan.base.branch}` && (await movedInCheckout(run.repo, change))) continue;
    changes.push(change);
  }
  const moves = new Map<string, 'push' | 'fetch' | 'unknown'>();
  for (const change of changes) if (change.kind === 'remote') moves.set(change.name, await movedBy(run.repo, change));
  const told = surroundingTexts(changes, {
    root: run.plan.root,
    commonDir: run.repo.commonDir,
    saved: (file) => savedFile(run.repo.commonDir, file),
    savedAs: (path, digest) => savedAs(run.repo, path, digest),
    redact: run.redact,
    movedBy: ({ name }) => moves.get(name) ?? 'unknown',
  });
  const notes = told.map((each) => {
    const may = ownerOf(each.change, run.plan.tasks) === task ? [] : others;
    const also = may.filter((other) => mayHaveMade(each.change, other)).map((other) => other.task);
    return surroundingNote(each, task, also);
  });
  if (notes.length <= MOST_NOTES) return notes;
  return [...notes.slice(0, MOST_NOTES), `and ${String(notes.length - MOST_NOTES)} more changes outside its worktree`];
}

/** Commits to which o8 itself moved the base branch, as `<ref> <commit>`. */
function ownMoves({ plan, ledger: { state } }: Run): Set<string> {
  const moves = [...state.landings, state.landingIntent, state.undoIntent, ...state.mergeIntents.values()];
  const undone = state.landings.flatMap((landing) =>
    landing.undone?.kind === 'reverted' ? [landing.undone.commit] : [],
  );
  const commits = [...undone, ...moves.flatMap((move) => (move === null ? [] : [move.from, move.to]))];
  return new Set(commits.map((commit) => `refs/heads/${plan.base.branch} ${commit}`));
}

interface Other {
  readonly task: string;
  readonly before: Surroundings;
  readonly after: Surroundings | null;
}

/** Tasks whose last attempt ran at some time since `since`. */
async function othersMeanwhile(run: Run, task: string, since: number): Promise<Other[]> {
  const others: Other[] = [];
  for (const { id } of run.plan.tasks) {
    const { attempt } = recordOf(run, id);
    if (id === task || attempt === 0) continue;
    const before = await readJson(fileOf(run, id, attempt, BEFORE), surroundingsSchema);
    const after = await readJson(fileOf(run, id, attempt, AFTER), surroundingsSchema);
    const isOver = after !== null && (after.at ?? 0) < since;
    if (before !== null && !isOver) others.push({ task: id, before, after });
  }
  return others;
}

function fileOf(run: Run, task: string, attempt: number, name: string): string {
  return join(attemptOf(run, task, attempt).dir, name);
}

async function look(run: Run): Promise<Surroundings> {
  const { plan } = run;
  const rewritten = sourceOf(plan.source).rewritten.map((path) => relative(plan.root, path).split(sep).join('/'));
  const remote = pullRemote(targetOf(plan));
  const branches = new Set(
    plan.tasks.flatMap(({ branch }) => [
      `refs/heads/${branch}`,
      ...(remote === null ? [] : [`refs/remotes/${remote}/${branch}`]), // o8 pushes them, and deletes them after the merge
    ]),
  );
  return readSurroundings(run.repo, {
    isRef: (ref) => branches.has(ref) || ref.startsWith('refs/heads/o8/'),
    isPath: (path) => rewritten.includes(path) || path.startsWith('.claude/parallel'),
  });
}
