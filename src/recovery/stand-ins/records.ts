import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { errorCode } from '../../core/base/error-code.js';

/*
 * What the stand-ins remember: files of one JSON object a line, only appended to, so that calls at the same time lose
 * nothing of each other's, and the test reads everything that ever happened in its order.
 */

const issueRecord = z.object({
  id: z.string(),
  title: z.string().optional(),
  type: z.string().optional(),
  parent: z.string().optional(),
  status: z.string().optional(),
  assignee: z.string().optional(),
  add: z.string().optional(),
  remove: z.string().optional(),
  comment: z.string().optional(),
  reason: z.string().optional(),
});
export type IssueRecord = z.infer<typeof issueRecord>;

const pullRecord = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('opened'),
    number: z.number(),
    title: z.string(),
    body: z.string(),
    head: z.string(),
    base: z.string(),
  }),
  z.object({
    kind: z.literal('edited'),
    number: z.number(),
    title: z.string().optional(),
    body: z.string().optional(),
  }),
  z.object({ kind: z.literal('closed'), number: z.number() }),
  z.object({ kind: z.literal('merged'), number: z.number(), head: z.string(), commit: z.string() }),
  z.object({ kind: z.literal('comment'), number: z.number(), id: z.number(), body: z.string() }),
]);
export type PullRecord = z.infer<typeof pullRecord>;

const agentRecord = z.object({ pid: z.number(), event: z.enum(['started', 'half_done', 'work_lost', 'ended']) });
export type AgentRecord = z.infer<typeof agentRecord>;

interface Records<T> {
  readonly add: (record: T) => void;
  readonly all: () => T[];
}

function records<T>(path: string, schema: z.ZodType<T>): Records<T> {
  return {
    add: (record) => appendFileSync(path, `${JSON.stringify(record)}\n`),
    all: () =>
      lines(path).map((line) => {
        return schema.parse(JSON.parse(line));
      }),
  };
}

function lines(path: string): string[] {
  try {
    return readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => line !== '');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
}

export const issueRecords = (folder: string): Records<IssueRecord> => records(join(folder, 'issues'), issueRecord);
export const pullRecords = (folder: string): Records<PullRecord> => records(join(folder, 'pulls'), pullRecord);
export const agentRecords = (folder: string): Records<AgentRecord> => records(join(folder, 'agents'), agentRecord);

export interface StoredIssue {
  readonly id: string;
  title: string;
  type: string;
  parent: string | null;
  status: string;
  assignee: string;
  reason: string;
  readonly labels: Set<string>;
  readonly comments: string[];
}

/** The issues after all that was recorded. */
export function issuesOf(all: readonly IssueRecord[]): Map<string, StoredIssue> {
  const issues = new Map<string, StoredIssue>();
  for (const record of all) {
    const issue = issues.get(record.id) ?? {
      ...{ id: record.id, title: '', type: 'task', parent: null, status: 'open', assignee: '', reason: '' },
      labels: new Set<string>(),
      comments: [],
    };
    issues.set(record.id, issue);
    issue.title = record.title ?? issue.title;
    issue.type = record.type ?? issue.type;
    issue.parent = record.parent ?? issue.parent;
    issue.status = record.status ?? issue.status;
    issue.assignee = record.assignee ?? issue.assignee;
    issue.reason = record.reason ?? issue.reason;
    if (record.add !== undefined) issue.labels.add(record.add);
    if (record.remove !== undefined) issue.labels.delete(record.remove);
    if (record.comment !== undefined) issue.comments.push(record.comment);
  }
  return issues;
}
