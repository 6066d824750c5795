import { globAlternatives, hasMagic } from './glob.js';

/** An element of a file name pattern: one given character, any one character, or any run of characters. */
type Token =
  { readonly kind: 'character'; readonly character: string } | { readonly kind: 'one' } | { readonly kind: 'any' };
type Segment = { readonly kind: 'globstar' } | { readonly kind: 'tokens'; readonly tokens: readonly Token[] };

export interface PathPattern {
  readonly glob: string;
  /** True if the glob names one path (or the folder of that name). */
  readonly literal: boolean;
  readonly alternatives: readonly { readonly prefix: string; readonly segments: readonly Segment[] }[];
}

/** Prepares a glob for many comparisons, case-sensitive: fold names first if needed. */
export function pathPattern(glob: string): PathPattern {
  const alternatives = (globAlternatives(glob) ?? []).map((alternative) => {
    const segments = alternative.split('/').map(parseSegment);
    // The name of a folder matches everything in it, as in `globMatcher`; a name with an extension is a file.
    const isFolder = !hasMagic(alternative) && !/[^/]\.[^/]*$/.test(alternative);
    const whole = isFolder ? [...segments, { kind: 'globstar' } as const] : segments;
    return { prefix: /^[^*?[]*/.exec(alternative)?.[0] ?? '', segments: whole };
  });
  return { glob, literal: !hasMagic(glob), alternatives };
}

/**
 * Whether some path can match both patterns. Exact for `*`, `?`, `**` and braces; a character class matches any text
 * (it may be meant literally, see `globMatcher`), so that no overlap is missed.
 */
export function patternsIntersect(a: PathPattern, b: PathPattern): boolean {
  return a.alternatives.some((left) =>
    b.alternatives.some(
      (right) =>
        (left.prefix.startsWith(right.prefix) || right.prefix.startsWith(left.prefix)) &&
        intersects(left.segments, right.segments, isGlobstar, segmentsIntersect),
    ),
  );
}

function parseSegment(text: string): Segment {
  if (text === '**') return { kind: 'globstar' };
  const tokens: Token[] = [];
  for (let index = 0; index < text.length; index += 1) {
    const character = text.charAt(index);
    const classEnd = character === '[' ? text.indexOf(']', index + 2) : -1;
    if (classEnd !== -1) {
      tokens.push({ kind: 'any' });
      index = classEnd;
    } else if (character === '*') tokens.push({ kind: 'any' });
    else if (character === '?') tokens.push({ kind: 'one' });
    else tokens.push({ kind: 'character', character });
  }
  return { kind: 'tokens', tokens };
}

function isGlobstar(segment: Segment): boolean {
  return segment.kind === 'globstar';
}

function segmentsIntersect(a: Segment, b: Segment): boolean {
  if (a.kind === 'globstar' || b.kind === 'globstar') return true;
  return intersects(a.tokens, b.tokens, (token) => token.kind === 'any', tokensIntersect);
}

function tokensIntersect(a: Token, b: Token): boolean {
  return a.kind !== 'character' || b.kind !== 'character' || a.character === b.character;
}

/**
 * Whether two sequences have a common instance. An `isRun` element matches any number of elements; others match if
 * `agree` is true. Computes row by row whether the first i of a and the first j of b can be equal.
 */
function intersects<T>(
  a: readonly T[],
  b: readonly T[],
  isRun: (element: T) => boolean,
  agree: (left: T, right: T) => boolean,
): boolean {
  let row: boolean[] = [true];
  for (const [j, right] of b.entries()) row.push((row[j] ?? false) && isRun(right));
  for (const left of a) {
    const next: boolean[] = [(row[0] ?? false) && isRun(left)];
    for (const [j, right] of b.entries()) {
      const above = row[j + 1] ?? false;
      const before = next[j] ?? false;
      next.push(isRun(left) || isRun(right) ? above || before : (row[j] ?? false) && agree(left, right));
    }
    row = next;
  }
  return row[b.length] ?? false;
}
