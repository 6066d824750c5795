import { issueRecords, issuesOf, type IssueRecord, type StoredIssue } from './records.js';

const CREATED = '2026-01-01T00:00:00Z';

/** The few commands of bd that o8 uses, with its answers in JSON. Returns the exit code. */
export function standInBd(folder: string, argv: readonly string[]): number {
  if (argv[0] === '--version') {
    process.stdout.write('bd version 1.0.3 (stand-in)\n');
    return 0;
  }
  const words: string[] = [];
  let actor = '';
  for (let at = 0; at < argv.length; at += 1) {
    if (argv[at] === '--json') continue;
    if (argv[at] === '--actor') actor = argv[(at += 1)] ?? '';
    else words.push(argv[at] ?? '');
  }
  const records = issueRecords(folder);
  const issues = issuesOf(records.all());
  const [command = '', ...rest] = words;
  switch (command) {
    case 'list':
      return answer([...issues.values()].map(shown));
    case 'ready':
      return answer([...issues.values()].filter(({ status, type }) => status === 'open' && type !== 'epic').map(shown));
    case 'show':
      return answer(rest.flatMap((id) => issues.get(id) ?? []).map(shown));
    case 'update': {
      const { ids, changes } = readUpdate(rest, actor);
      for (const id of ids)
        for (const change of changes) if (isChange(issues.get(id), change)) records.add({ id, ...change });
      return answer(ids.map((id) => ({ id })));
    }
    case 'close': {
      const [id = ''] = rest;
      const reason = rest[rest.indexOf('--reason') + 1] ?? '';
      if (issues.get(id)?.status !== 'closed') records.add({ id, status: 'closed', reason });
      return answer([{ id }]);
    }
    case 'comments': {
      if (rest[0] !== 'add') return answer(comments(issues.get(rest[0] ?? '')));
      const [id = '', comment = ''] = rest.slice(rest[1] === '--' ? 2 : 1);
      records.add({ id, comment });
      return answer({ issue_id: id });
    }
    default:
      process.stderr.write(`Error: unknown command ${command}\n`);
      return 1;
  }
}

type Change = Omit<IssueRecord, 'id'>;

function readUpdate(words: readonly string[], actor: string): { ids: string[]; changes: Change[] } {
  const ids: string[] = [];
  const changes: Change[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    if (word === '--claim') changes.push({ assignee: actor }, { status: 'in_progress' });
    else if (!word.startsWith('--')) ids.push(word);
    else {
      const value = words[(at += 1)] ?? '';
      if (word === '--status') changes.push({ status: value });
      if (word === '--assignee') changes.push({ assignee: value });
      if (word === '--add-label') changes.push({ add: value });
      if (word === '--remove-label') changes.push({ remove: value });
    }
  }
  return { ids, changes };
}

/** Calls may be repeated; what changes nothing is not recorded. */
function isChange(issue: StoredIssue | undefined, { status, assignee, add, remove }: Change): boolean {
  if (issue === undefined) return false;
  return (
    (status !== undefined && status !== issue.status) ||
    (assignee !== undefined && assignee !== issue.assignee) ||
    (add !== undefined && !issue.labels.has(add)) ||
    (remove !== undefined && issue.labels.has(remove))
  );
}

function comments(issue: StoredIssue | undefined): object[] {
  return (issue?.comments ?? []).map((text) => ({ text, author: 'o8', created_at: CREATED }));
}

function shown(issue: StoredIssue): object {
  return {
    ...{ id: issue.id, title: issue.title, description: issue.title, status: issue.status, priority: 2 },
    ...{ issue_type: issue.type, labels: [...issue.labels], created_at: CREATED },
    ...(issue.assignee === '' ? {} : { assignee: issue.assignee }),
    ...(issue.parent === null ? {} : { parent: issue.parent }),
    ...{ comment_count: issue.comments.length, comments: comments(issue) },
  };
}

function answer(data: unknown): number {
  process.stdout.write(`${JSON.stringify({ data, schema_version: 1 })}\n`);
  return 0;
}
