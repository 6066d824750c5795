/**
 * The definitions around each line of a file, innermost first, as the text of their lines: a definition's own line is
 * inside it. `isDefinition` tells which lines begin one; how they contain each other is read off the indentation, so
 * any language will do. Decorators and comments right above a definition belong to it; a line that closes what another
 * one opened belongs where that one does.
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
        // Heads since the definition, at the margin, were text of the string that ends here.
        closeSince(heads, definitions.at(-1)?.at ?? Infinity);
        return lastOf(below(definitions, indent), below(heads, indent))?.chain ?? NOTHING;
      case 'closing': {
        const opener = lastOf(below(definitions, indent + 1), below(heads, indent + 1))?.chain ?? NOTHING;
        close(heads, indent);
        // `} else {` opens again; a bracket alone does not.
        if (hasWord(line)) heads.push({ at, indent, chain: opener });
        return opener;
      }
      case 'other':
        // Ends blocks but no definition: the text of a string may stand at the margin in the middle of a function.
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
 * Remarks, and the text of strings, may stand at the margin in the middle of a function: what the lines before and
 * after them are both in is around them. Nothing for other lines.
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

/** A line below which deeper ones lie. */
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

/** Comments, what a preprocessor reads, and labels: they stand at any depth. */
function isRemark(text: string): boolean {
  return /^(?:#|\/\/|\/\*|\*|(?!(?:else|try|finally|except)\b)[A-Za-z_]\w*(?: slots)?\s*:$)/.test(text);
}

/** Whether deeper lines below this one may be its own: it ends like the head of a block, or one begins right below. */
function opens(lines: readonly string[], at: number): boolean {
  const text = (lines[at] ?? '').trim();
  return /(?:[{([:=,\\>|&+]|\b(?:do|then|begin|is))$/.test(text) || kindOf(lines[at + 1] ?? '', false) === 'opening';
}

const PREPROCESSOR = /^#(?:include|import|define|undef|if|ifdef|ifndef|elif|else|endif|pragma)\b/;

/** `@decorator`, `#[attribute]`, `[Attribute]`, and comments. */
function isAbove(text: string): boolean {
  return (isRemark(text) && !PREPROCESSOR.test(text)) || text.startsWith('@') || /^\[.*\]$/.test(text);
}

/** Whether a line says anything: brackets and blank lines do not. */
export function hasWord(line: string): boolean {
  return /[\p{L}\p{N}_]/u.test(line) && !/^\s*end[\s;,)]*$/.test(line);
}

/** Lines that belong to the definition right below them, with its line. */
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
      if (depth > indent || kindOf(line, false) === 'closing') continue; // arguments of a decorator, perhaps
      if (!isAbove(text)) break;
      top = at;
    }
    for (let at = top; at < definition; at += 1) attached.set(at, definition);
  }
  return attached;
}

const TAB = 8; // as Python counts; a file that mixes tabs and spaces means this or nothing

function indentOf(line: string): number {
  let columns = 0;
  for (const character of line) {
    if (character === ' ') columns += 1;
    else if (character === '\t') columns += TAB - (columns % TAB);
    else break;
  }
  return columns;
}

/** The last opener that is less indented; openers lie deeper the later they are. */
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
