import type { Issue, IssueLink } from '../../../../src/core/beads/issue.js';

/** An open task of nobody's, with what is given. */
export function issue(id: string, given: Partial<Issue> = {}): Issue {
  return {
    id,
    title: `Title of ${id}`,
    description: '',
    design: '',
    acceptance: '',
    notes: '',
    status: 'open',
    priority: 2,
    type: 'task',
    assignee: null,
    labels: [],
    links: [],
    parent: null,
    ephemeral: false,
    createdAt: '2026-11-28T03:49:16Z',
    commentCount: 0,
    comments: null,
    ...given,
  };
}

export function blocks(...ids: readonly string[]): IssueLink[] {
  return ids.map((on) => ({ on, type: 'blocks' }));
}
