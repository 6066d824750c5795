import { relative } from 'node:path';
import * as z from 'zod';
import { resolutionSchema, undoneSchema, type Resolution, type Undone } from '../../core/run/requests.js';
import { safeLines, type Terminal } from '../context/terminal.js';

const answerSchema = z.object({
  base: z.string(),
  target: z.string(),
  resolution: resolutionSchema.optional(),
  undone: z.array(undoneSchema).optional(),
});

/** What `merge --resolve` opened, with what to do there. */
export function printResolution(result: unknown, { colors, print }: Terminal, cwd: string): void {
  const { resolution, target } = answerSchema.parse(result);
  if (resolution === undefined) return;
  switch (resolution.kind) {
    case 'no_conflict':
      print(`Nothing to resolve: ${safeLines(resolution.reason)}.`);
      break;
    case 'opened':
      printOpened(resolution, target, { colors, print }, cwd);
  }
  print('\nNext:');
  const short = (command: string): string =>
    resolution.kind === 'opened'
      ? command.replaceAll(resolution.worktree, relative(cwd, resolution.worktree))
      : command;
  for (const command of resolution.next) print(`  ${safeLines(short(command))}`);
}

type Output = Pick<Terminal, 'colors' | 'print'>;

function printOpened(
  opened: Extract<Resolution, { kind: 'opened' }>,
  target: string,
  { colors, print }: Output,
  cwd: string,
): void {
  const { worktree, branch, files, silent, targetCommit, branchCommit } = opened;
  print(
    `Conflict of ${branch} (${branchCommit.slice(0, 12)}) with ${target} (${targetCommit.slice(0, 12)}) is open in`,
  );
  print(`  ${safeLines(relative(cwd, worktree))}`);
  if (files.length > 0) print(colors.yellow('\nTo be resolved:'));
  for (const file of files) print(`  ${safeLines(file)}`);
  if (silent.length > 0)
    print(colors.yellow('\nResolved by a merge driver or attribute of the repository, to be looked at:'));
  for (const file of silent) print(`  ${safeLines(file)}`);
}

/** What `merge --undo` took back, and how it comes again. */
export function printUndone(result: unknown, { colors, print }: Terminal): void {
  for (const each of answerSchema.parse(result).undone ?? []) printOneUndone(each, { colors, print });
}

function printOneUndone(undone: Undone, { colors, print }: Output): void {
  switch (undone.kind) {
    case 'nothing':
      print(`Nothing to take back: ${safeLines(undone.reason)}.`);
      return;
    case 'reverted':
      print(colors.green(`Taken back from ${undone.branch}: ${what(undone)}, by ${undone.commit.slice(0, 12)}`));
      print(`  ${undone.again}   (brings it back)`);
      return;
    case 'moved_back':
      print(
        colors.green(`Taken back from ${undone.branch}: ${what(undone)}; it is at ${undone.to.slice(0, 12)} again`),
      );
      print(`  ${undone.again}   (lands it again)`);
      return;
    case 'would_undo':
      print(`Would take back from ${undone.branch}: ${what(undone)}`);
      return;
    case 'held':
      print(colors.red(`Not taken back from ${undone.branch}: ${what(undone)}: ${safeLines(undone.reason)}`));
      for (const file of undone.files) print(`  ${safeLines(file)}`);
      print(`  ${safeLines(undone.hint)}`);
  }
}

function what({ task, landing }: Exclude<Undone, { kind: 'nothing' }>): string {
  return `${task ?? 'what landed'} at ${landing.slice(0, 12)}`;
}

export function undoWasHeld(result: unknown): boolean {
  return (answerSchema.parse(result).undone ?? []).some(({ kind }) => kind === 'held');
}
