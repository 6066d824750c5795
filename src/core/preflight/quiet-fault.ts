/**
 * What is wrong with a command that a shell reads without an error: a here-document that never ends (`said` is what
 * bash said of it), or a line that ends as on Windows, whose last word the shell takes with the carriage return in it.
 */
export function quietFault(command: string, said: string): string | null {
  if (/\r(?:\n|$)/.test(command)) return 'a line ends with a carriage return, as on Windows';
  const end = /here-document .*delimited by end-of-file \(wanted [`'"](.*)['"]\)/.exec(said)?.[1];
  return end === undefined ? null : `the here-document that ends with ${end} has no end`;
}
