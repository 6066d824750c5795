import { Lexer, parseDocument } from 'yaml';
import { NESTING_LIMIT } from '../../core/base/json-nesting.js';
import { quote } from '../../core/text/untrusted-text.js';
import type { Parsed } from './parsed.js';

/** The lexer emits this token before the text of a scalar; that text is never syntax. */
const SCALAR = '\u001f';
/** Tokens that do not represent characters of the text: byte order mark, start of a document, error, scalar. */
const WITHOUT_WIDTH = new Set(['\ufeff', '\u0002', '\u0018', SCALAR]);

/**
 * Parses untrusted YAML. The lexer, which is not recursive, checks the text first: nesting is limited, anchors and
 * aliases are refused. (Nested text of 6 KB made node abort, and a few lines of aliases expand to gigabytes.)
 */
export function parseYaml(text: string): Parsed {
  const refused = scan(text);
  if (refused !== null) return refused;
  const document = parseDocument(text, { prettyErrors: false, logLevel: 'silent', stringKeys: true });
  const [error] = document.errors;
  if (error !== undefined) {
    const line = text.slice(0, error.pos[0]).split('\n').length;
    return {
      kind: 'fault',
      problem: `is not valid YAML in line ${line} of the frontmatter: ${quote(error.message)}`,
      fix: 'Correct that line; put text with special characters in quotes.',
    };
  }
  return { kind: 'value', value: document.toJS({ maxAliasCount: 0 }) };
}

function scan(text: string): (Parsed & { kind: 'fault' }) | null {
  const depth = new DepthCounter();
  let previous = '';
  for (const token of new Lexer().lex(text)) {
    const isScalar = previous === SCALAR;
    if (!isScalar && (token.startsWith('&') || token.startsWith('*'))) {
      return {
        kind: 'fault',
        problem: `uses a YAML anchor or alias, ${quote(token)}`,
        fix: 'Write the value out; put text that begins with & or * in quotes.',
      };
    }
    depth.read(token, isScalar);
    if (depth.deepest > NESTING_LIMIT) {
      return {
        kind: 'fault',
        problem: `nests more than ${NESTING_LIMIT} levels deep`,
        fix: 'Use a flatter structure.',
      };
    }
    previous = isScalar ? '' : token;
  }
  return null;
}

/**
 * Counts nesting from tokens: brackets exactly; blocks by the columns where their parts start, since every level starts
 * further right (a list may start in its key's column, so a column can hold two levels).
 */
class DepthCounter {
  deepest = 0;
  #column = 0;
  #flow = 0;
  /** In invalid text that is parsed anyway, `?` inside brackets and further `:` on a line nest too. */
  #odd = 0;
  #colons = 0;
  readonly #columns: number[] = [];

  read(token: string, isScalar: boolean): void {
    if (!isScalar && WITHOUT_WIDTH.has(token)) return;
    if (!isScalar && (token === '[' || token === '{')) this.#flow += 1;
    else if (!isScalar && (token === ']' || token === '}')) this.#flow = Math.max(0, this.#flow - 1);
    else if (!isScalar && token === ':' && this.#flow === 0 && (this.#colons += 1) > 1) this.#odd += 1;
    else if (!isScalar && token === '?' && this.#flow > 0) this.#odd += 1;
    else if (this.#flow === 0 && (isScalar || /^[-?"']/.test(token))) this.#beginAt(this.#column);
    this.#advance(token);
    this.deepest = Math.max(this.deepest, this.#columns.length + this.#flow + this.#odd);
  }

  #beginAt(column: number): void {
    while ((this.#columns.at(-1) ?? -1) >= column) this.#columns.pop();
    this.#columns.push(column);
  }

  #advance(token: string): void {
    const newline = token.lastIndexOf('\n');
    this.#column = newline === -1 ? this.#column + token.length : token.length - newline - 1;
    if (newline === -1) return;
    this.#colons = 0;
    this.#odd = this.#flow === 0 ? 0 : this.#odd;
  }
}
