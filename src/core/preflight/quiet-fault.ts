/**
 * A fault that a shell does not report as an error: a here-document that never ends (`said` is bash's warning about
 * it), or a carriage return at the end of a line, which the shell treats as part of the last word.
 */
export function quietFault(command: string, said: string): string | null {
  if (/\r(?:\n|$)/.test(command)) return 'a line ends with a carriage return, as on Windows';
  const end = /here-document .*delimited by end-of-file \(wanted [`'"](.*)['"]\)/.exec(said)?.[1];
  return end === undefined ? null : `a here-document is missing its end marker ${end}`;
}
