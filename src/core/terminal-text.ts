/*
 * Every way a line can drive a terminal, in one pass: whole escape sequences first, then any control character left
 * over. The bodies exclude control characters, so a flood of openings cannot make the search quadratic.
 */
const BODY = '[^\\u0000-\\u0008\\u000a-\\u001f\\u007f-\\u009f]*';
const CONTROL_SEQUENCE = '(?:\\u001b\\[|\\u009b)[0-?]*[ -/]*[@-~]';
/** OSC, DCS, SOS, PM, APC with their terminator; without one only the opening is dropped, the text stays visible. */
const CONTROL_STRING = `(?:\\u001b[\\]PX^_]|[\\u009d\\u0090\\u0098\\u009e\\u009f])${BODY}(?:\\u0007|\\u001b\\\\|\\u009c)`;
const SHORT_ESCAPE = '\\u001b[ -/]*[0-OQ-WYZ\\\\`-~]';
const CONTROL = '[\\u0000-\\u0008\\u000a-\\u001f\\u007f-\\u009f]';
/** Marks, embeddings, overrides and isolates that reorder what a reader sees, and Unicode's own line breaks. */
const REORDERING = '[\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069]';

const UNPRINTABLE = new RegExp([CONTROL_STRING, CONTROL_SEQUENCE, SHORT_ESCAPE, CONTROL, REORDERING].join('|'), 'gu');

/**
 * One line of somebody else's output made safe to print: no ANSI, OSC, DCS or APC sequences, no C0/C1 controls
 * (carriage return, backspace, bell, newline included), no bidi controls. Tabs and ordinary Unicode stay.
 */
export function sanitizeLine(text: string): string {
  return text.replace(UNPRINTABLE, '');
}
