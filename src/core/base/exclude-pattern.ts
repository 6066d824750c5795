/**
 * A path from the top of the repository, `/` between its parts, as a line of an exclude file that means just this path:
 * `parallel/[x]` is a folder in somebody's repository. Of a newline, which no such line can have, only the place counts.
 */
export function excludePattern(path: string): string {
  const literal = path.replaceAll(/[\\*?[]/g, '\\$&').replaceAll(/[\r\n]/g, '?');
  return `/${literal.replace(/ +$/, (spaces) => spaces.replaceAll(' ', '\\ '))}`;
}
