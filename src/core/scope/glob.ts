import { Minimatch, braceExpand } from 'minimatch';

/** Longer than any real path, short enough to match every pattern quickly. */
export const GLOB_LENGTH_LIMIT = 512;
/** `{a,b}` repeated thirty times gives 2^30 patterns; no glob lists a hundred paths. */
export const GLOB_ALTERNATIVES_LIMIT = 100;

/** The patterns without braces that a glob expands to; null if there are none or too many. */
export function globAlternatives(glob: string): string[] | null {
  const alternatives = braceExpand(glob, { braceExpandMax: GLOB_ALTERNATIVES_LIMIT + 1 });
  return alternatives.length === 0 || alternatives.length > GLOB_ALTERNATIVES_LIMIT ? null : alternatives;
}

/** Extended globs such as `+(a|b)` are not supported: `@modal/(group)` is a common folder name. */
export function hasMagic(pattern: string): boolean {
  return /[*?[{]/.test(pattern);
}

/**
 * Returns whether a glob matches a path (relative, separated by `/`). A glob always matches its own text and everything
 * in a folder of that name: `src/users` matches the folder, and `app/[id]/page.tsx` the file. Dot files match like
 * others.
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
