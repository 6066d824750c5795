import { counted } from '../text/counted.js';
import { clipped } from '../text/bounds.js';
import { dollars } from '../text/dollars.js';
import type { Redactor } from '../text/redact.js';
import { printable } from '../text/untrusted-text.js';
import { shellQuote } from '../base/shell-quote.js';
import { withMarker } from './pull-marker.js';
import { block, fenced, inlineCode } from './quoted-markdown.js';

/** GitHub refuses longer titles. */
const TITLE_CHARACTERS = 256;
/** GitHub refuses texts of more than 65,536 characters; these parts together stay far below. */
const TASK_CHARACTERS = 12_000;
const RESULT_CHARACTERS = 8_000;
const REVIEW_CHARACTERS = 20_000;
/** A reader opens the diff, or the run, for more. */
const MOST_PATHS = 50;
const MOST_CHECKS = 20;

/** What a pull request says about its task. Everything from the task, its agent and the repository is untrusted. */
export interface PullText {
  readonly task: { readonly id: string; readonly prompt: string };
  readonly runId: string;
  /** The agent's last message; null if it gave none. */
  readonly result: string | null;
  /** Commands that were run on the merge with the base, in their order, and whether each passed. */
  readonly checks: readonly { readonly command: string; readonly passed: boolean }[];
  /** Changes outside of the task's scope; null if nothing was checked. */
  readonly outOfScope: readonly { readonly path: string; readonly rule: string }[] | null;
  readonly cost: { readonly usd: number | null; readonly attempts: number };
}

/** One line of at most 256 characters from a task's title; its id if the title is empty. */
export function pullTitle(title: string, id: string, redact: Redactor): string {
  const line = printable(redact(title).replace(/\s+/g, ' ').trim());
  const text = line === '' ? printable(id) : line;
  return text.length <= TITLE_CHARACTERS ? text : `${text.slice(0, TITLE_CHARACTERS - 1).trimEnd()}…`;
}

/** The description of a pull request in Markdown, with its marker at the end. */
export function pullBody(text: PullText, marker: string, redact: Redactor): string {
  const { task, runId, result, outOfScope } = text;
  const parts = [
    `Task ${inlineCode(task.id)} in run ${inlineCode(runId)} of o8.`,
    ...(result === null || result.trim() === '' ? [] : ['## Result', fenced(result, redact, RESULT_CHARACTERS)]),
    '## Checks',
    checksText(text.checks, redact),
    ...(outOfScope === null ? [] : ['## Scope', scopeText(outOfScope)]),
    '## Cost',
    costText(text.cost),
    '<details><summary>Task</summary>',
    fenced(task.prompt, redact, TASK_CHARACTERS),
    '</details>',
  ];
  return withMarker(parts.join('\n\n'), marker);
}

function checksText(checks: PullText['checks'], redact: Redactor): string {
  if (checks.length === 0) return 'No verify command is configured.';
  const more = checks.length - MOST_CHECKS;
  const lines = checks
    .slice(0, MOST_CHECKS)
    .map(
      ({ command, passed }) => `- ${passed ? 'passed' : 'failed'}: ${inlineCode(redact(command).replace(/\s+/g, ' '))}`,
    );
  return [
    'Run by o8 on the merge with the base branch:',
    '',
    ...lines,
    ...(more > 0 ? [`- and ${String(more)} more`] : []),
  ].join('\n');
}

function scopeText(outOfScope: NonNullable<PullText['outOfScope']>): string {
  if (outOfScope.length === 0) return 'All changes are within the scope of the task.';
  const shown = outOfScope.slice(0, MOST_PATHS).map(({ path, rule }) => `- ${inlineCode(path)}: ${inlineCode(rule)}`);
  const more = outOfScope.length - shown.length;
  return [
    `${counted(outOfScope.length, 'change')} outside the scope of the task:`,
    '',
    ...shown,
    ...(more > 0 ? [`- and ${String(more)} more`] : []),
  ].join('\n');
}

function costText({ usd, attempts }: PullText['cost']): string {
  return usd === null ? counted(attempts, 'attempt') : `${dollars(usd)} in ${counted(attempts, 'attempt')}`;
}

export interface ConflictText {
  readonly base: string;
  readonly branch: string;
  /** The name of the remote, and the task's worktree as a path that a person can type. */
  readonly remote: string;
  readonly worktree: string;
  /** From the top of the repository. */
  readonly files: readonly string[];
}

/** The comment on a pull request that conflicts with its base: the files, and the commands that resolve it. */
export function conflictComment({ base, branch, remote, worktree, files }: ConflictText, marker: string): string {
  const shown = files.slice(0, MOST_PATHS).map((file) => `- ${inlineCode(file)}`);
  const more = files.length - shown.length;
  const parts = [
    `This branch conflicts with ${inlineCode(base)}:`,
    [...shown, ...(more > 0 ? [`- and ${String(more)} more`] : [])].join('\n'),
    'To resolve it:',
    block(
      [
        `cd ${shellQuote(worktree)}`,
        `git fetch ${shellQuote(remote)} ${shellQuote(base)}`,
        `git rebase ${shellQuote(`${remote}/${base}`)}`,
        `git push --force-with-lease ${shellQuote(remote)} ${shellQuote(branch)}`,
      ],
      'bash',
    ),
    'o8 verifies the branch again after the push.',
  ];
  return withMarker(parts.join('\n\n'), marker);
}

/** The comment when the conflict is gone, which replaces the one above. */
export function conflictResolvedComment(base: string, marker: string): string {
  return withMarker(`The conflict with ${inlineCode(base)} is resolved.`, marker);
}

export interface ReviewText {
  readonly verdict: 'merge' | 'changes';
  /** The commit that was reviewed. */
  readonly head: string;
  /** What the reviewing agent wrote. */
  readonly text: string;
}

/** The verdict of the merger agent as a comment. */
export function reviewComment({ verdict, head, text }: ReviewText, marker: string, redact: Redactor): string {
  const commit = inlineCode(clipped(head.slice(0, 12)));
  const heading = verdict === 'merge' ? `Review of ${commit}: merge` : `Review of ${commit}: changes needed`;
  const said = text.trim() === '' ? [] : [fenced(text, redact, REVIEW_CHARACTERS)];
  return withMarker([`**${heading}**`, ...said].join('\n\n'), marker);
}
