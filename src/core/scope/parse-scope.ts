import { GLOB_ALTERNATIVES_LIMIT, GLOB_LENGTH_LIMIT, globAlternatives } from './glob.js';
import type { Scope, ScopeEntry } from '../plan/plan.js';
import { saysNothing, withoutListBrackets } from './empty-list.js';
import { hasHiddenCharacters, quote } from '../text/untrusted-text.js';

export interface ScopeProblem {
  readonly problem: string;
  readonly fix: string;
}

export interface ParsedScope {
  readonly scope: Scope;
  readonly problems: readonly ScopeProblem[];
}

type Keyword = 'CREATE' | 'MODIFY' | 'BOUNDARY';

/** `CREATE: …`, also as a list item and in bold. */
const KEYWORD_LINE = /^\s*(?:[-*+]\s+)?(?:\*\*|__)?(CREATE|MODIFY|BOUNDARY)(?:\*\*|__)?:(?:\*\*|__)?(.*)$/i;
/** The same without a colon: as a heading, or alone on a line in bold. */
const KEYWORD_HEADING =
  /^\s*(?:#{1,6}\s+(?:\*\*|__)?|(?:[-*+]\s+)?(?:\*\*|__))(CREATE|MODIFY|BOUNDARY)(?:\*\*|__)?:?(?:\*\*|__)?\s*#*\s*$/i;
/** A line with only one path below a keyword, without a list mark. */
const BARE_PATH = /^\s*(`[^`]*[/.*][^`]*`|[^\s`]*[/.*][^\s`]*[^\s`.:;,!?])\s*$/;
const LIST_ITEM = /^\s*[-*+]\s+(.*)$/;
const SYMBOL = /^[\p{L}_$#][\p{L}\p{N}_$#]*(?:\.[\p{L}_$#][\p{L}\p{N}_$#]*)*$/u;
/** A remark after a path without spaces: ` (new)`, ` # new`, ` - new`. A path that looks like this needs backticks. */
const REMARK = /^(\S+)\s+(?:\(.*\)|(?:#|-|–|—|--)\s.*)$/;

export const EMPTY_SCOPE: Scope = { create: [], modify: [], boundary: [] };

/**
 * The lines of a task file's `## Scope` section: `CREATE:`, `MODIFY:` and `BOUNDARY:`, each with globs separated by
 * commas (braces may contain commas) or with list items or one-path lines below it. Other text in the section is
 * ignored.
 */
export function parseScope(section: string): ParsedScope {
  const entries: Record<Keyword, ScopeEntry[]> = { CREATE: [], MODIFY: [], BOUNDARY: [] };
  const problems: ScopeProblem[] = [];
  let open: Keyword | null = null;
  const add = (keyword: Keyword, list: string) => {
    for (const item of splitList(list)) {
      const entry = parseEntry(keyword, item);
      if ('problem' in entry) problems.push(entry);
      else entries[keyword].push(entry);
    }
  };
  for (const line of section.split(/\r?\n/)) {
    const keywordLine = KEYWORD_LINE.exec(line) ?? KEYWORD_HEADING.exec(line);
    const item = LIST_ITEM.exec(line);
    if (keywordLine !== null) {
      const keyword = keywordOf(keywordLine[1] ?? '');
      const list = keywordLine[2] ?? '';
      add(keyword, list);
      open = list.trim() === '' ? keyword : null;
    } else if (item !== null && open !== null) {
      add(open, item[1] ?? '');
    } else if (open !== null && line.length <= 2 * GLOB_LENGTH_LIMIT && BARE_PATH.test(line)) {
      add(open, line);
    } else if (line.trim() !== '') {
      open = null;
    }
  }
  const scope = {
    create: entries.CREATE,
    modify: entries.MODIFY,
    boundary: entries.BOUNDARY.map((entry) => entry.glob),
  };
  return { scope, problems };
}

function keywordOf(word: string): Keyword {
  const upper = word.toUpperCase();
  return upper === 'CREATE' || upper === 'MODIFY' ? upper : 'BOUNDARY';
}

/** Splits at commas outside braces, brackets, parentheses and backticks; omits items that mean "nothing". */
function splitList(list: string): string[] {
  const items: string[] = [];
  let item = '';
  let depth = 0;
  let quoted = false;
  for (const character of withoutListBrackets(list)) {
    if (character === '`') quoted = !quoted;
    else if (!quoted && '{[('.includes(character)) depth += 1;
    else if (!quoted && '}])'.includes(character)) depth = Math.max(0, depth - 1);
    if (character === ',' && depth === 0 && !quoted) {
      items.push(item);
      item = '';
    } else item += character;
  }
  items.push(item);
  // After "None, this task only reads", the rest is not a path either.
  if (items.length > 1 && saysNothing(items[0] ?? '') && saysNothing(list)) return [];
  return items
    .filter((text) => !saysNothing(text))
    .map(withoutDecoration)
    .filter((text) => !saysNothing(text));
}

/** The exact text in backticks; otherwise the text without quotes and without a remark after it. */
function withoutDecoration(item: string): string {
  const inBackticks = /`([^`]+)`/.exec(item)?.[1];
  if (inBackticks !== undefined) return inBackticks.trim();
  const text = item.trim();
  const inQuotes = /^(["'])([^"']+)\1$/.exec(text)?.[2];
  if (inQuotes !== undefined) return inQuotes.trim();
  return REMARK.exec(text)?.[1] ?? text;
}

function parseEntry(keyword: Keyword, text: string): ScopeEntry | ScopeProblem {
  const separator = text.indexOf('::');
  const path = separator === -1 ? text : text.slice(0, separator);
  const symbol = separator === -1 ? null : text.slice(separator + 2);
  if (symbol !== null && keyword !== 'MODIFY') {
    const fix = `Write the whole file, ${quote(path)}; parts of a file belong to MODIFY.`;
    return { problem: `${keyword} names a part of a file, ${quote(text)}`, fix };
  }
  if (symbol !== null && !SYMBOL.test(symbol)) {
    return { problem: `${quote(symbol)} is not a symbol`, fix: 'Write path::Symbol or path::Symbol.member.' };
  }
  const glob = path.replace(/^(?:\.\/)+/, '').replace(/\/+$/, path.endsWith('*/') ? '/**' : '');
  const problem = globProblem(glob, path);
  return problem === null ? { glob, symbol } : { ...problem, problem: `${keyword} ${problem.problem}` };
}

function globProblem(glob: string, written: string): ScopeProblem | null {
  const relative = 'Write a path from the top of the repository, like src/users/**.';
  if (glob.length > GLOB_LENGTH_LIMIT) {
    return { problem: `has a glob of ${glob.length} characters`, fix: `Use at most ${GLOB_LENGTH_LIMIT}.` };
  }
  if (glob === '' || glob === '.') return { problem: `names the whole repository, ${quote(written)}`, fix: relative };
  if (hasHiddenCharacters(glob)) {
    return { problem: `has a path with hidden characters, ${quote(glob)}`, fix: 'Write it without them.' };
  }
  if (glob.startsWith('!'))
    return { problem: `has a negated glob, ${quote(glob)}`, fix: 'Write the paths that are included instead.' };
  if (glob.includes('\\'))
    return { problem: `has a backslash in ${quote(glob)}`, fix: 'Put / between the parts of a path.' };
  const alternatives = globAlternatives(glob);
  if (alternatives === null) {
    return {
      problem: `has a glob that expands to no pattern or too many patterns, ${quote(glob)}`,
      fix: `Use braces for at most ${GLOB_ALTERNATIVES_LIMIT} alternatives.`,
    };
  }
  if (alternatives.some((path) => path.startsWith('/') || path.startsWith('~') || path.split('/').includes('..'))) {
    return { problem: `leads out of the repository, ${quote(glob)}`, fix: relative };
  }
  return null;
}
