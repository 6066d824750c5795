/** The position of a member of the outermost object: its value, and the key before it. */
interface Member {
  readonly key: string;
  readonly keyStart: number;
  readonly valueStart: number;
  readonly valueEnd: number;
}

interface ObjectLayout {
  readonly open: number;
  readonly close: number;
  readonly members: readonly Member[];
}

const DEFAULT_INDENT = '  ';

/**
 * Sets one key of the outermost object in JSON text and leaves every other byte unchanged: key order, indentation, line
 * ends and number formats. `text` must be a valid JSON object.
 */
export function setJsonKey(text: string, key: string, value: object): string {
  const layout = readLayout(text);
  const [first] = layout.members;
  const before = first === undefined ? '' : text.slice(layout.open + 1, first.keyStart);
  const newline = before.includes('\r\n') ? '\r\n' : '\n';
  const indent = before.includes('\n') ? before.slice(before.lastIndexOf('\n') + 1) : DEFAULT_INDENT;
  const json = JSON.stringify(value, null, indent === '' ? DEFAULT_INDENT : indent).replaceAll(
    '\n',
    `${newline}${indent}`,
  );

  // If a key occurs twice, the last one is used, as in JSON.parse.
  const existing = layout.members.findLast((member) => member.key === key);
  if (existing !== undefined) return text.slice(0, existing.valueStart) + json + text.slice(existing.valueEnd);
  const last = layout.members.at(-1);
  const end = last?.valueEnd ?? layout.open + 1;
  const comma = last === undefined ? '' : ',';
  const rest = text.slice(end);
  const closing = /^\s*\n/.test(rest) ? '' : newline;
  return `${text.slice(0, end)}${comma}${newline}${indent}${JSON.stringify(key)}: ${json}${closing}${rest}`;
}

function readLayout(text: string): ObjectLayout {
  const open = text.indexOf('{');
  const members: Member[] = [];
  let at = skipSpace(text, open + 1);
  while (text.charAt(at) === '"') {
    const keyStart = at;
    const keyEnd = skipString(text, at);
    const valueStart = skipSpace(text, skipSpace(text, keyEnd) + 1);
    const valueEnd = skipValue(text, valueStart);
    members.push({ key: parseString(text.slice(keyStart, keyEnd)), keyStart, valueStart, valueEnd });
    at = skipSpace(text, valueEnd);
    if (text.charAt(at) === ',') at = skipSpace(text, at + 1);
  }
  return { open, close: at, members };
}

function parseString(literal: string): string {
  const value: unknown = JSON.parse(literal);
  return String(value);
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && ' \t\r\n'.includes(text.charAt(at))) at += 1;
  return at;
}

/** From an opening quote to the position after the closing one. */
function skipString(text: string, from: number): number {
  let at = from + 1;
  while (at < text.length && text.charAt(at) !== '"') at += text.charAt(at) === '\\' ? 2 : 1;
  return at + 1;
}

/** From a value's first character to the position after its last. */
function skipValue(text: string, from: number): number {
  let depth = 0;
  let at = from;
  while (at < text.length) {
    const character = text.charAt(at);
    if (character === '"') at = skipString(text, at) - 1;
    else if (character === '[' || character === '{') depth += 1;
    else if (character === ']' || character === '}') depth -= 1;
    if (depth < 0 || (depth === 0 && character === ',')) break;
    at += 1;
    if (depth === 0 && '"]}'.includes(character)) return at;
  }
  // A number or a literal, without the white space after it.
  return from + text.slice(from, at).trimEnd().length;
}
