import { escapeHiddenButTabs } from './shown-text.js';

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
const UNPRINTABLE = new RegExp([CONTROL_STRING, CONTROL_SEQUENCE, SHORT_ESCAPE, CONTROL].join('|'), 'gu');

/**
 * One line of a program's output made safe to print: colours and every other way to drive a terminal (ANSI, OSC, DCS,
 * APC, C0 and C1 controls, newlines) are taken out, what else would not be seen stands there as its escape. Tabs stay.
 */
export function sanitizeLine(text: string): string {
  return escapeHiddenButTabs(text.replace(UNPRINTABLE, ''));
}
