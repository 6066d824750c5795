/** A Markdown heading and the text below it, including sub-sections. */
export interface Section {
  /** Without numbering, emphasis, and a part in brackets at its end. */
  readonly title: string;
  /** 1 to 6. */
  readonly level: number;
  readonly body: readonly string[];
}

const FENCE = /^ {0,3}(```|~~~)/;
const HEADING = /^ {0,3}(#{1,6})\s+(\S.*)$/;
const RULE = /^ {0,3}([-*_])[ \t]*(?:\1[ \t]*){2,}$/;
const LIST_ITEM = /^ ?(?:[-*+•]|\d{1,9}[.)])\s+(\S.*)$/;

interface Line {
  readonly text: string;
  readonly code: boolean;
}

/** The sections of a Markdown text in order. Headings in code blocks are ignored. */
export function markdownSections(text: string): Section[] {
  const lines = readLines(text);
  const headings = lines.flatMap((line, index) => {
    const heading = headingOf(line);
    return heading === null ? [] : [{ ...heading, index }];
  });
  return headings.map(({ title, level, index }, position) => {
    const end = indexOfNext(headings, position, level) ?? lines.length;
    return { title, level, body: lines.slice(index + 1, end).map((line) => line.text) };
  });
}

/** The end of each section. Checks each heading once per level, because copying the rest would take quadratic time. */
function indexOfNext(
  headings: readonly { readonly level: number; readonly index: number }[],
  position: number,
  level: number,
): number | null {
  for (let next = position + 1; next < headings.length; next += 1) {
    const heading = headings[next];
    if (heading !== undefined && heading.level <= level) return heading.index;
  }
  return null;
}

/** Whether a section has content: sub-headings count, comments, blank lines and horizontal rules do not. */
export function hasContent({ body }: Section): boolean {
  return withoutComments(body.join('\n'))
    .split('\n')
    .some((line) => line.trim() !== '' && !RULE.test(line));
}

/** The heading on a line outside of code, null for any other line. */
export function headingOnLine(text: string): { title: string; level: number } | null {
  return headingOf({ text, code: false });
}

/** The text of a top-level list item, null for any other line. */
export function listItem(line: string): string | null {
  return LIST_ITEM.exec(line)?.[1] ?? null;
}

/** The lines of a text that are not in a code block. */
export function proseLines(text: string): string[] {
  return readLines(text).flatMap((line) => (line.code ? [] : [line.text]));
}

function readLines(text: string): Line[] {
  let fence: string | null = null;
  return text.split(/\r?\n/).map((line) => {
    const mark = FENCE.exec(line)?.[1] ?? null;
    const code = fence !== null || mark !== null;
    if (mark !== null && (fence === null || fence === mark)) fence = fence === null ? mark : null;
    return { text: line, code };
  });
}

function headingOf({ text, code }: Line): { title: string; level: number } | null {
  const heading = code ? null : HEADING.exec(text);
  return heading === null ? null : { title: plainTitle(heading[2] ?? ''), level: heading[1]?.length ?? 1 };
}

function plainTitle(text: string): string {
  const plain = text
    .replaceAll(/[*_`#]/g, '')
    .trim()
    .replace(/:$/, '');
  const unnumbered = plain.replace(/^\d+(?:\.\d+)*[.)]?\s+/, '');
  const bracket = unnumbered.endsWith(')') ? unnumbered.lastIndexOf('(') : -1;
  return (bracket > 0 ? unnumbered.slice(0, bracket) : unnumbered).trim().replace(/:$/, '');
}

/** Without a regular expression, which would take quadratic time on many comments without an end. */
function withoutComments(text: string): string {
  let rest = text;
  let visible = '';
  for (;;) {
    const start = rest.indexOf('<!--');
    if (start === -1) return visible + rest;
    visible += rest.slice(0, start);
    const end = rest.indexOf('-->', start + 4);
    if (end === -1) return visible;
    rest = rest.slice(end + 3);
  }
}
