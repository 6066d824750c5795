/**
 * How bd answers: the keys of an issue, in their order, in each of the ways it is shown.
 */

/**
 * @typedef {import('./bd-database.mjs').Issue} Issue
 * @typedef {import('./bd-database.mjs').Database} Database
 */

const KEYS = /** @type {const} */ ([
  ...['id', 'title', 'description', 'design', 'acceptance_criteria', 'notes', 'status', 'priority', 'issue_type'],
  ...['assignee', 'owner', 'created_at', 'created_by', 'updated_at', 'started_at', 'closed_at', 'close_reason'],
]);

/**
 * The issue alone. Keys this program does not know, of files somebody wrote, are passed on.
 *
 * @param {Issue} issue
 * @returns {Record<string, unknown>}
 */
function fieldsOf(issue) {
  const given = without({ ...issue }, ['labels', 'dependencies', 'comments']);
  const ordered = KEYS.filter((key) => given[key] !== undefined && given[key] !== '').map((key) => [key, given[key]]);
  const others = Object.entries(given).filter(([key]) => !KEYS.some((known) => known === key));
  return Object.fromEntries([...ordered, ...others]);
}

/**
 * @param {Readonly<Record<string, unknown>>} object
 * @param {readonly string[]} keys
 * @returns {Record<string, unknown>}
 */
export function without(object, keys) {
  return Object.fromEntries(Object.entries(object).filter(([key]) => !keys.includes(key)));
}

/** @param {Issue} issue */
function labelsOf({ labels }) {
  return labels === undefined || labels.length === 0 ? {} : { labels: [...labels].sort() };
}

/**
 * As `update`, `close` and links show it.
 *
 * @param {Issue} issue
 */
export function plain(issue) {
  return { ...fieldsOf(issue), ...labelsOf(issue) };
}

/**
 * As `create` does: an object with its keys in alphabetical order, without labels.
 *
 * @param {Issue} issue
 */
export function created(issue) {
  return sorted(fieldsOf(issue));
}

/** @param {Record<string, unknown>} object */
export function sorted(object) {
  return Object.fromEntries(Object.entries(object).sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** @param {Issue} issue */
export function parentOf(issue) {
  return (issue.dependencies ?? []).find(({ type }) => type === 'parent-child')?.depends_on_id;
}

/**
 * @param {Issue} issue
 * @param {Database} database
 */
function dependents(issue, { issues }) {
  return issues.flatMap((other) =>
    (other.dependencies ?? []).filter(({ depends_on_id: on }) => on === issue.id).map(({ type }) => ({ other, type })),
  );
}

/**
 * As `list`, `ready` and `children` do.
 *
 * @param {Issue} issue
 * @param {Database} database
 */
export function counted(issue, database) {
  const links = issue.dependencies ?? [];
  const parent = parentOf(issue);
  return {
    ...plain(issue),
    ...(links.length === 0 ? {} : { dependencies: links }),
    dependency_count: links.filter(({ type }) => type === 'blocks').length,
    dependent_count: dependents(issue, database).filter(({ type }) => type === 'blocks').length,
    comment_count: issue.comments?.length ?? 0,
    ...(parent === undefined ? {} : { parent }),
  };
}

/**
 * What an issue depends on, as whole issues.
 *
 * @param {Issue} issue
 * @param {Database} database
 */
export function linked(issue, { issues }) {
  return (issue.dependencies ?? []).flatMap(({ depends_on_id: on, type }) => {
    const found = issues.find(({ id }) => id === on);
    return found === undefined ? [] : [{ ...plain(found), dependency_type: type }];
  });
}

/**
 * As `show` does.
 *
 * @param {Issue} issue
 * @param {Database} database
 * @param {boolean} withComments
 */
export function detailed(issue, database, withComments) {
  const on = linked(issue, database);
  const needed = dependents(issue, database).map(({ other, type }) => ({ ...plain(other), dependency_type: type }));
  const comments = issue.comments ?? [];
  const parent = parentOf(issue);
  return {
    ...plain(issue),
    ...(on.length === 0 ? {} : { dependencies: on }),
    ...(needed.length === 0 ? {} : { dependents: needed }),
    ...(comments.length === 0 || !withComments ? {} : { comments }),
    ...(parent === undefined ? {} : { parent }),
    ...(issue.issue_type === 'epic' ? epicCounts(issue, database) : {}),
  };
}

/**
 * @param {Issue} issue
 * @param {Database} database
 */
function epicCounts(issue, database) {
  const { total, closed } = childCounts(issue, database);
  return { epic_total_children: total, epic_closed_children: closed, epic_closeable: total > 0 && total === closed };
}

/**
 * @param {Issue} issue
 * @param {Database} database
 */
export function childCounts(issue, database) {
  const children = childrenOf(issue, database);
  return { total: children.length, closed: children.filter(({ status }) => status === 'closed').length };
}

/**
 * @param {Issue} issue
 * @param {Database} database
 */
export function childrenOf(issue, database) {
  return dependents(issue, database).flatMap(({ other, type }) => (type === 'parent-child' ? [other] : []));
}

/**
 * The issues that keep one from being ready: its own and those of its parents.
 *
 * @param {Issue} issue
 * @param {Database} database
 * @returns {string[]}
 */
export function blockers(issue, database) {
  const { issues } = database;
  const own = (issue.dependencies ?? []).flatMap(({ depends_on_id: on, type }) => {
    const other = issues.find(({ id }) => id === on);
    return type === 'blocks' && other !== undefined && other.status !== 'closed' ? [on] : [];
  });
  const parent = issues.find(({ id }) => id === parentOf(issue));
  return parent === undefined ? own : [...new Set([...own, ...blockers(parent, database)])];
}

/**
 * Most urgent first, and of the same urgency the newest; the last created is the last in the database.
 *
 * @param {readonly Issue[]} issues
 */
export function inOrder(issues) {
  return [...issues]
    .reverse()
    .sort((one, other) => one.priority - other.priority || compared(other.created_at, one.created_at));
}

/**
 * @param {string} one
 * @param {string} other
 */
function compared(one, other) {
  return one < other ? -1 : one > other ? 1 : 0;
}
