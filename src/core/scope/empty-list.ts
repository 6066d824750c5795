/** Ways to write an empty list, in lower case and without surrounding marks. */
const NOTHING = new Set([
  '',
  '-',
  '–',
  '—',
  '--',
  'none',
  'nothing',
  'n/a',
  'n.a',
  'na',
  'null',
  'nil',
  '[]',
  '{}',
  '()',
  '""',
  "''",
]);

/** `None required`, `No new files`, `Nothing (tests only)`: a sentence that contains no path. */
const SENTENCE =
  /^(?:none|nothing|n\/a|no(?: (?:new|other|existing|further|source))* (?:files?|changes?))(?![\w/.*{[-])/i;
const PATH_LIKE = /[/*{}]|\.\w/;

/** Whether an item of a scope means that there is none: `[]`, `_None._`, `` `n/a` ``, `(nothing)`, `—`. */
export function saysNothing(item: string): boolean {
  const plain = withoutMarks(item);
  if (NOTHING.has(plain.toLowerCase())) return true;
  return SENTENCE.test(plain) && !PATH_LIKE.test(plain.replace(/^n\/a/i, ''));
}

/** Removes surrounding emphasis, code marks, quotes and brackets, and a full stop. */
function withoutMarks(item: string): string {
  let text = item.trim();
  for (;;) {
    const inner = text
      .replace(/^([*_`'"]+)(.*[^*_`'"].*)\1$/s, '$2')
      .replace(/^(?:\((.*)\)|\[(.+)\]|<(.*)>)$/s, (_, ...parts: (string | undefined)[]) => parts.slice(0, 3).join(''))
      .replace(/(?<=[^\s./*?])[.!;:,]$/, '')
      .trim();
    if (inner === text) return text;
    text = inner;
  }
}

/** Removes the brackets of a YAML list, `[src/a.ts, "src/b.ts"]`; returns other text unchanged. */
export function withoutListBrackets(list: string): string {
  const text = list.trim();
  if (!text.startsWith('[') || !text.endsWith(']')) return list;
  const inner = text.slice(1, -1);
  // `[id]` is a common folder name in web projects, and `[slug]/[id]` is a path.
  const isList = !/[[\]]/.test(inner) && /[,/."'`*]|^\s*$/.test(inner);
  return isList ? inner : list;
}
