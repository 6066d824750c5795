import type { SourceFile } from './import-floors.js';

/** Tests for an implementation that may occur only in the seam's own files. */
export interface SeamRule {
  readonly seam: 'agent' | 'source' | 'target' | 'place';
  /** Matched against each line that is no comment. */
  readonly asks: RegExp;
  /** Files, or folders with a `/` at the end, in which it may be asked. */
  readonly allowed: readonly string[];
}

/** Every line that asks for an implementation where it may not, as `path:line: seam: text`. */
export function seamViolations(files: readonly SourceFile[], rules: readonly SeamRule[]): string[] {
  return files.flatMap(({ path, text }) => {
    const open = rules.filter(({ allowed }) => !allowed.some((place) => isIn(path, place)));
    return text.split('\n').flatMap((line, index) => {
      if (/^\s*(\/\/|\/?\*)/.test(line)) return [];
      const broken = open.filter(({ asks }) => asks.test(line));
      return broken.map(({ seam }) => `${path}:${String(index + 1)}: ${seam}: ${line.trim()}`);
    });
  });
}

function isIn(path: string, place: string): boolean {
  return place.endsWith('/') ? path.startsWith(place) : path === place;
}
