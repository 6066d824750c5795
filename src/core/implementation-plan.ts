import { headingOnLine, listItem, markdownSections } from './markdown-sections.js';
import { hasHiddenCharacters } from './untrusted-text.js';

/** A file that an implementation plan says it creates or changes; the path as git has it, from the top. */
export interface PlannedFile {
  readonly path: string;
  readonly action: 'create' | 'modify';
}

type Action = PlannedFile['action'];

/** A plan with more is a list of something else; comparing all pairs of features has to stay quick. */
const MOST_FILES = 500;
const LONGEST_PATH = 300;

const FILES_TITLE = /^(?:new |affected |changed )?files?(?: (?:to|changes?|changed|affected)\b.*)?$/i;
const CREATES = /\b(?:create[sd]?|creating|creation|adds?|added|new)\b/i;
const MODIFIES =
  /\b(?:modif(?:y|ies|ied)|(?:update|change|delete|remove|rename|replace|move)[sd]?|(?:edit|extend|refactor|touch)(?:s|es|ed)?)\b/i;
const SEPARATOR = /^\|?[\s:|-]+$/;

/**
 * The files of the sections "Files to Create/Modify" (also "Files to Create", "Files to Modify"): rows of a table with
 * a path and an action, or list items. Rows with another action (`Runtime`) are no files of the plan. Each path once.
 */
export function plannedFiles(plan: string): PlannedFile[] {
  const files = new Map<string, Action>();
  for (const { title, body } of markdownSections(plan)) {
    if (!FILES_TITLE.test(title)) continue;
    for (const { path, action } of filesOf(body, oneAction(title))) {
      // Who creates a file and changes it later creates it.
      if (files.get(path) !== 'create') files.set(path, action);
    }
  }
  return [...files].slice(0, MOST_FILES).map(([path, action]) => ({ path, action }));
}

function filesOf(body: readonly string[], ofTitle: Action | null): PlannedFile[] {
  let usual = ofTitle;
  let columns: Columns | null = null;
  return body.flatMap((line): PlannedFile[] => {
    const heading = headingOnLine(line);
    if (heading !== null) usual = oneAction(heading.title) ?? ofTitle;
    if (!line.trim().startsWith('|')) {
      columns = null;
      const item = listItem(line);
      return item === null ? [] : fileOfItem(item, usual);
    }
    if (SEPARATOR.test(line.trim())) return [];
    const cells = cellsOf(line);
    if (columns === null) {
      columns = columnsOf(cells);
      if (columns.header) return [];
    }
    return filesOfRow(cells, columns, usual);
  });
}

interface Columns {
  /** The row they were read from names the columns and is no file itself. */
  readonly header: boolean;
  readonly path: number;
  readonly action: number | null;
}

function columnsOf(cells: readonly string[]): Columns {
  const path = cells.findIndex((cell) => /^(?:file ?)?(?:path|name)s?$|^files?$/i.test(cell));
  const action = cells.findIndex((cell) => /^(?:actions?|changes?|operations?|types?|status)$/i.test(cell));
  return { header: path !== -1, path: Math.max(0, path), action: action === -1 ? null : action };
}

function filesOfRow(cells: readonly string[], columns: Columns, usual: Action | null): PlannedFile[] {
  const said = columns.action === null ? null : (cells[columns.action] ?? '');
  const action = said === null ? (usual ?? 'modify') : actionIn(said);
  if (action === null) return [];
  return pathsIn(cells[columns.path] ?? '').map((path) => ({ path, action }));
}

function fileOfItem(item: string, usual: Action | null): PlannedFile[] {
  const quoted = /`([^`]+)`/.exec(item);
  const word = quoted?.[1] ?? item.split(/\s/).find((part) => /[/.]\w/.test(part));
  const path = word === undefined ? null : cleanPath(word);
  // A list may also hold sentences and names of functions.
  if (path === null || !/[/.]/.test(path)) return [];
  const around = item.replace(word ?? '', ' ');
  return [{ path, action: actionIn(around) ?? usual ?? 'modify' }];
}

function cellsOf(line: string): string[] {
  return line
    .trim()
    .replace(/^\|/, '')
    .replace(/\|$/, '')
    .split('|')
    .map((cell) => cell.trim());
}

function pathsIn(cell: string): string[] {
  const quoted = [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? '');
  const words = quoted.length > 0 ? quoted : [cell.split(/\s/)[0] ?? ''];
  return words.flatMap((word) => cleanPath(word) ?? []);
}

function cleanPath(word: string): string | null {
  const path = word
    .trim()
    .replace(/^\.?\/+/, '')
    .replace(/[,;:/]$/, '');
  const parts = path.split('/');
  if (path === '' || path.length > LONGEST_PATH || parts.includes('..') || /[\s()]/.test(path)) return null;
  return hasHiddenCharacters(path) ? null : path;
}

/** What a heading or cell says is done with a file; both at once is a change. */
function actionIn(text: string): Action | null {
  if (MODIFIES.test(text)) return 'modify';
  return CREATES.test(text) ? 'create' : null;
}

/** The action that a title is about, null when it is about both or none. */
function oneAction(title: string): Action | null {
  return MODIFIES.test(title) && CREATES.test(title) ? null : actionIn(title);
}
