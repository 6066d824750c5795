/**
 * The definitions around each line of a file, innermost first, as the text of their lines; a definition's own line is
 * inside it. `isDefinition` tells which lines start one; nesting is derived from the indentation, so it works for any
 * language. Decorators and comments directly above a definition belong to it; a closing line belongs to the line that
 * opened the block.
 */
export function definitionChains(lines: readonly string[], isDefinition: (line: string) => boolean): Chain[] {
  const starts = lines.map(isDefinition);
  const above = attachedLines(lines, starts);
  const definitions: Opener[] = [];
  const heads: Opener[] = [];
  const chains = lines.map((line, at): Chain => {
    const kind = kindOf(line, starts[at] === true);
    const indent = indentOf(line);
    const parent = lastOf(below(definitions, indent), below(heads, indent))?.chain ?? NOTHING;
    switch (kind) {
      case 'blank':
      case 'opening':
      case 'remark':
        return parent;
      case 'definition': {
        const chain = [line, ...parent];
        close(definitions, indent);
        close(heads, indent);
        definitions.push({ at, indent, chain });
        return chain;
      }
      case 'ending':
        // Lines at the margin since the definition were text of the string that ends here.
        closeSince(heads, definitions.at(-1)?.at ?? Infinity);
        return lastOf(below(definitions, indent), below(heads, indent))?.chain ?? NOTHING;
      case 'closing': {
        const opener = lastOf(below(definitions, indent + 1), below(heads, indent + 1))?.chain ?? NOTHING;
        close(heads, indent);
        // `} else {` opens a block again; a closing bracket alone does not.
        if (hasWord(line)) heads.push({ at, indent, chain: opener });
        return opener;
      }
      case 'other':
        // Ends blocks but not the definition: text of a string may be at the margin inside a function.
        close(heads, indent);
        if (!above.has(at) && opens(lines, at)) heads.push({ at, indent, chain: parent });
        return parent;
    }
  });
  const around = chainsAround(lines, starts, chains);
  return chains.map((chain, at) => {
    const outside = around[at] ?? NOTHING;
    return chains[above.get(at) ?? -1] ?? (outside.length > chain.length ? outside : chain);
  });
}

/**
 * Comments and text of strings may be at the margin inside a function: they get the definitions that the lines before
 * and after them share. Empty for other lines.
 */
function chainsAround(lines: readonly string[], starts: readonly boolean[], chains: readonly Chain[]): Chain[] {
  let before = NOTHING;
  const loose = lines.map((line, at): Chain | null => {
    const kind = kindOf(line, starts[at] === true);
    const chain = chains[at] ?? NOTHING;
    const text = kind === 'other' && chain.length < before.length && !opens(lines, at);
    if (text || kind === 'remark') return before;
    if (kind !== 'blank') before = chain;
    return null;
  });
  let after = NOTHING;
  const around: Chain[] = [];
  for (let at = lines.length - 1; at >= 0; at -= 1) {
    const preceding = loose[at] ?? null;
    around[at] = preceding === null ? NOTHING : shared(preceding, after);
    if (preceding === null && (lines[at] ?? '').trim() !== '') after = chains[at] ?? NOTHING;
  }
  return around;
}

function shared(one: Chain, other: Chain): Chain {
  let count = 0;
  while (count < one.length && one.at(-1 - count) === other.at(-1 - count)) count += 1;
  return one.slice(one.length - count);
}

/** Definitions, innermost first. */
export type Chain = readonly string[];

const NOTHING: Chain = [];

/** A line with more deeply indented lines below it. */
interface Opener {
  readonly at: number;
  readonly indent: number;
  readonly chain: Chain;
}

type LineKind = 'blank' | 'definition' | 'opening' | 'closing' | 'ending' | 'remark' | 'other';

function kindOf(line: string, definition: boolean): LineKind {
  const text = line.trim();
  if (text === '') return 'blank';
  if (definition) return 'definition';
  if (/^[{[(]+$/.test(text)) return 'opening';
  if (/^(?:"""|'''|[A-Z_]{2,}[;,)]*$)/.test(text)) return 'ending';
  if (/^(?:[)}\]]|end\b)/.test(text)) return 'closing';
  return isRemark(text) ? 'remark' : 'other';
}

/** Comments, preprocessor lines and labels, which may have any indentation. */
function isRemark(text: string): boolean {
  return /^(?:#|\/\/|\/\*|\*|(?!(?:else|try|finally|except)\b)[A-Za-z_]\w*(?: slots)?\s*:$)/.test(text);
}

/**
 * Whether deeper lines below this one may belong to it: it ends like the head of a block, or a block starts on the next
 * line.
 */
function opens(lines: readonly string[], at: number): boolean {
  const text = (lines[at] ?? '').trim();
  return /(?:[{([:=,\\>|&+]|\b(?:do|then|begin|is))$/.test(text) || kindOf(lines[at + 1] ?? '', false) === 'opening';
}

const PREPROCESSOR = /^#(?:include|import|define|undef|if|ifdef|ifndef|elif|else|endif|pragma)\b/;

/** `@decorator`, `#[attribute]`, `[Attribute]`, and comments. */
function isAbove(text: string): boolean {
  return (isRemark(text) && !PREPROCESSOR.test(text)) || text.startsWith('@') || /^\[.*\]$/.test(text);
}

/** Whether a line has content: brackets and blank lines do not. */
export function hasWord(line: string): boolean {
  return /[\p{L}\p{N}_]/u.test(line) && !/^\s*end[\s;,)]*$/.test(line);
}

/** Lines that belong to the definition directly below them, with its line. */
function attachedLines(lines: readonly string[], starts: readonly boolean[]): Map<number, number> {
  const attached = new Map<number, number>();
  for (const [definition, starting] of starts.entries()) {
    if (!starting) continue;
    const indent = indentOf(lines[definition] ?? '');
    let top = definition;
    for (let at = definition - 1; at >= 0 && starts[at] !== true; at -= 1) {
      const line = lines[at] ?? '';
      const text = line.trim();
      const depth = indentOf(line);
      if (text === '' || depth < indent) break;
      if (depth > indent || kindOf(line, false) === 'closing') continue; // possibly arguments of a decorator
      if (!isAbove(text)) break;
      top = at;
    }
    for (let at = top; at < definition; at += 1) attached.set(at, definition);
  }
  return attached;
}

const TAB = 8; // as in Python; files that mix tabs and spaces usually assume this width

function indentOf(line: string): number {
  let columns = 0;
  for (const character of line) {
    if (character === ' ') columns += 1;
    else if (character === '\t') columns += TAB - (columns % TAB);
    else break;
  }
  return columns;
}

/** The last opener with less indentation; later openers are indented more deeply. */
function below(openers: readonly Opener[], indent: number): Opener | undefined {
  return openers.findLast((opener) => opener.indent < indent);
}

function lastOf(one: Opener | undefined, other: Opener | undefined): Opener | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return one.at > other.at ? one : other;
}

function close(openers: Opener[], indent: number): void {
  while ((openers.at(-1)?.indent ?? -1) >= indent) openers.pop();
}

function closeSince(openers: Opener[], at: number): void {
  while ((openers.at(-1)?.at ?? -1) > at) openers.pop();
}
