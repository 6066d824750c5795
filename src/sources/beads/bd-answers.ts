import * as z from 'zod';
import type { Issue, IssueComment, IssueLink } from '../../core/beads/issue.js';
import { parseJson } from '../files/safe-json.js';

/*
 * What bd prints with --json. Its versions and its likes add keys and leave some out, so that only an id is required.
 */

const text = z.string().nullish().catch(null);
const words = z.array(z.string()).nullish().catch(null);

/** In lists a pair of ids, in `show` the whole other issue. */
const linkSchema = z.union([
  z.object({ depends_on_id: z.string(), type: z.string() }).transform(({ depends_on_id: on, type }) => ({ on, type })),
  z
    .object({ id: z.string(), dependency_type: z.string() })
    .transform(({ id, dependency_type: type }) => ({ on: id, type })),
]);

const commentSchema = z
  .object({ text: z.string(), author: text, created_at: text })
  .transform((comment): IssueComment => ({
    text: comment.text,
    author: comment.author ?? '',
    at: comment.created_at ?? '',
  }));

const NORMAL_PRIORITY = 2;
/** 1, or `P1` as people write it. */
const prioritySchema = z
  .union([z.number(), z.string().transform((written) => Number(written.replace(/^P/i, '')))])
  .pipe(z.number())
  .catch(NORMAL_PRIORITY);

const issueSchema = z
  .object({
    id: z.string().min(1),
    title: text,
    description: text,
    design: text,
    acceptance_criteria: text,
    notes: text,
    status: text,
    priority: prioritySchema,
    issue_type: text,
    assignee: text,
    labels: words,
    dependencies: z.array(z.unknown()).nullish().catch(null),
    parent: text,
    ephemeral: z.boolean().nullish().catch(null),
    wisp: z.boolean().nullish().catch(null),
    is_template: z.boolean().nullish().catch(null),
    created_at: text,
    comment_count: z.number().nullish().catch(null),
    comments: z.array(z.unknown()).nullish().catch(null),
  })
  .transform((raw): Issue => {
    const links = (raw.dependencies ?? []).flatMap((link) => parsed(linkSchema, link));
    const comments = raw.comments?.flatMap((comment) => parsed(commentSchema, comment)) ?? null;
    return {
      id: raw.id,
      title: raw.title ?? '',
      description: raw.description ?? '',
      design: raw.design ?? '',
      acceptance: raw.acceptance_criteria ?? '',
      notes: raw.notes ?? '',
      status: raw.status ?? 'open',
      priority: raw.priority,
      type: raw.issue_type ?? 'task',
      assignee: raw.assignee === '' ? null : (raw.assignee ?? null),
      labels: raw.labels ?? [],
      links,
      parent: raw.parent ?? parentIn(links),
      ephemeral: raw.ephemeral === true || raw.wisp === true || raw.is_template === true,
      createdAt: raw.created_at ?? '',
      commentCount: raw.comment_count ?? comments?.length ?? 0,
      comments,
    };
  });

/** An item without an id (a memory, say) is no issue. */
export const issuesSchema = z
  .array(z.unknown())
  .transform((items) => items.flatMap((item) => parsed(issueSchema, item)));
export const commentsSchema = z
  .array(z.unknown())
  .nullable()
  .transform((items) => (items ?? []).flatMap((item) => parsed(commentSchema, item)));
/** The ids of issues that a change has reached: whole issues, or one line for each. */
export const changedSchema = z.array(
  z.union([
    z.object({ id: z.string() }).transform(({ id }) => id),
    z.object({ issue_id: z.string() }).transform(({ issue_id: id }) => id),
  ]),
);
export const postedSchema = z.object({ issue_id: z.string() });
const errorSchema = z.object({ error: z.string() });
/** 1.x on request, 2.x always. */
const envelopeSchema = z.object({ data: z.unknown(), schema_version: z.union([z.number(), z.string()]) });

export type BdJson =
  | { readonly kind: 'data'; readonly data: unknown }
  | { readonly kind: 'error'; readonly error: string }
  /** Nothing was printed, as with errors that are only on stderr. */
  | { readonly kind: 'nothing' }
  | { readonly kind: 'not_json'; readonly problem: string };

/** What is in an answer, with or without the envelope. */
export function readAnswer(stdout: string): BdJson {
  if (stdout.trim() === '') return { kind: 'nothing' };
  const json = parseJson(fromFirstBracket(stdout));
  if (json.kind === 'fault') return { kind: 'not_json', problem: json.problem };
  const envelope = envelopeSchema.safeParse(json.value);
  const data = envelope.success ? envelope.data.data : json.value;
  const error = errorSchema.safeParse(data);
  return error.success ? { kind: 'error', error: error.data.error } : { kind: 'data', data };
}

/** A warning may come before the JSON. */
function fromFirstBracket(stdout: string): string {
  const at = stdout.search(/^[[{]|^null\b/m);
  return at < 0 ? stdout : stdout.slice(at);
}

function parentIn(links: readonly IssueLink[]): string | null {
  return links.find(({ type }) => type === 'parent-child')?.on ?? null;
}

function parsed<T>(schema: z.ZodType<T>, value: unknown): T[] {
  const result = schema.safeParse(value);
  return result.success ? [result.data] : [];
}
