/** The first line with words of a Markdown text, without the signs of a heading or a list. */
export function lineTitle(text: string): string {
  for (const line of text.split('\n')) {
    const words = line.replace(/^\s*(?:#{1,6}\s+|[-*>]\s+)/, '').trim();
    if (/[\p{L}\p{N}]/u.test(words)) return words;
  }
  return '';
}
