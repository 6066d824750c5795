/**
 * The commands of bd on a database: each gives what is printed, and changes the issues it is given.
 */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { has, listOf, valueOf } from './bd-arguments.mjs';
import { configure, configured, git } from './bd-database.mjs';
import {
  blockers,
  childCounts,
  childrenOf,
  counted,
  created,
  detailed,
  inOrder,
  linked,
  parentOf,
  plain,
  sorted,
} from './bd-shapes.mjs';

/**
 * @typedef {import('./bd-arguments.mjs').CommandLine} CommandLine
 * @typedef {import('./bd-database.mjs').Database} Database
 * @typedef {import('./bd-database.mjs').Issue} Issue
 * @typedef {{ beads: string, database: Database, line: CommandLine, actor: string, version: string }} Context
 * @typedef {{
 *   data?: unknown, text?: string, errors?: string[], failed?: boolean, wrote?: boolean,
 * }} Answer `data` is printed as JSON, `text` without `--json`, `errors` on stderr
 */

const STATUSES = new Set(['open', 'in_progress', 'blocked', 'deferred', 'closed', 'pinned', 'hooked']);
/** What bd has in its files beside work for somebody. */
const INFRASTRUCTURE = new Set(['agent', 'role', 'rig', 'message', 'event', 'molecule', 'gate', 'slot']);

/** An error that `--json` prints on stdout. */
export class Refused extends Error {}

/** The version from which `show` leaves comments out, and `comments list` is no command. */
const WITHOUT_COMMENTS = [1, 2];

const now = () => new Date().toISOString().replace(/\.\d+Z$/, 'Z');
const exact = () => new Date().toISOString().replace('Z', '000000Z');

/** @type {Readonly<Record<string, (context: Context, words: string[]) => Answer>>} */
export const COMMANDS = {
  create,
  new: create,
  ready,
  list,
  show,
  view: show,
  update,
  close,
  done: close,
  reopen,
  children,
  blocked,
  delete: remove,
  dep: (context, [command, ...words]) => {
    if (command === 'add') return addLink(context, words);
    if (command === 'list') return listLinks(context, words);
    if (command === 'tree') return linkTree(context, words);
    if (command === 'remove') return removeLink(context, words);
    throw unknown(`dep ${command ?? ''}`);
  },
  label: (context, [command, ...words]) => {
    if (command === 'add' || command === 'remove') return changeLabel(context, words, command);
    if (command === 'list') return { data: [...(one(context, words[0]).labels ?? [])].sort() };
    throw unknown(`label ${command ?? ''}`);
  },
  comments: (context, [command = '', ...words]) => {
    if (command === 'add') return addComment(context, words);
    if (command !== 'list') return { data: one(context, command).comments ?? [] };
    if (isSince(context, WITHOUT_COMMENTS)) throw new Refused('"bd comments list" is not valid.');
    return { data: one(context, words[0]).comments ?? [] };
  },
  epic: (context, [command]) => {
    if (command === 'status') return epicStatus(context);
    if (command === 'close-eligible') return closeEligible(context);
    throw unknown(`epic ${command ?? ''}`);
  },
  config: ({ beads }, [command, key = '', value = '']) => {
    if (command === 'set') configure(beads, key, value);
    else if (command !== 'get') throw unknown(`config ${command ?? ''}`);
    const data = { key, schema_version: 1, value: configured(beads, key) ?? '' };
    return { data, text: command === 'set' ? `Set ${key} = ${value}` : data.value };
  },
  sync: syncToGit,
  doctor: ({ beads }) => ({
    data: {
      checks: [{ name: 'Installation', status: 'ok', message: '.beads/ directory found' }],
      overall_ok: true,
      path: dirname(beads),
    },
    text: '✓ Installation: .beads/ directory found',
  }),
};

/** @param {string} command */
function unknown(command) {
  return new Error(`Error: unknown command "${command.trim()}" for "bd"`);
}

/**
 * @param {Context} context
 * @param {readonly number[]} since
 */
function isSince({ version }, [major = 0, minor = 0]) {
  const [ours = 0, less = 0] = version.split('.').map(Number);
  return ours > major || (ours === major && less >= minor);
}

/**
 * @param {Context} context
 * @param {string | undefined} id
 * @returns {Issue}
 */
function one({ database }, id) {
  const found = database.issues.find((issue) => issue.id === id);
  if (found === undefined) throw new Refused(`resolving ${id ?? ''}: no issue found matching "${id ?? ''}"`);
  return found;
}

/**
 * Each issue on its own: what one refuses does not hold up the others.
 *
 * @param {Context} context
 * @param {readonly string[]} ids
 * @param {string} verb
 * @param {(issue: Issue, at: number) => string | null} change what is refused, null for nothing
 * @returns {Answer}
 */
function each({ database }, ids, verb, change) {
  if (ids.length === 0) throw new Refused('no issue ID provided');
  /** @type {string[]} */
  const errors = [];
  const changed = ids.flatMap((id, at) => {
    const issue = database.issues.find((other) => other.id === id);
    const refused = issue === undefined ? `Error resolving ${id}: no issue found matching "${id}"` : change(issue, at);
    if (refused !== null) errors.push(refused);
    return refused === null && issue !== undefined ? [issue] : [];
  });
  const text = changed.map(({ id, title }) => `✓ ${verb} ${id}: ${title}`).join('\n');
  return {
    ...(changed.length === 0 ? {} : { data: changed.map(plain) }),
    text,
    errors,
    failed: errors.length > 0,
    wrote: changed.length > 0,
  };
}

/** @param {Issue} issue */
function touch(issue) {
  issue.updated_at = now();
}

/**
 * @param {Context} context
 * @param {string[]} words
 * @returns {Answer}
 */
function create(context, words) {
  const { beads, database, line, actor } = context;
  const title = valueOf(line, '--title') ?? words[0] ?? '';
  if (title.trim() === '') throw new Refused('title required');
  const parent = valueOf(line, '--parent');
  if (parent !== undefined) one(context, parent);
  const at = exact();
  const optional = {
    description: valueOf(line, '--description', '--body'),
    design: valueOf(line, '--design'),
    acceptance_criteria: valueOf(line, '--acceptance', '--acceptance-criteria'),
    notes: valueOf(line, '--notes'),
    assignee: valueOf(line, '--assignee'),
    owner: git(beads, ['config', 'user.email']).out,
  };
  const labels = listOf(line, '--labels', '--label');
  /** @type {Issue} */
  const issue = {
    id: valueOf(line, '--id') ?? newId(database, parent),
    title,
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined && value !== '')),
    status: 'open',
    priority: Number((valueOf(line, '--priority') ?? '2').replace(/^P/i, '')),
    issue_type: valueOf(line, '--type') ?? 'task',
    created_at: at,
    created_by: actor,
    updated_at: at,
    ...(has(line, '--ephemeral') ? { ephemeral: true } : {}),
    ...(labels.length === 0 ? {} : { labels }),
  };
  if (parent !== undefined) link(issue, parent, 'parent-child', actor);
  for (const needed of listOf(line, '--deps')) {
    const [, type = 'blocks', on = ''] = /^(?:([a-z-]+):)?(.*)$/.exec(needed) ?? [];
    link(issue, on, type, actor);
  }
  database.issues.push(issue);
  const answer = created(issue);
  issue.created_at = issue.updated_at = now(); // the rest of bd knows seconds
  return { data: sorted({ ...answer, schema_version: 1 }), text: `✓ Created issue: ${issue.id}`, wrote: true };
}

/**
 * @param {Database} database
 * @param {string | undefined} parent
 * @returns {string}
 */
function newId(database, parent) {
  if (parent !== undefined) {
    const next = (database.children[parent] ?? 0) + 1;
    database.children[parent] = next;
    const id = `${parent}.${next}`;
    return database.issues.some((issue) => issue.id === id) ? newId(database, parent) : id;
  }
  const id = `${database.prefix}-${BigInt(`0x${randomBytes(4).toString('hex')}`)
    .toString(36)
    .slice(-4)
    .padStart(4, '0')}`;
  return database.issues.some((issue) => issue.id === id) ? newId(database, parent) : id;
}

/**
 * @param {Issue} issue
 * @param {string} on
 * @param {string} type
 * @param {string} actor
 */
function link(issue, on, type, actor) {
  const added = { issue_id: issue.id, depends_on_id: on, type, created_at: now(), created_by: actor, metadata: '{}' };
  issue.dependencies = [...(issue.dependencies ?? []), added];
}

/** @type {(context: Context, words: string[]) => Answer} */
function ready(context) {
  const { database, line, actor } = context;
  const parent = valueOf(line, '--parent');
  const type = valueOf(line, '--type');
  const found = inOrder(database.issues).filter(
    (issue) =>
      issue.status === 'open' &&
      issue.ephemeral !== true &&
      !INFRASTRUCTURE.has(issue.issue_type) &&
      (type === undefined || issue.issue_type === type) &&
      (parent === undefined || isBelow(issue, parent, database)) &&
      blockers(issue, database).length === 0,
  );
  if (has(line, '--claim')) {
    const first = found.find(({ assignee = '' }) => assignee === '' || assignee === actor);
    if (first !== undefined) claim(first, actor);
    return {
      data: (first === undefined ? [] : [first]).map((issue) => counted(issue, database)),
      wrote: true,
    };
  }
  return listed(limited(found, line, 100), database);
}

/**
 * @param {readonly Issue[]} issues
 * @param {CommandLine} line
 * @param {number} most where nothing is said; 0 is everything
 */
function limited(issues, line, most) {
  const limit = Number(valueOf(line, '--limit') ?? most);
  return limit === 0 ? issues : issues.slice(0, limit);
}

/**
 * @param {readonly Issue[]} issues
 * @param {Database} database
 */
function listed(issues, database) {
  const text = issues.map(({ id, priority, status, title }) => `${id} [P${priority}] ${status} ${title}`).join('\n');
  return { data: issues.map((issue) => counted(issue, database)), text };
}

/**
 * @param {Issue} issue
 * @param {string} ancestor
 * @param {Database} database
 * @returns {boolean}
 */
function isBelow(issue, ancestor, database) {
  const parent = parentOf(issue);
  if (parent === undefined) return false;
  if (parent === ancestor) return true;
  const above = database.issues.find(({ id }) => id === parent);
  return above !== undefined && isBelow(above, ancestor, database);
}

/** @type {(context: Context, words: string[]) => Answer} */
function list({ database, line }) {
  const statuses = listOf(line, '--status');
  const labels = listOf(line, '--label', '--labels');
  const type = valueOf(line, '--type');
  const parent = valueOf(line, '--parent');
  const found = inOrder(database.issues).filter(
    (issue) =>
      issue.ephemeral !== true &&
      (statuses.length > 0 ? statuses.includes(issue.status) : has(line, '--all') || issue.status !== 'closed') &&
      labels.every((label) => issue.labels?.includes(label)) &&
      (type === undefined || issue.issue_type === type) &&
      (parent === undefined || parentOf(issue) === parent),
  );
  return listed(limited(found, line, 50), database);
}

/** @type {(context: Context, words: string[]) => Answer} */
function show(context, words) {
  const { database, line } = context;
  const ids = [...words, ...(line.flags.get('--id') ?? [])];
  const withComments = !isSince(context, WITHOUT_COMMENTS) || has(line, '--include-comments');
  /** @type {string[]} */
  const errors = [];
  const found = ids.flatMap((id) => {
    const issue = database.issues.find((other) => other.id === id);
    if (issue === undefined) errors.push(`Error fetching ${id}: no issue found matching "${id}"`);
    return issue === undefined ? [] : [issue];
  });
  if (found.length === 0) return { data: { error: 'no issues found matching the provided IDs' }, errors, failed: true };
  const text = found.map((issue) => `${issue.id} · ${issue.title}   [P${issue.priority} · ${issue.status}]`).join('\n');
  return { data: found.map((issue) => detailed(issue, database, withComments)), text, errors };
}

/**
 * @param {Issue} issue
 * @param {string} actor
 * @returns {string | null}
 */
function claim(issue, actor) {
  if (issue.assignee !== undefined && issue.assignee !== '' && issue.assignee !== actor) {
    return `Error claiming ${issue.id}: issue already claimed by ${issue.assignee}`;
  }
  if (issue.status === 'closed') return `Error claiming ${issue.id}: issue is closed`;
  if (issue.assignee === actor && issue.status === 'in_progress') return null;
  issue.assignee = actor;
  setStatus(issue, 'in_progress');
  return null;
}

/**
 * @param {Issue} issue
 * @param {string} status
 */
function setStatus(issue, status) {
  issue.status = status;
  if (status === 'in_progress') issue.started_at ??= now();
  if (status === 'closed') issue.closed_at ??= now();
  else {
    delete issue.closed_at;
    delete issue.close_reason;
  }
  touch(issue);
}

/** @type {(context: Context, words: string[]) => Answer} */
function update(context, words) {
  const { line, actor } = context;
  const status = valueOf(line, '--status');
  if (status !== undefined && !STATUSES.has(status)) throw new Refused(`invalid status "${status}"`);
  const assignee = valueOf(line, '--assignee');
  const added = listOf(line, '--add-label');
  const removed = listOf(line, '--remove-label');
  const priority = valueOf(line, '--priority');
  const texts = Object.entries({
    title: valueOf(line, '--title'),
    description: valueOf(line, '--description'),
    design: valueOf(line, '--design'),
    notes: valueOf(line, '--notes'),
    acceptance_criteria: valueOf(line, '--acceptance'),
    issue_type: valueOf(line, '--type'),
  }).filter(([, value]) => value !== undefined);
  const asked = has(line, '--claim') || [status, assignee, priority].some((value) => value !== undefined);
  if (!asked && added.length + removed.length + texts.length === 0) return { text: 'No updates specified' };
  return each(context, words, 'Updated issue', (issue) => {
    const refused = has(line, '--claim') ? claim(issue, actor) : null;
    if (refused !== null) return refused;
    if (status !== undefined) setStatus(issue, status);
    if (assignee !== undefined) issue.assignee = assignee;
    if (priority !== undefined) issue.priority = Number(priority);
    Object.assign(issue, Object.fromEntries(texts));
    const labels = new Set([...(issue.labels ?? []), ...added]);
    for (const label of removed) labels.delete(label);
    issue.labels = [...labels];
    if (status !== undefined || assignee !== undefined || texts.length > 0) touch(issue);
    return null;
  });
}

/** @type {(context: Context, words: string[]) => Answer} */
function close(context, words) {
  const { database, line } = context;
  const reasons = line.flags.get('--reason') ?? ['Closed'];
  return each(context, words, 'Closed', (issue, at) => {
    if (issue.status === 'closed') return null;
    const blocking = blockers(issue, database);
    const open = childrenOf(issue, database).filter(({ status }) => status !== 'closed');
    if (!has(line, '--force')) {
      const rest = '(use --force to override)';
      if (blocking.length > 0)
        return `cannot close ${issue.id}: blocked by open issues [${blocking.join(' ')}] ${rest}`;
      if (open.length > 0) return `cannot close ${issue.id}: ${open.length} open child issue(s) ${rest}`;
    }
    setStatus(issue, 'closed');
    issue.close_reason = reasons[at] ?? reasons[0] ?? 'Closed';
    return null;
  });
}

/** @type {(context: Context, words: string[]) => Answer} */
function reopen(context, words) {
  return each(context, words, 'Reopened', (issue) => {
    setStatus(issue, 'open');
    return null;
  });
}

/** @type {(context: Context, words: string[]) => Answer} */
function remove(context, words) {
  const { database } = context;
  for (const id of words) one(context, id);
  database.issues = database.issues.filter(({ id }) => !words.includes(id));
  for (const issue of database.issues) {
    issue.dependencies = (issue.dependencies ?? []).filter(({ depends_on_id: on }) => !words.includes(on));
  }
  return { data: { deleted: words, schema_version: 1 }, text: `✓ Deleted ${words.join(', ')}`, wrote: true };
}

/** @type {(context: Context, words: string[]) => Answer} */
function children(context, words) {
  const { database } = context;
  return listed(inOrder(childrenOf(one(context, words[0]), database)), database);
}

/** @type {(context: Context, words: string[]) => Answer} */
function blocked({ database }) {
  const found = inOrder(database.issues).flatMap((issue) => {
    const by = issue.status === 'closed' || issue.ephemeral === true ? [] : blockers(issue, database);
    return by.length === 0 ? [] : [{ ...plain(issue), blocked_by_count: by.length, blocked_by: by }];
  });
  return { data: found, text: found.map(({ blocked_by: by }) => by.join(' ')).join('\n') };
}

/** @type {(context: Context, words: string[]) => Answer} */
function addLink(context, [id, on]) {
  const { database, line, actor } = context;
  const issue = one(context, id);
  one(context, on);
  const type = valueOf(line, '--type') ?? 'blocks';
  if (type === 'blocks' && reaches(database, on ?? '', issue.id)) {
    throw new Refused('adding dependency would create a cycle');
  }
  link(issue, on ?? '', type, actor);
  const data = { depends_on_id: on, issue_id: id, schema_version: 1, status: 'added', type };
  return { data, text: `✓ Added dependency: ${id ?? ''} depends on ${on ?? ''} (${type})`, wrote: true };
}

/**
 * @param {Database} database
 * @param {string} from
 * @param {string} to
 * @returns {boolean}
 */
function reaches(database, from, to) {
  if (from === to) return true;
  const links = database.issues.find(({ id }) => id === from)?.dependencies ?? [];
  return links.some(({ type, depends_on_id: on }) => type === 'blocks' && reaches(database, on, to));
}

/** @type {(context: Context, words: string[]) => Answer} */
function removeLink(context, [id, on]) {
  const issue = one(context, id);
  issue.dependencies = (issue.dependencies ?? []).filter(({ depends_on_id: other }) => other !== on);
  const data = { depends_on_id: on, issue_id: id, schema_version: 1, status: 'removed' };
  return { data, text: `✓ Removed dependency: ${id ?? ''} no longer depends on ${on ?? ''}`, wrote: true };
}

/** @type {(context: Context, words: string[]) => Answer} */
function listLinks(context, words) {
  const data = linked(one(context, words[0]), context.database);
  return { data, text: data.map((issue) => JSON.stringify(issue)).join('\n') };
}

/** @type {(context: Context, words: string[]) => Answer} */
function linkTree(context, words) {
  const { database } = context;
  /** @type {Record<string, unknown>[]} */
  const data = [];
  /** @type {{ issue: Issue, depth: number, parent: string, edge: string | null }[]} */
  const waiting = [{ issue: one(context, words[0]), depth: 0, parent: '', edge: null }];
  const seen = new Set();
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const { issue, depth, parent, edge } = next;
    if (seen.has(issue.id)) continue;
    seen.add(issue.id);
    const from = edge === null ? {} : { edge_from_parent: edge };
    data.push({ ...plain(issue), depth, parent_id: parent, ...from, truncated: false });
    for (const { depends_on_id: on, type } of issue.dependencies ?? []) {
      const other = database.issues.find(({ id }) => id === on);
      if (other !== undefined) waiting.push({ issue: other, depth: depth + 1, parent: issue.id, edge: type });
    }
  }
  return { data, text: data.map(({ id, depth }) => `${'  '.repeat(Number(depth))}${String(id)}`).join('\n') };
}

/**
 * @param {Context} context
 * @param {string[]} words
 * @param {'add' | 'remove'} change
 * @returns {Answer}
 */
function changeLabel(context, words, change) {
  const label = words.at(-1) ?? '';
  const issues = words.slice(0, -1).map((id) => one(context, id));
  for (const issue of issues) {
    const others = (issue.labels ?? []).filter((other) => other !== label);
    issue.labels = change === 'add' ? [...others, label] : others;
  }
  const status = change === 'add' ? 'added' : 'removed';
  const data = issues.map(({ id }) => ({ issue_id: id, label, status }));
  return { data, text: data.map(({ issue_id: id }) => `✓ ${status} label '${label}' ${id}`).join('\n'), wrote: true };
}

/** @type {(context: Context, words: string[]) => Answer} */
function addComment(context, [id, ...words]) {
  const issue = one(context, id);
  const text = words.join(' ');
  if (text.trim() === '') throw new Refused('comment text required');
  const author = valueOf(context.line, '--author') ?? context.actor;
  const bytes = randomBytes(16).toString('hex');
  const uuid = bytes.replace(/^(.{8})(.{4}).(.{3})(.{4})(.{12})$/, '$1-$2-7$3-$4-$5');
  const comment = { id: uuid, issue_id: issue.id, author, text, created_at: exact() };
  issue.comments = [...(issue.comments ?? []), comment];
  return { data: sorted({ ...comment, schema_version: 1 }), text: `Comment added to ${issue.id}`, wrote: true };
}

/** @param {Context} context */
function openEpics({ database }) {
  const epics = database.issues.filter(({ issue_type: type, status }) => type === 'epic' && status !== 'closed');
  return epics.map((epic) => {
    const { total, closed } = childCounts(epic, database);
    return { epic, total, closed, eligible: total > 0 && total === closed };
  });
}

/** @param {Context} context */
function epicStatus(context) {
  const found = openEpics(context).filter(({ eligible }) => eligible || !has(context.line, '--eligible-only'));
  const data = found.map(({ epic, total, closed, eligible }) => ({
    epic: plain(epic),
    total_children: total,
    closed_children: closed,
    eligible_for_close: eligible,
  }));
  return { data, text: found.map(({ epic, total, closed }) => `${epic.id} ${closed}/${total}`).join('\n') };
}

/** @param {Context} context */
function closeEligible(context) {
  const closed = openEpics(context).flatMap(({ epic, eligible }) => (eligible ? [epic] : []));
  for (const epic of closed) {
    setStatus(epic, 'closed');
    epic.close_reason = 'All children completed';
  }
  const data = { closed: closed.map(({ id }) => id), count: closed.length, schema_version: 1 };
  return { data, text: `✓ Closed ${closed.length} epic(s)`, wrote: true };
}

/**
 * Commits `.beads` in the main checkout, on the branch that is checked out there: the base of a run moves under it.
 *
 * @type {(context: Context, words: string[]) => Answer}
 */
function syncToGit({ beads }) {
  const root = dirname(beads);
  if (!existsSync(join(root, '.git'))) return { text: 'Nothing to sync' };
  git(root, ['add', '--', '.beads']);
  const { ok } = git(root, ['commit', '--no-verify', '--quiet', '--message', 'bd sync', '--', '.beads']);
  return { data: { committed: ok, schema_version: 1 }, text: ok ? '✓ Sync complete' : 'Nothing to sync' };
}
