/**
 * A path from the top of the repository, with `/` as separator, as a line of an exclude file that matches only this
 * path, even if it contains pattern characters such as `parallel/[x]`. A newline cannot be written in such a line and
 * becomes a wildcard.
 */
export function excludePattern(path: string): string {
  const literal = path.replaceAll(/[\\*?[]/g, '\\$&').replaceAll(/[\r\n]/g, '?');
  return `/${literal.replace(/ +$/, (spaces) => spaces.replaceAll(' ', '\\ '))}`;
}
