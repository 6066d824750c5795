import { relative } from 'node:path';
import type { ResolutionAnswer, UndoneAnswer } from '../../core/run/request-results.js';
import type { ToolAnswer } from '../../tools/catalogue.js';
import { safeLines, type Terminal } from '../context/terminal.js';

type MergeAnswer = ToolAnswer<'merge'>;

/** Prints where `merge --resolve` opened the conflict, and the next commands. */
export function printResolution({ resolution, target }: MergeAnswer, { colors, print }: Terminal, cwd: string): void {
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
  opened: Extract<ResolutionAnswer, { kind: 'opened' }>,
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
    print(colors.yellow('\nResolved by a merge driver or attribute of the repository; check these:'));
  for (const file of silent) print(`  ${safeLines(file)}`);
}

/** Prints what `merge --undo` reverted, and the command that restores it. */
export function printUndone({ undone = [] }: MergeAnswer, { colors, print }: Terminal): void {
  for (const each of undone) printOneUndone(each, { colors, print });
}

function printOneUndone(undone: UndoneAnswer, { colors, print }: Output): void {
  switch (undone.kind) {
    case 'nothing':
      print(`Nothing to revert: ${safeLines(undone.reason)}.`);
      return;
    case 'reverted':
      print(colors.green(`Reverted on ${undone.branch}: ${what(undone)}, by ${undone.commit.slice(0, 12)}`));
      print(`  ${undone.again}   (restores it)`);
      return;
    case 'moved_back':
      print(
        colors.green(`Reverted on ${undone.branch}: ${what(undone)}; the branch is back at ${undone.to.slice(0, 12)}`),
      );
      print(`  ${undone.again}   (lands it again)`);
      return;
    case 'would_undo':
      print(`Would revert on ${undone.branch}: ${what(undone)}`);
      return;
    case 'held':
      print(colors.red(`Not reverted on ${undone.branch}: ${what(undone)}: ${safeLines(undone.reason)}`));
      for (const file of undone.files) print(`  ${safeLines(file)}`);
      print(`  ${safeLines(undone.hint)}`);
  }
}

function what({ task, landing }: Exclude<UndoneAnswer, { kind: 'nothing' }>): string {
  return `${task ?? 'what landed'} at ${landing.slice(0, 12)}`;
}

export function undoWasHeld({ undone = [] }: MergeAnswer): boolean {
  return undone.some(({ kind }) => kind === 'held');
}
