import { Minimatch, braceExpand } from 'minimatch';

/** Longer than any path a person writes, short enough that no pattern is slow to match. */
export const GLOB_LENGTH_LIMIT = 512;
/** `{a,b}` thirty times over is 2^30 patterns; nobody lists a hundred paths in one glob. */
export const GLOB_ALTERNATIVES_LIMIT = 100;

/** The patterns without braces that a glob stands for; null when there are none or too many. */
export function globAlternatives(glob: string): string[] | null {
  const alternatives = braceExpand(glob, { braceExpandMax: GLOB_ALTERNATIVES_LIMIT + 1 });
  return alternatives.length === 0 || alternatives.length > GLOB_ALTERNATIVES_LIMIT ? null : alternatives;
}

/** Extended globs such as `+(a|b)` are not among ours: `@modal/(group)` is a folder in many repositories. */
export function hasMagic(pattern: string): boolean {
  return /[*?[{]/.test(pattern);
}

/**
 * Tells whether a path (relative, `/` between its parts) is meant by a glob. The glob's own text is always meant, and
 * everything in a folder of that name: so `src/users` covers the folder, and `app/[id]/page.tsx` the file. Dot files
 * are files like any other.
 */
export function globMatcher(glob: string): (path: string) => boolean {
  const text = glob.normalize('NFC');
  const texts = globAlternatives(text) ?? [text];
  const pattern = hasMagic(text)
    ? new Minimatch(text, {
        dot: true,
        nonegate: true,
        nocomment: true,
        noext: true,
        braceExpandMax: GLOB_ALTERNATIVES_LIMIT,
      })
    : null;
  return (path) => {
    const name = path.normalize('NFC');
    return texts.some((each) => name === each || name.startsWith(`${each}/`)) || (pattern?.match(name) ?? false);
  };
}
