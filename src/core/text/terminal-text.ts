import { escapeHiddenButTabs } from './shown-text.js';

/*
 * Everything in a line that can control a terminal, in one pass: complete escape sequences, then remaining control
 * characters. Sequences contain no control characters, so that many unterminated ones cannot make the search quadratic.
 */
const BODY = '[^\\u0000-\\u0008\\u000a-\\u001f\\u007f-\\u009f]*';
const CONTROL_SEQUENCE = '(?:\\u001b\\[|\\u009b)[0-?]*[ -/]*[@-~]';
/** OSC, DCS, SOS, PM, APC with their terminator; without one only the start is removed and the text stays visible. */
const CONTROL_STRING = `(?:\\u001b[\\]PX^_]|[\\u009d\\u0090\\u0098\\u009e\\u009f])${BODY}(?:\\u0007|\\u001b\\\\|\\u009c)`;
const SHORT_ESCAPE = '\\u001b[ -/]*[0-OQ-WYZ\\\\`-~]';
const CONTROL = '[\\u0000-\\u0008\\u000a-\\u001f\\u007f-\\u009f]';
const UNPRINTABLE = new RegExp([CONTROL_STRING, CONTROL_SEQUENCE, SHORT_ESCAPE, CONTROL].join('|'), 'gu');

/**
 * One line of a program's output, safe to print: removes colours and all other terminal control (ANSI, OSC, DCS, APC,
 * C0 and C1 controls, newlines), and escapes other invisible characters. Keeps tabs.
 */
export function sanitizeLine(text: string): string {
  return escapeHiddenButTabs(text.replace(UNPRINTABLE, ''));
}
