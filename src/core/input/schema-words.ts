import * as z from 'zod';
import { clipped } from '../text/bounds.js';
import { printable } from '../text/untrusted-text.js';

/** The problem with one value of an input, in words for its author. */
export interface InputProblem {
  /** The position of the value: `merge.into`, `waves[0].tasks`; empty for the whole input. */
  readonly at: string;
  /** `must be a whole number from 1 to 64 (got "zero")`, `is missing: …`, `is not known`. */
  readonly problem: string;
}

type JsonSchema = Readonly<Record<string, unknown>>;

/** The prefixes of the library's own messages; any other text is o8's and more precise. */
const LIBRARY_WORDS = /^(Invalid |Too (small|big)|Unrecognized |Input not)/;

/** The faults that a schema found in `input`, without wording from the schema library. */
export function inputProblems(schema: z.ZodType, input: unknown, issues: readonly z.core.$ZodIssue[]): InputProblem[] {
  const root = jsonSchemaOf(schema);
  return issues.flatMap((issue) => {
    const at = pathText(issue.path.map(String));
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({
        at: pathText([...issue.path.map(String), clipped(key)]),
        problem: 'is not known',
      }));
    }
    if (!LIBRARY_WORDS.test(issue.message)) return [{ at, problem: printable(issue.message) }];
    const expected = wordsFor(nodeAt(root, issue.path));
    const value = valueAt(input, issue.path);
    return [
      {
        at,
        problem:
          value === undefined ? `is missing: it must be ${expected}` : `must be ${expected} (got ${shown(value)})`,
      },
    ];
  });
}

/** `merge.into must be …`; `name` is used for the whole input. */
export function problemText({ at, problem }: InputProblem, name: string): string {
  return `${at === '' ? name : at} ${problem}`;
}

function jsonSchemaOf(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
}

function nodeAt(root: JsonSchema, path: readonly PropertyKey[]): JsonSchema {
  return path.reduce<JsonSchema>((node, key) => {
    const inside = alternatives(node).flatMap((each) => childOf(each, key));
    return inside[0] ?? {};
  }, root);
}

function childOf(node: JsonSchema, key: PropertyKey): JsonSchema[] {
  const { properties, items, prefixItems, additionalProperties } = node;
  if (typeof key === 'number') {
    const fixed: unknown = Array.isArray(prefixItems) ? prefixItems[key] : undefined;
    return isSchema(fixed) ? [fixed] : isSchema(items) ? [items] : [];
  }
  const named = isSchema(properties) && Object.hasOwn(properties, key) ? properties[String(key)] : undefined;
  return isSchema(named) ? [named] : isSchema(additionalProperties) ? [additionalProperties] : [];
}

function alternatives(node: JsonSchema): JsonSchema[] {
  const list: unknown = node['anyOf'] ?? node['oneOf'];
  if (Array.isArray(list)) return list.filter(isSchema).flatMap(alternatives);
  const { type } = node;
  return Array.isArray(type) ? type.map((each: unknown) => ({ ...node, type: each })) : [node];
}

/** A description of the expected value. */
function wordsFor(node: JsonSchema): string {
  const kinds = alternatives(node);
  const named = kinds.filter(({ type }) => type !== 'null'); // if null is allowed, users need not write it
  return [...new Set((named.length === 0 ? kinds : named).map(oneKind))].join(', or ');
}

function oneKind(node: JsonSchema): string {
  if (Array.isArray(node['enum'])) return `one of ${node['enum'].map(String).join(', ')}`;
  if ('const' in node) return String(node['const']);
  switch (node['type']) {
    case 'integer':
      return `a whole number${range(node)}`;
    case 'number':
      return `a number${range(node)}`;
    case 'boolean':
      return 'true or false';
    case 'string':
      return text(node);
    case 'array':
      return list(node);
    case 'object':
      return 'a JSON object';
    case 'null':
      return 'null';
    default:
      return 'another value';
  }
}

function range(node: JsonSchema): string {
  const least = limit(node['minimum']);
  const most = limit(node['maximum']);
  const above = limit(node['exclusiveMinimum']);
  if (above !== null) return ` above ${String(above)}${most === null ? '' : `, at most ${String(most)}`}`;
  if (least !== null && most !== null) return ` from ${String(least)} to ${String(most)}`;
  if (least !== null) return ` of ${String(least)} or more`;
  return most === null ? '' : ` of at most ${String(most)}`;
}

/** The largest safe integers are defaults of the library, not limits. */
function limit(value: unknown): number | null {
  return typeof value === 'number' && Math.abs(value) < Number.MAX_SAFE_INTEGER ? value : null;
}

function text({ minLength, maxLength }: JsonSchema): string {
  const most = typeof maxLength === 'number' ? ` of at most ${String(maxLength)} characters` : '';
  return `${typeof minLength === 'number' && minLength > 0 ? 'a non-empty string' : 'a string'}${most}`;
}

function list({ items, minItems, maxItems }: JsonSchema): string {
  const what = isSchema(items) && items['type'] === 'string' ? 'a list of strings' : 'a list';
  const least = typeof minItems === 'number' && minItems > 0 ? `, at least ${String(minItems)}` : '';
  return `${what}${least}${typeof maxItems === 'number' ? `, at most ${String(maxItems)}` : ''}`;
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined),
    input,
  );
}

/** A given value, short enough for a message. */
function shown(value: unknown): string {
  if (typeof value === 'string') return `"${printable(clipped(value))}"`;
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object' && value !== null) return 'a JSON object';
  return String(value);
}

/** `waves[0].tasks[1].id` */
export function pathText(path: readonly string[]): string {
  return path
    .map((part, index) => (/^\d+$/.test(part) ? `[${part}]` : index === 0 ? printable(part) : `.${printable(part)}`))
    .join('');
}
