import { sanitizeLine } from '../text/terminal-text.js';

const WORD = '[\\p{L}_$~][\\p{L}\\p{N}_$?!]*';
const PATH = `${WORD}(?:(?:::|\\.)${WORD})*`;
const KEYWORDS = [
  ...['class', 'struct', 'union', 'interface', 'enum', 'record', 'object', 'trait', 'protocol', 'type', 'module'],
  ...['defmodule', 'namespace', 'package', 'mod', 'def', 'defp', 'defmacro', 'fn', 'func', 'fun', 'function', 'sub'],
];
/** `class Order`, `public enum class Color`, `fun <T> Order.total`: all words after the keyword. */
const NAMED = new RegExp(`(?:^|[\\s@])(?:${KEYWORDS.join('|')})\\s+(?:<[^>]*>\\s*)?&?((?:${PATH}\\s+)*${PATH})`, 'u');
/** `Money Order::total(`: the name directly before the parameters. */
const BEFORE_PARAMETERS = new RegExp(`(${PATH})\\s*(?:<[^<>()]*>)?\\s*\\(`, 'u');
/** `func (o *Order) Total(`: in Go a method names its type. */
const GO_METHOD = new RegExp(`^\\s*func\\s*\\(([^)]*)\\)\\s*(${WORD})`, 'u');
/** `impl Display for Order {`: its functions belong to both names. */
const RUST_IMPL = /^\s*(?:unsafe\s+)?impl\b([^{]*)/u;
/** Base types of a class, which are not its name. */
const ANCESTORS = /\s(?:extends|implements|where)\s.*$/u;
/** `@Named("x")` and `[Named("x")]` before a definition on the same line. */
const ANNOTATIONS = /^\s*(?:(?:@[\w.]+(?:\([^()]*\))?|\[[^\]]*\])\s+)+/u;

const LONGEST_LINE = 1000; // a longer definition contains its name before this point

/**
 * The names defined by a definition's line: `def total(self, order)` is `total`, `Money Order::total(int n)` is `Order`
 * and `total`. For an unknown form, every word of the line.
 */
export function declaredNames(line: string): ReadonlySet<string> {
  const text = line.slice(0, LONGEST_LINE).normalize('NFC').replace(ANNOTATIONS, '');
  const method = GO_METHOD.exec(text);
  if (method !== null) return wordsOf(method.slice(1).join(' '));
  const implementation = RUST_IMPL.exec(text);
  if (implementation !== null) return wordsOf(withoutGenerics(implementation[1] ?? ''));
  const plain = text.replace(ANCESTORS, '');
  const names = [NAMED.exec(plain)?.[1], BEFORE_PARAMETERS.exec(plain)?.[1]].filter((name) => name !== undefined);
  return wordsOf(names.length > 0 ? names.join(' ') : text);
}

function wordsOf(text: string): ReadonlySet<string> {
  return new Set(text.match(new RegExp(WORD, 'gu')) ?? []);
}

function withoutGenerics(text: string): string {
  const shorter = text.replace(/<[^<>]*>/gu, '');
  return shorter === text ? text : withoutGenerics(shorter);
}

const LONGEST_TITLE = 60; // enough for a person to find it

/** A short form of a definition's line: `def refund`, `func (o *Order) Total`. Safe to print. */
export function definitionTitle(line: string): string {
  const text = sanitizeLine(line).trim();
  const method = GO_METHOD.exec(text)?.[0];
  const title = method ?? /^[^({=;]*[^({=;:\s]/u.exec(text)?.[0] ?? text;
  return title.length > LONGEST_TITLE ? `${title.slice(0, LONGEST_TITLE)}…` : title;
}
