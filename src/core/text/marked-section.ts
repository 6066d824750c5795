/** The lines that enclose o8's section in somebody else's text. */
const BEGIN = '<!-- o8: begin (written by o8; edits between these two lines are lost) -->';
const END = '<!-- o8: end -->';
const BEGIN_LINE = /^<!-- o8: begin\b.*-->\s*$/;
const END_LINE = /^<!-- o8: end -->\s*$/;

export type SectionEdit =
  | { readonly kind: 'edited'; readonly text: string }
  | { readonly kind: 'unchanged' }
  /** A mark is missing, doubled, or in the wrong order, so the end of the section is unknown. */
  | { readonly kind: 'broken_marks' };

/**
 * Puts `section` between the marks, or with marks at the end; the rest of `text` does not change, including line ends.
 */
export function withSection(text: string, section: string): SectionEdit {
  const newline = text.includes('\r\n') ? '\r\n' : '\n';
  const block = [BEGIN, ...section.trim().split('\n'), END];
  const lines = text.split(newline);
  const begins = lines.flatMap((line, index) => (BEGIN_LINE.test(line) ? [index] : []));
  const ends = lines.flatMap((line, index) => (END_LINE.test(line) ? [index] : []));
  const [begin, end] = [begins[0], ends[0]];
  if (begin === undefined && end === undefined) {
    const gap = text === '' ? '' : text.endsWith(newline) ? newline : newline.repeat(2);
    return { kind: 'edited', text: `${text}${gap}${[...block, ''].join(newline)}` };
  }
  if (begin === undefined || end === undefined || begins.length > 1 || ends.length > 1 || end < begin)
    return { kind: 'broken_marks' };
  const edited = [...lines.slice(0, begin), ...block, ...lines.slice(end + 1)].join(newline);
  return edited === text ? { kind: 'unchanged' } : { kind: 'edited', text: edited };
}
