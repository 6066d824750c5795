import { repositoryPath, type RepositoryPlace } from './repository-path.js';
import { headingOnLine, markdownSections } from '../text/markdown-sections.js';
import { saysNothing } from '../scope/empty-list.js';
import { hasHiddenCharacters } from '../text/untrusted-text.js';

/** A file that an implementation plan creates or changes; the path as in git, from the top. */
export interface PlannedFile {
  readonly path: string;
  readonly action: 'create' | 'modify';
}

type Action = PlannedFile['action'];

/** A plan with more files lists something else, and all pairs of features must be compared quickly. */
const MOST_FILES = 500;
const LONGEST_PATH = 300;
/** The maximum line length; searching longer lines for paths takes too long. */
const LONGEST_LINE = 2000;

const KIND =
  '(?:new|affected|changed|modified|updated|created|added|deleted|key|main|relevant|involved|touched|impacted|existing|source|implementation|planned|core)';
const FILES_TITLE = new RegExp(
  `^(?:${KIND}(?:[ ,/&+]+(?:and |or )?${KIND})* )?files?(?: ?paths?)?(?:$|[ /&:,–—-].*$)|^(?:changes? (?:by|per) file|affected (?:code|paths?|modules?))$`,
  'i',
);
/** Files that are only mentioned: to read, or not to change. */
const OTHER_FILES = /\b(?:not|never|read|reference[ds]?|unchanged|untouched|avoid|out of scope|ignored?)\b/i;
const CREATES = /\b(?:create[sd]?|creating|creation|adds?|added|new)\b/i;
const MODIFIES =
  /\b(?:modif(?:y|ies|ied|ication)|(?:update|change|delete|remove|rename|replace|move)[sd]?|(?:edit|extend|refactor|touch)(?:s|es|ed)?)\b/i;
const SEPARATOR = /^\|?[\s:|-]+$/;
const ITEM = /^(\s*)(?:[-*+•]|\d{1,9}[.)])\s+(?:\[[ xX]\]\s+)?(\S.*)$/;
const FENCE = /^\s{0,3}(?:```|~~~)/;
/** A line that names one file, in bold or in code marks, alone or before its description. */
const OWN_LINE = /^\s{0,3}(?:\*\*|__|`)/;
/** A line of a drawn tree: the tree characters, and the name. */
const BRANCH = /^([\s│|]*)(?:├|└|\+|`)(?:─|--)+\s*(\S+)(.*)$/;

/**
 * The files in sections about files ("Files to Create/Modify", "Modified Files", "File Changes" and so on): table rows
 * with a path and an action, list items, headings, separate lines, lines of a code block. Rows with another action
 * (`Runtime`) are ignored. Each path once.
 */
export function plannedFiles(plan: string, place: RepositoryPlace = { root: '', has: () => false }): PlannedFile[] {
  const files = new Map<string, Action>();
  for (const { title, body } of markdownSections(plan)) {
    if (!FILES_TITLE.test(title) || OTHER_FILES.test(title)) continue;
    for (const { path, action } of new SectionReader(oneAction(title), place).read(body)) {
      // A feature that creates a file and changes it later creates it.
      if (files.get(path) !== 'create') files.set(path, action);
    }
  }
  return [...files].slice(0, MOST_FILES).map(([path, action]) => ({ path, action }));
}

interface Columns {
  /** The row that names the columns and is not a file. */
  readonly header: boolean;
  readonly path: number;
  readonly action: number | null;
  /** The column describes the action in free text instead of a keyword. */
  readonly free: boolean;
}

/** Reads a section line by line; a heading or item without a path applies to the lines below it. */
class SectionReader {
  private usual: Action | null;
  private columns: Columns | null = null;
  private inCode = false;
  private ignored = false;
  /** Indentation of the item that named a file: deeper items describe that file. */
  private within: number | null = null;
  private nested: { readonly indent: number; readonly action: Action | null } | null = null;
  private tree: string[] = [];

  constructor(
    private readonly ofTitle: Action | null,
    private readonly place: RepositoryPlace,
  ) {
    this.usual = ofTitle;
  }

  read(body: readonly string[]): PlannedFile[] {
    return body.flatMap((line) => (line.length > LONGEST_LINE ? [] : this.readLine(line)));
  }

  private readLine(line: string): PlannedFile[] {
    if (FENCE.test(line)) {
      this.inCode = !this.inCode;
      this.tree = [];
      return [];
    }
    if (this.inCode) return this.ignored ? [] : this.readCode(line);
    const heading = headingOnLine(line);
    if (heading !== null) return this.readHeading(line);
    if (this.ignored) return [];
    if (line.trim().startsWith('|')) return this.readRow(line);
    this.columns = null;
    const item = ITEM.exec(line);
    if (item !== null) return this.readItem(item[1]?.length ?? 0, item[2] ?? '');
    if (line.trim() === '') return [];
    const isOwnLine = OWN_LINE.test(line);
    if (!/^\s/.test(line)) [this.within, this.nested] = [null, null];
    if (!isOwnLine) return [];
    const found = this.filesIn(line, this.usual);
    if (found.length === 0 && /^\s*(?:\*\*|__)[^*_]+(?:\*\*|__):?\s*$/.test(line))
      this.usual = oneAction(line) ?? this.ofTitle;
    return found;
  }

  private readHeading(line: string): PlannedFile[] {
    [this.within, this.nested, this.columns] = [null, null, null];
    const text = line.replace(/^\s*#+\s*/, '').replace(/^\d+(?:\.\d+)*[.)]?\s+/, '');
    // "Create/Modify" is a title, not a path.
    const names = text.includes('`') || /\w\.[A-Za-z]\w{0,7}\b/.test(text);
    const found = names ? this.filesIn(text, oneAction(text) ?? this.usual) : [];
    // Text below a file's own heading describes that file.
    this.ignored = found.length > 0 || OTHER_FILES.test(text);
    if (found.length > 0) return found;
    this.usual = oneAction(text) ?? this.ofTitle;
    return [];
  }

  private readItem(indent: number, item: string): PlannedFile[] {
    if (this.within !== null && indent > this.within) return [];
    this.within = null;
    if (this.nested !== null && indent <= this.nested.indent) this.nested = null;
    const found = this.filesIn(item, this.nested?.action ?? this.usual);
    if (found.length > 0) this.within = indent;
    else this.nested = { indent, action: oneAction(item) ?? this.nested?.action ?? null };
    return found;
  }

  private readCode(line: string): PlannedFile[] {
    const branch = BRANCH.exec(line);
    if (branch !== null) return this.readBranch(branch[1] ?? '', branch[2] ?? '', branch[3] ?? '');
    const [word = '', ...rest] = line.trim().split(/\s+/);
    const remark = rest.join(' ');
    if (remark !== '' && !/^(?:#|\/\/|\(|-|–|—|←|<-)/.test(remark)) return [];
    if (word.endsWith('/')) this.tree = [word.replace(/\/+$/, '')];
    const path = /[/.]\w/.test(word) && !word.endsWith('/') ? this.clean(word) : null;
    return path === null ? [] : [{ path, action: actionIn(remark) ?? this.usual ?? 'modify' }];
  }

  private readBranch(before: string, name: string, remark: string): PlannedFile[] {
    const depth = Math.floor(before.length / 4) + 1;
    this.tree.length = Math.min(this.tree.length, depth);
    this.tree[depth] = name.replace(/\/+$/, '');
    if (name.endsWith('/') || !/\.\w/.test(name)) return [];
    const parts = this.tree.filter((part) => part !== '' && part !== '.');
    const path = this.clean(parts.join('/'));
    return path === null ? [] : [{ path, action: actionIn(remark) ?? this.usual ?? 'modify' }];
  }

  private readRow(line: string): PlannedFile[] {
    if (SEPARATOR.test(line.trim())) return [];
    const cells = cellsOf(line);
    if (this.columns === null) {
      this.columns = columnsOf(cells);
      if (this.columns.header) return [];
    }
    const { action: column, path, free } = this.columns;
    const said = column === null ? null : (cells[column] ?? '');
    const action =
      said === null ? (this.usual ?? 'modify') : (actionIn(said) ?? (free ? (this.usual ?? 'modify') : null));
    if (action === null) return [];
    return this.pathsIn(cells[path] ?? '').map((each) => ({ path: each, action }));
  }

  private pathsIn(cell: string): string[] {
    const quoted = [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? '');
    const words = quoted.length > 0 ? quoted : [linkText(cell).split(/\s/)[0] ?? ''];
    return words.flatMap((word) => (saysNothing(word) ? [] : (this.clean(word) ?? [])));
  }

  /** The files at the start of a line (`a.ts`, `b.ts` and `c.ts`); the text after them only describes them. */
  private filesIn(text: string, usual: Action | null): PlannedFile[] {
    const plain = linkText(text);
    const words = plain.includes('`')
      ? leadingQuoted(plain)
      : [plain.split(/\s/).find((part) => /[/.]\w/.test(part)) ?? ''];
    const paths = words.flatMap((word) => {
      const path = this.clean(word);
      // A list may also contain sentences and function names.
      return path === null || !/[/.]/.test(path) ? [] : [{ word, path }];
    });
    const around = paths.reduce((rest, { word }) => rest.replace(word, ' '), plain);
    return paths.map(({ path }) => ({ path, action: actionIn(around) ?? usual ?? 'modify' }));
  }

  private clean(word: string): string | null {
    const bare = word
      .trim()
      .replace(/^(?:\*\*|__|["'(])+/, '')
      .replace(/(?:\*\*|__|["'),;:])+$/, '');
    // Folders of a router contain parentheses, but so do function calls.
    const calls = bare.replaceAll(/(?:^|\/)\([\w-]+\)(?=\/)/g, '');
    if (bare.length > LONGEST_PATH || /[\s()<>=]|^\w+:\/\/(?!\/)/.test(calls) || hasHiddenCharacters(bare)) return null;
    return repositoryPath(bare, this.place);
  }
}

/** The first code mark, and those after it separated only by commas, slashes and "and". */
function leadingQuoted(text: string): string[] {
  const words: string[] = [];
  let end: number | null = null;
  for (const match of text.matchAll(/`([^`]+)`/g)) {
    if (end !== null && !/^[\s,;&+/*_]*(?:and|or)?[\s*_]*$/.test(text.slice(end, match.index))) break;
    words.push(match[1] ?? '');
    end = match.index + match[0].length;
  }
  return words;
}

/** Replaces `[src/a.ts](../../src/a.ts)` with the link text if that is a path. */
function linkText(text: string): string {
  return text.replaceAll(/\[([^\][]*)\]\(([^()\s]*)\)/g, (_, shown: string, target: string) =>
    /[/.]\w/.test(shown) ? shown : /[/.]\w/.test(target) ? `${shown} ${target}` : shown,
  );
}

function columnsOf(written: readonly string[]): Columns {
  const cells = written.map((cell) => cell.replaceAll(/[*_`]/g, '').trim());
  const path = cells.findIndex((cell) =>
    /^(?:files? ?)?(?:paths?|names?|locations?)$|^files?$|^files? ?\/ ?(?:path|module)s?$/i.test(cell),
  );
  const action = cells.findIndex((cell) =>
    /^(?:actions?|operations?|types?|status|changes?|create ?\/ ?modify|new ?\/ ?(?:modify|modified|existing))$/i.test(
      cell,
    ),
  );
  return {
    header: path !== -1,
    path: Math.max(0, path),
    action: action === -1 ? null : action,
    free: /^changes?$/i.test(cells[action] ?? ''),
  };
}

function cellsOf(line: string): string[] {
  return line
    .trim()
    .replace(/^\|/, '')
    .replace(/\|$/, '')
    .split('|')
    .map((cell) => cell.trim());
}

/** The action named in a heading or cell; both together are a change. */
function actionIn(text: string): Action | null {
  if (MODIFIES.test(text)) return 'modify';
  return CREATES.test(text) ? 'create' : null;
}

/** The action of a title, null if it names both or none. */
function oneAction(title: string): Action | null {
  return MODIFIES.test(title) && CREATES.test(title) ? null : actionIn(title);
}
