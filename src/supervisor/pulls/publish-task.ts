import { o8, text } from '../../core/base/text.js';
import { shellQuote } from '../../core/base/shell-quote.js';
import { troubleText, type Forge, type ForgeTrouble, type PullName } from '../../core/forge/forge.js';
import { pullOfTask } from '../../core/forge/pull-change.js';
import { conflictResolvedComment } from '../../core/forge/pull-text.js';
import { hasMarker, markerOf } from '../../core/forge/pull-marker.js';
import type { PlannedTask } from '../../core/plan/plan.js';
import { NO_PULL } from '../../core/run/pull-record.js';
import { stackedOn } from '../../core/run/stacked-on.js';
import { foreignBase } from '../../core/run/rules/foreign-base.js';
import { pushStep } from '../../core/run/rules/pull-step.js';
import { pushBranch } from '../../git/remote/push-branch.js';
import { remoteHead } from '../../git/remote/fetch-branch.js';
import { isAncestor, resolveCommit } from '../../git/refs/refs.js';
import type { Delivered } from '../run/delivery.js';
import { recordOf, type Run } from '../run/run.js';
import { pullText } from './pull-words.js';
import { takeRemoteWork } from './remote-work.js';

/** What publishing needs beside the run. */
export interface Publishing {
  readonly run: Run;
  readonly forge: Forge;
  readonly remote: string;
}

/** Why nothing could be done just now, for the log. */
export type Later = { readonly kind: 'trouble'; readonly trouble: ForgeTrouble };

/**
 * Pushes a task's work and opens its pull request, or updates the one there is. Each step looks first at what is there,
 * so that a crash at any step doubles nothing.
 */
export async function publishTask(at: Publishing, task: PlannedTask, tip: string): Promise<Delivered | Later> {
  const pushed = await push(at, task, tip);
  if (pushed !== null) return pushed;
  return openPull(at, task);
}

/** Null: the remote has the task's commit. */
async function push({ run, remote }: Publishing, task: PlannedTask, tip: string): Promise<Delivered | Later | null> {
  const seen = await remoteHead(run.repo, { remote, branch: task.branch });
  if (seen.kind === 'unreachable') return { kind: 'trouble', trouble: seen };
  const head = seen.commit;
  const contains =
    head !== null && (await resolveCommit(run.repo, head)) !== null && (await isAncestor(run.repo, tip, head));
  const step = pushStep(recordOf(run, task.id).pull, tip, head, contains);
  switch (step.kind) {
    case 'there':
      break;
    case 'take':
      return { kind: (await takeRemoteWork(run, task, remote, step.head)) ? 'again' : 'later' };
    case 'foreign':
      return {
        kind: 'held',
        reason: `${remote} has a branch ${task.branch} at ${step.head.slice(0, 12)} that this run did not push`,
        hint: text`git push ${shellQuote(remote)} --delete ${shellQuote(task.branch)}   (or rename it there; then ${o8('merge', { run: run.plan.runId, task: task.id })})`,
      };
    case 'push': {
      run.lease.assertHeld();
      await run.ledger.record({ type: 'push_intended', task: task.id, commit: tip, replaces: step.replaces });
      run.lease.assertHeld();
      const result = await pushBranch(run.repo, { remote, branch: task.branch, commit: tip, expected: step.replaces });
      switch (result.kind) {
        case 'pushed':
          break;
        case 'moved':
          return { kind: 'again' };
        case 'unreachable':
          return { kind: 'trouble', trouble: result };
        case 'refused':
          return {
            kind: 'held',
            reason: run.redact(`${remote} refused the push of ${task.branch}: ${result.why}`).slice(0, MOST_CHARACTERS),
            hint: text`git push ${shellQuote(remote)} ${shellQuote(task.branch)}   (shows why; then ${o8('merge', { run: run.plan.runId, task: task.id })})`,
          };
      }
    }
  }
  if (recordOf(run, task.id).pull?.pushed !== tip)
    await run.ledger.record({ type: 'branch_pushed', task: task.id, commit: tip });
  return null;
}

const MOST_CHARACTERS = 1000; // a journal record stays small

async function openPull({ run, forge }: Publishing, task: PlannedTask): Promise<Delivered | Later> {
  const marker = markerOf('pull-request', task.id);
  const found = await forge.find([task.branch]);
  if (found.kind !== 'answered') return { kind: 'trouble', trouble: found };
  const pull = pullOfTask(found.value, task.branch, marker);
  const { title, body } = await pullText(run, task, marker);
  const base = baseBranchOf(run, task);
  if (pull !== null && pull.state.kind === 'open') {
    const foreign = foreignBase(run.plan, task, pull);
    if (foreign !== null) return { kind: 'held', ...foreign };
    const ours = hasMarker(pull.body, marker);
    if (!ours || pull.body !== body) {
      // A title that a person changed stays; so does what they wrote, where the description is not o8's.
      const updated = await forge.update(pull.number, { body: ours ? body : `${pull.body.trimEnd()}\n\n${marker}` });
      if (updated.kind !== 'answered') return { kind: 'trouble', trouble: updated };
    }
    await sayResolved(run, forge, task, pull.number);
    return opened(run, task, pull, pull.base);
  }
  run.lease.assertHeld();
  const created = await forge.create({ title, body, head: task.branch, base });
  switch (created.kind) {
    case 'created':
    case 'exists':
      return opened(run, task, created, base);
    case 'nothing_to_merge':
      return {
        kind: 'held',
        reason: `${base} already contains everything on ${task.branch}`,
        hint: o8('merge', { run: run.plan.runId, task: task.id }),
      };
    case 'refused':
    case 'no_login':
      return {
        kind: 'held',
        reason: run.redact(`no pull request was opened: ${troubleText(created)}`).slice(0, MOST_CHARACTERS),
        hint: o8('merge', { run: run.plan.runId, task: task.id }),
      };
    case 'rate_limited':
    case 'unreachable':
    case 'unknown':
      return { kind: 'trouble', trouble: created };
  }
}

/** The comment about a conflict that the new commit does not have any more. */
async function sayResolved(run: Run, forge: Forge, task: PlannedTask, number: number): Promise<void> {
  if (recordOf(run, task.id).pull?.seen?.kind !== 'conflict') return;
  const marker = markerOf('conflict', task.id);
  const told = await forge.comment(number, { marker, body: conflictResolvedComment(run.plan.base.branch, marker) });
  if (!['created', 'edited', 'unchanged'].includes(told.kind))
    run.log(`${task.id}: its conflict is still commented on`);
}

/** The branch that its pull request is merged into: that of the task it is stacked on while that is not merged. */
function baseBranchOf({ plan, ledger }: Run, task: PlannedTask): string {
  const stacked = stackedOn(plan, ledger.state, task);
  return plan.tasks.find(({ id }) => id === stacked?.task)?.branch ?? plan.base.branch;
}

async function opened(run: Run, task: PlannedTask, { number, url }: PullName, base: string): Promise<Delivered> {
  const pull = recordOf(run, task.id).pull ?? NO_PULL;
  const known = pull.opened;
  if (known?.number !== number || known.base !== base || pull.described !== pull.pushed)
    await run.ledger.record({ type: 'pull_opened', task: task.id, number, url, base });
  return { kind: 'delivered' };
}
